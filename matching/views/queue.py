"""The review queue."""

from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from matching import models_in_force, other_work, permissions, proposing
from matching import queue as waiting_list
from matching.engine import explain
from matching.models import Proposal
from profiles import audit
from profiles.customers import show
from profiles.rendering import render_page
from profiles.schema import published
from profiles.work import KINDS

FILTERS = ("show", "kind", "reason", "band", "rule", "sources", "age")
LABELS = {"reason": "Reason", "band": "Confidence", "rule": "Rule", "sources": "Sources", "age": "Waiting"}


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Open proposals the reader may see, most probable first. 19 queries."""
    wanted = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    mode = wanted.get("show", "") if wanted.get("show") in waiting_list.SHOW else ""
    rows = waiting_list.waiting(request.user, mode)
    fitting = waiting_list.filtered(rows, wanted)
    page, after = waiting_list.page(fitting, request.GET.get("after", ""))
    context = {
        "items": _items(request, page),
        "total": fitting.count(),
        "wanted": wanted,
        "filters": [
            (name, LABELS[name], options) for name, options in waiting_list.options(rows, request.user).items()
        ],
        "tabs": _tabs(request, mode),
        "show": mode,
        "together_url": _together(request, wanted) if page else "",
        "first": f"?{urlencode(wanted)}" if request.GET.get("after") else "",
        "next": f"?{urlencode({**wanted, 'after': after})}" if after else "",
    }
    return render_page(request, "matching/queue.html", "matching/_queue.html", context)


def _together(request: HttpRequest, wanted: dict[str, str]) -> str:
    """Where what fits the filters is decided together; empty for who may not."""
    may = request.user.has_perm(permissions.REVIEW)
    return f"{reverse('matching:decide-together')}?{urlencode(wanted)}" if may else ""


def _items(request: HttpRequest, page: list[Proposal]) -> list[dict]:
    """The page's proposals in words."""
    people = show({pid for p in page for pid in (p.left_id, p.right_id) if pid}, request.user)
    audit.read("customer.searched", subjects=people, detail={"hits": len(people)})
    version = published()
    return [
        {
            "proposal": p,
            "left": people[p.left_id],
            "right": people.get(p.right_id),
            "sources": [record.source.name for record in (p.left_record, p.right_record) if record],
            "sentence": sentence_of(p),
            "reasons": [KINDS["proposal"].reason(code) for code in p.reasons],
            "reopened": proposing.reopened_because(p, version),
        }
        for p in page
    ]


def sentence_of(proposal: Proposal) -> str:
    """The evidence of a proposal in words."""
    evidence = explain.evidence_from_json(proposal.evidence)
    return explain.verdict_sentence(evidence, models_in_force.by_label(proposal.model_label))


def _tabs(request: HttpRequest, mode: str) -> list[tuple[str, str, bool, int]]:
    """The queue's lists with how many each holds. 6 queries."""
    here = reverse("matching:queue")
    tabs = [
        (label, f"{here}?show={key}" if key else here, key == mode, waiting_list.waiting(request.user, key).count())
        for key, label in waiting_list.SHOW.items()
    ]
    return [*tabs, ("Other work", reverse("matching:other-work"), mode == "other", other_work.count(request.user))]


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def other(request: HttpRequest) -> HttpResponse:
    """Work that is no proposal, oldest first: each leads where something can be done about it."""
    after = request.GET.get("after", "")
    rows = other_work.waiting()
    page = list((rows.filter(id__gt=int(after)) if after.isdecimal() else rows)[: waiting_list.PAGE + 1])
    shown = other_work.presented(page[: waiting_list.PAGE], request.user)
    people = {pid for _, _, words, _ in shown for pid in words.subjects}
    audit.read("customer.searched", subjects=people, detail={"hits": len(people)})
    context = {
        "items": shown,
        "tabs": _tabs(request, "other"),
        "can_close": request.user.has_perm(permissions.REVIEW),
        "next": f"?after={page[waiting_list.PAGE - 1].id}" if len(page) > waiting_list.PAGE else "",
    }
    return render_page(request, "matching/other_work.html", "matching/other_work.html", context)


@login_required
@permission_required(permissions.REVIEW, raise_exception=True)
@require_POST
def close(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody has looked: a work item without a decision of its own is done."""
    item = get_object_or_404(other_work.waiting(), pk=pk)
    if KINDS[item.kind].needs_answer or not other_work.presented([item], request.user):
        raise Http404
    other_work.close(item=item)
    messages.success(request, "Closed.")
    return redirect("matching:other-work")

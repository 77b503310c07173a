"""Evaluations: the figures of a model on a labelled set, and two versions side by side."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from matching import charts, model_page, named, permissions
from matching.engine.explain import REASON_SENTENCES
from matching.engine.model import Model
from matching.models import Evaluation, MatchModel, ShadowRun
from matching.views.models import crumbs, get_model
from profiles import audit, jobs
from profiles.models import Source, User
from profiles.rendering import render_page

RATES = (("pairs", "Pairs by themselves"), ("joined", "Pairs in clusters"), ("clusters", "Whole clusters"))
KINDS = (
    ("false_positives", "Not the same, but likely to the model"),
    ("false_negatives", "The same, but not joined automatically"),
)
WORST = 15  # errors of each kind that are shown at once
SENTENCES = {reason.value: sentence for reason, sentence in REASON_SENTENCES.items()}


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_GET
def evaluation(request: HttpRequest, pk: int) -> HttpResponse:
    """One evaluation: figures, charts with their tables, errors that lead to the pair. 2 queries, 18 with decisions."""
    found = get_object_or_404(Evaluation.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    row = MatchModel.objects.filter(label=found.model_label).first()
    figures = found.figures
    context = {
        "evaluation": found,
        "figures": figures,
        "crumbs": crumbs(row),
        "is_current": row is not None and row.digest == found.model_digest,
        "rates": [(title, figures[name]) for name, title in RATES if figures[name]],
        "curve": charts.precision_recall(figures["curve"]),
        "curve_rows": figures["curve"][:: max(1, len(figures["curve"]) // 12)],
        "thresholds": charts.thresholds(figures["thresholds"]),
        "errors": [_errors(request, found, name, title) for name, title in KINDS],
    }
    return render_page(request, "matching/evaluation.html", "matching/evaluation.html", context)


def _errors(
    request: HttpRequest, found: Evaluation, name: str, title: str
) -> tuple[str, list[dict[str, Any]], int, int]:
    """The worst errors of one kind, how many are hidden, and how many more there are.

    Those of a file have its own ids; those of decisions are named where the reader may see the customers.
    """
    every = found.errors[name]
    listed = every if request.GET.get("all") else every[:WORST]
    more = len(every) - len(listed)
    if found.kind == Evaluation.Kind.FILE:
        return title, [{"error": error, **_told(error)} for error in listed], 0, more
    shown, hidden = named.errors(listed, request.user)
    audit.read("evaluation.read", subjects={person.id for one in shown for person in one.customers}, obj=found)
    may_compare = request.user.has_perm(permissions.VIEW_QUEUE)
    return title, [_with_link(one, may_compare) for one in shown], hidden, more


def _with_link(one: named.NamedError, may_compare: bool) -> dict[str, Any]:
    """An error with the address where the pair is looked at: both customers side by side, or the one."""
    ids = [person.id for person in one.customers]
    url = ""
    if len(ids) == 2 and may_compare:
        url = f"{reverse('matching:compare')}?a={ids[0]}&b={ids[1]}"
    elif ids:
        url = reverse("profiles:customer", args=ids[:1])
    return {"error": one.error, "records": one.records, "customers": one.customers, "url": url, **_told(one.error)}


def _told(error: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "levels": [(name.replace("_", " "), level.replace("_", " ")) for name, level in error["levels"].items()],
        "reasons": [SENTENCES.get(reason, reason) for reason in error["reasons"]],
    }


@login_required
@permission_required(permissions.EVALUATE_MODELS, raise_exception=True)
@require_POST
def evaluate(request: HttpRequest, label: str) -> HttpResponse:
    """Queue the evaluation of a version on the decisions of stewards."""
    return _queued(request, [get_model(label)], reverse("matching:model", args=[label]))


@login_required
@permission_required(permissions.EVALUATE_MODELS, raise_exception=True)
@require_POST
def evaluate_both(request: HttpRequest) -> HttpResponse:
    """Queue the evaluation of two versions on the same decisions."""
    pair = [get_model(request.POST.get(side, "")) for side in ("a", "b")]
    back = f"{reverse('matching:compare-models')}?a={pair[0].label}&b={pair[1].label}"
    return _queued(request, pair, back)


def _queued(request: HttpRequest, rows: Sequence[MatchModel], back: str) -> HttpResponse:
    labels = [row.label for row in rows]
    jobs.enqueue(kind="evaluate_model", args={"models": labels}, dedupe_key=" ".join(labels))
    messages.success(request, "The evaluation is queued; its figures appear here when it is done.")
    return redirect(back)


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Two versions: what is set differently, their figures on the same labels, the last shadow runs of the two. 7 queries."""
    states = dict(MatchModel.objects.order_by("-id").values_list("label", "state"))
    every = list(states)
    if len(every) < 2:
        messages.info(request, "There is one version only: copy it, and compare the draft with it.")
        return redirect("matching:models")
    published = next((label for label in every if states[label] == MatchModel.State.PUBLISHED), every[1])
    before = get_model(request.GET.get("a") or published)
    after = get_model(request.GET.get("b") or next(label for label in every if label != before.label))
    context = {
        "crumbs": crumbs(),
        "labels": every,
        "before": before,
        "after": after,
        "differences": model_page.differences(Model.from_json(before.content), Model.from_json(after.content)),
        "sets": _same_sets(before, after, request.user),
        "runs": ShadowRun.objects.visible_to(request.user)
        .filter(model_label=after.label, against_label=before.label)
        .defer("changes")[:5],
        "sees_all": Source.objects.all_visible_to(request.user),
    }
    return render_page(request, "matching/models_compare.html", "matching/models_compare.html", context)


def _same_sets(before: MatchModel, after: MatchModel, user: User) -> list[tuple[str, Evaluation, Evaluation]]:
    """The latest evaluations of both, as they are now, on each set that both were evaluated on. 2 queries."""
    latest = []
    for row in (before, after):
        rows = Evaluation.objects.visible_to(user).filter(model_digest=row.digest).defer("errors").order_by("id")
        latest.append({found.set_name: found for found in rows})
    return [(name, found, latest[1][name]) for name, found in latest[0].items() if name in latest[1]]

"""Several proposals decided by one word: what fits the queue's filters, with the boxes that take one out."""

import json
from collections.abc import Iterable
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from matching import deciding_together, identity, permissions
from matching import queue as waiting_list
from matching.forms import TogetherForm
from matching.locks import Busy
from matching.models import Proposal
from matching.views.queue import FILTERS
from profiles import approvals, audit
from profiles.approvals import ApprovalNotAllowed
from profiles.customers import show
from profiles.models import Approval, Profile
from profiles.permissions import VIEW_APPROVALS
from profiles.rendering import render_page

CRUMBS = (("Review queue", "matching:queue"),)


@login_required
@permission_required(permissions.REVIEW, raise_exception=True)
@require_http_methods(["GET", "POST"])
def decide_together(request: HttpRequest) -> HttpResponse:
    """The pairs that fit the filters and that the user may decide together; a POST decides those chosen, or asks a second
    person. About 20 queries."""
    wanted = {name: request.GET[name] for name in FILTERS if request.GET.get(name)}
    fitting = waiting_list.filtered(waiting_list.waiting(request.user, wanted.get("show", "")), wanted)
    rows = deciding_together.decidable(fitting, request.user)
    form = TogetherForm(request.POST or None, proposals=rows)
    if request.method == "POST" and form.is_valid():
        return _done(request, form, f"{reverse('matching:decide-together')}?{urlencode(wanted)}")
    found = list(rows.select_related("left_record__source", "right_record__source")[: deciding_together.MOST])
    context = {
        "form": form, "items": [(*one, _is_chosen(form, one[0])) for one in _named(request, found)],
        "versions": _versions(found), "total": rows.count(), "others": fitting.count() - rows.count(),
        "alone": deciding_together.ALONE, "most": deciding_together.MOST,
        "crumbs": [(label, reverse(name)) for label, name in CRUMBS],
    }  # fmt: skip
    status = 422 if form.is_bound else 200
    return render_page(request, "matching/decide_together.html", "matching/decide_together.html", context, status)


def _named(request: HttpRequest, found: Iterable[Proposal]) -> list[tuple[Proposal, str, str]]:
    """Each with the names of both customers; the reading is audited."""
    people = show({pid for one in found for pid in (one.left_id, one.right_id)}, request.user)
    audit.read("customer.searched", subjects=people, detail={"hits": len(people)})
    return [(one, people[one.left_id].name, people[one.right_id].name) for one in found]


def _is_chosen(form: TogetherForm, proposal: Proposal) -> bool:
    """Every pair at first; then what the reader left chosen."""
    return not form.is_bound or str(proposal.pk) in form.data.getlist("proposals")


def _versions(found: Iterable[Proposal]) -> str:
    """Customer → its version as shown, as JSON, so that nobody decides about what has changed since. 1 query."""
    ids = {pid for one in found for pid in (one.left_id, one.right_id)}
    rows = Profile.objects.filter(id__in=ids).values_list("id", "version")
    return json.dumps({str(pk): version for pk, version in rows})


def _done(request: HttpRequest, form: TogetherForm, back: str) -> HttpResponse:
    said = form.cleaned_data
    chosen = {"proposals": said["proposals"], "verdict": said["verdict"], "by": request.user, "reason": said["reason"]}
    try:
        if len(said["proposals"]) > deciding_together.ALONE:
            asked = deciding_together.ask(**chosen)
            messages.success(request, "Asked for: so many at once take a second person.")
            return redirect("profiles:approval", pk=asked.pk)
        made = deciding_together.decide(**chosen, expected=said["versions"])
    except (identity.ChangeNotAllowed, ApprovalNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect(back)
    messages.success(
        request, f"Decided {len(made)} of {len(said['proposals'])}: {deciding_together.WORDS[said['verdict']]}."
    )
    return redirect("matching:queue")


@login_required
@permission_required(VIEW_APPROVALS, raise_exception=True)
@require_GET
def asked_together(request: HttpRequest, pk: int) -> HttpResponse:
    """The pairs that a second person is asked to decide on together."""
    asked = get_object_or_404(Approval, pk=pk, kind=deciding_together.TOGETHER)
    if not approvals.may_look(asked, request.user):
        raise Http404
    rows = Proposal.objects.visible_to(request.user).filter(pk__in=asked.arguments["proposals"])
    found = list(rows.select_related("left_record__source", "right_record__source"))
    context = {
        "asked": asked, "items": _named(request, found), "title": approvals.KINDS[asked.kind].title,
        "crumbs": [("Approvals", reverse("profiles:approvals")), (f"Request {asked.pk}", reverse("profiles:approval", args=[pk]))],
    }  # fmt: skip
    return render_page(request, "matching/asked_together.html", "matching/asked_together.html", context)

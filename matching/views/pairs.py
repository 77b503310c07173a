"""One pair of customers, proposed by the engine or chosen by a person: evidence, merge preview, decision."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from matching import identity, permissions, review, second_person
from matching.forms import DecisionForm
from matching.locks import Busy
from matching.models import Decision, Proposal
from matching.views import pair_page
from profiles import audit
from profiles.approvals import ApprovalNotAllowed
from profiles.customers import get_profile
from profiles.models import Profile
from profiles.rendering import render_page


def get_proposal(request: HttpRequest, pk: int) -> Proposal:
    """The proposal, or 404 when one of its ends is not the reader's to see."""
    rows = Proposal.objects.visible_to(request.user).select_related(
        "left", "right", "left_record", "right_record", "work_item"
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: verdict sentence, merge preview beside both customers, evidence then and now, the decision."""
    found = get_proposal(request, pk)
    context = pair_page.of_proposal(request, found)
    audit.read("proposal.read", subjects=[end.profile.id for end in context["ends"]], obj=found)
    return render_page(request, "matching/pair.html", "matching/pair.html", context)


@login_required
@permission_required(permissions.REVIEW, raise_exception=True)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide a proposal."""
    found = get_proposal(request, pk)
    ends = [profile for profile in (found.left, found.right) if profile]
    check_may_decide(request, ends)
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _refuse(request, pair_page.of_proposal(request, found), form)
    try:
        decision = review.decide(proposal=found, by=request.user, **form.decision())
    except identity.SecondPersonNeeded:
        return _ask(request, ends, form)
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect("matching:proposal", pk=pk)
    return _after(request, decision, "matching:queue")


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Any two customers side by side, with the evidence between them and why they are not one."""
    ends = _two(request, request.GET)
    if ends is None:
        messages.error(request, "Choose two different customers.")
        return redirect("profiles:customers")
    context = pair_page.of_two(request, ends)
    audit.read("pair.compared", subjects=[profile.id for profile in ends])
    return render_page(request, "matching/pair.html", "matching/pair.html", context)


def _two(request: HttpRequest, data: dict) -> list[Profile] | None:
    """The customers a and b, merged ids followed; None when they are one or gone."""
    ends = [get_profile(request, _uuid(data.get(side, ""))) for side in ("a", "b")]
    ends = [profile.canonical or profile for profile in ends]
    if ends[0].id == ends[1].id or any(profile.state != Profile.State.ACTIVE for profile in ends):
        return None
    return [get_profile(request, profile.id) for profile in ends]


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise Http404 from error


@login_required
@permission_required(permissions.CHANGE_IDENTITY, raise_exception=True)
@require_POST
def decide_pair(request: HttpRequest) -> HttpResponse:
    """Merge (or keep apart) two customers that were found by search."""
    ends = [get_profile(request, _uuid(request.POST.get(side, ""))) for side in ("a", "b")]
    check_may_decide(request, ends)
    form = DecisionForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verdict"] not in ("same", "not_same"):
        return _refuse(request, pair_page.of_two(request, ends), form)
    given = form.decision()
    given.pop("until")
    try:
        decision = review.compare_decide(left=ends[0].id, right=ends[1].id, by=request.user, **given)
    except identity.SecondPersonNeeded:
        return _ask(request, ends, form)
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('matching:compare')}?a={ends[0].id}&b={ends[1].id}")
    return _after(request, decision, "profiles:customers")


def _ask(request: HttpRequest, ends: list[Profile], form: DecisionForm) -> HttpResponse:
    """Ask a second person for the merge, and lead to what they will see."""
    data = form.cleaned_data
    try:
        asked = second_person.ask_for_merge(
            left=ends[0].id, right=ends[1].id, survivor=data["survivor"], confirmed=data["confirmed"],
            by=request.user, reason=data["reason"],
        )  # fmt: skip
    except (ApprovalNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('matching:compare')}?a={ends[0].id}&b={ends[1].id}")
    messages.success(request, "Asked for: people have confirmed both customers, so a second person must approve.")
    return redirect("profiles:approval", pk=asked.pk)


def check_may_decide(request: HttpRequest, ends: list[Profile]) -> None:
    """Raise unless the user has the verb and stewards every source of the customers that are still there."""
    active = [profile for profile in ends if profile.state == Profile.State.ACTIVE]
    if not pair_page.can_decide(request, active):
        raise PermissionDenied("You may decide about customers of the sources you steward only.")


def _refuse(request: HttpRequest, context: dict, form: DecisionForm) -> HttpResponse:
    return render_page(request, "matching/pair.html", "matching/pair.html", {**context, "form": form}, 422)


def _after(request: HttpRequest, decision: Decision, back: str) -> HttpResponse:
    """Say what was done, with the way back; a merge made by hand leads to what came of it."""
    if not decision.operation_id:
        messages.success(request, f"Noted: {decision.get_verdict_display().lower()}.")
        return redirect(back)
    done = "Merged." if decision.verdict == Decision.Verdict.SAME else "Split off."
    address = reverse("matching:operation", args=[decision.operation_id])
    messages.success(request, f"{done} It can be undone at any time.", extra_tags=address)
    if back == "matching:queue":
        return redirect(back)
    return redirect("profiles:customer", pk=decision.operation.profile_id)

"""The review queue, pair review, and the comparison of any two customers."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from matching import identity, models_in_force, permissions, review
from matching.engine import explain
from matching.engine.types import Evidence
from matching.locks import Busy
from matching.models import Decision, Proposal
from matching.run import best_pair
from profiles import audit
from profiles import permissions as profile_permissions
from profiles.customers import ShownCustomer, get_profile, granted_sources, show
from profiles.models import Membership, Profile, SourceRecord
from profiles.rendering import render_page
from profiles.schema import published
from profiles.work import KINDS

PAGE = 25


class DecisionForm(forms.Form):
    """A verdict with a reason, and which customer survives."""

    verdict = forms.ChoiceField(choices=Decision.Verdict)
    reason = forms.CharField(max_length=500, required=False)
    survivor = forms.UUIDField(required=False)
    versions = forms.JSONField(required=False)

    def expected(self) -> dict[UUID, int]:
        """The versions of the customers as they were shown."""
        versions = self.cleaned_data.get("versions")
        return {UUID(pid): int(n) for pid, n in versions.items()} if isinstance(versions, dict) else {}


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """Open proposals the reader may see, most probable first. 7 queries."""
    rows = Proposal.objects.awaiting_review().visible_to(request.user)
    reason, source = request.GET.get("reason", ""), request.GET.get("source", "")
    rows = rows.filter(reasons__contains=[reason]) if reason else rows
    rows = rows.filter(left_record__source__key=source) if source else rows
    total = rows.count()
    start = max(0, int(request.GET["from"])) if request.GET.get("from", "").isdigit() else 0
    page = list(
        rows.select_related("left_record__source", "right_record__source").order_by(F("probability").desc(), "id")[
            start : start + PAGE
        ]
    )
    people = show({pid for p in page for pid in (p.left_id, p.right_id) if pid}, request.user)
    audit.read("customer.searched", subjects=people, detail={"hits": len(people)})
    items = [(p, people[p.left_id], people.get(p.right_id), sentence_of(p), _reasons(p)) for p in page]
    context = {
        "items": items, "total": total, "reason": reason, "reasons": KINDS["proposal"].reasons,
        "previous": max(0, start - PAGE) if start else None, "next": start + PAGE if start + PAGE < total else None,
    }  # fmt: skip
    return render_page(request, "matching/queue.html", "matching/queue.html", context)


def sentence_of(proposal: Proposal) -> str:
    """The evidence of a proposal in words."""
    evidence = explain.evidence_from_json(proposal.evidence)
    return explain.verdict_sentence(evidence, models_in_force.by_label(proposal.model_label))


def _reasons(proposal: Proposal) -> list[str]:
    return [KINDS["proposal"].reason(code) for code in proposal.reasons]


def get_proposal(request: HttpRequest, pk: int) -> Proposal:
    """The proposal, or 404 when one of its ends is not the reader's to see."""
    rows = Proposal.objects.select_related("left", "right", "left_record__source", "right_record__source")
    found = rows.filter(pk=pk)
    visible = Profile.objects.visible_to(request.user)
    proposal = found.first()
    if proposal is None or not visible.filter(pk=proposal.left_id).exists():
        raise Http404
    if proposal.right_id and not visible.filter(pk=proposal.right_id).exists():
        raise Http404
    return proposal


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def proposal(request: HttpRequest, pk: int) -> HttpResponse:
    """One proposal: verdict sentence, evidence, the customers side by side, the merge preview, the decision."""
    found = get_proposal(request, pk)
    ends = [profile for profile in (found.left, found.right) if profile]
    evidence = explain.evidence_from_json(found.evidence)
    context = {
        "proposal": found,
        "reasons": _reasons(found),
        "decisions": found.decisions.select_related("actor"),
        "closed_because": "" if found.state == Proposal.State.OPEN else review.already_decided(found),
        "action": reverse("matching:decide", args=[found.pk]),
        **pair_context(request, ends, evidence, models_in_force.by_label(found.model_label)),
    }
    audit.read("proposal.read", subjects=[profile.id for profile in ends], obj=found)
    return render_page(request, "matching/pair.html", "matching/pair.html", context)


def pair_context(request: HttpRequest, ends: list[Profile], evidence: Evidence | None, model: object) -> dict:
    """What a pair page shows of two (or one) customers and the evidence between them."""
    people = show([profile.id for profile in ends], request.user)
    shown = [people[profile.id] for profile in ends]
    context = {
        "ends": list(zip(ends, shown, _counts(ends), strict=True)),
        "rows": compare_rows(shown),
        "versions": {str(profile.id): profile.version for profile in ends},
        "survivor": review.default_survivor([p.id for p in ends]) if len(ends) > 1 else None,
        "can_decide": can_decide(request, ends),
    }
    if evidence:
        context |= {
            "evidence": evidence,
            "sentence": explain.verdict_sentence(evidence, model),
            "bars": explain.waterfall(evidence, model),
        }
    return context


def _counts(ends: list[Profile]) -> list[int]:
    return [profile.record_count for profile in ends]


def can_decide(request: HttpRequest, ends: list[Profile]) -> bool:
    """The verb and every member's source are both needed."""
    mine = Profile.objects.stewarded_by(request.user).filter(id__in=[p.id for p in ends]).count()
    return request.user.has_perm(permissions.REVIEW) and mine == len(ends)


def compare_rows(shown: list[ShownCustomer]) -> list[dict]:
    """One row per field that either customer has: label, the values of each side, whether they are equal."""
    schema = published()
    keys = dict.fromkeys(key for customer in shown for key in customer.golden)
    order = sorted(keys, key=lambda key: schema.fields[key].position if key in schema.fields else 10_000)
    rows = []
    for key in order:
        cells = ["; ".join(value.value for value in customer.golden.get(key, [])) for customer in shown]
        rows.append({"label": schema.label(key), "cells": cells, "equal": len(set(cells)) == 1, "other": cells[::-1]})
    return [{**row, "pairs": list(zip(row["cells"], row["other"], strict=True))} for row in rows]


@login_required
@permission_required(permissions.REVIEW, raise_exception=True)
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide a proposal."""
    found = get_proposal(request, pk)
    _check_may(request, [found.left, *([found.right] if found.right else [])])
    form = DecisionForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose a verdict.")
        return redirect("matching:proposal", pk=pk)
    try:
        decision = review.decide(
            proposal=found, verdict=form.cleaned_data["verdict"], by=request.user, reason=form.cleaned_data["reason"],
            survivor=form.cleaned_data["survivor"], expected=form.expected(),
        )  # fmt: skip
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect("matching:proposal", pk=pk)
    return _after(request, decision, "matching:queue")


def _check_may(request: HttpRequest, ends: list[Profile]) -> None:
    active = [profile for profile in ends if profile.state == Profile.State.ACTIVE]
    if not can_decide(request, active):
        raise PermissionDenied("You may decide about customers of the sources you steward only.")


def _after(request: HttpRequest, decision: Decision, back: str) -> HttpResponse:
    """Say what was done, with the way back."""
    if decision.operation_id:
        messages.success(
            request,
            "Done. It can be undone at any time.",
            extra_tags=reverse("matching:operation", args=[decision.operation_id]),
        )
    else:
        messages.success(request, f"Noted: {decision.get_verdict_display().lower()}.")
    return redirect(back)


@login_required
@permission_required(profile_permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Any two customers side by side, with the evidence between them and why they were not merged."""
    ends = [get_profile(request, _uuid(request.GET.get(side, ""))) for side in ("a", "b")]
    if ends[0].id == ends[1].id or any(p.state != Profile.State.ACTIVE for p in ends):
        messages.error(request, "Choose two different customers.")
        return redirect("profiles:customers")
    best = best_pair(ends[0].id, ends[1].id) if _all_readable(request, ends) else None
    context = {
        "action": reverse("matching:decide-pair"),
        "reasons": [explain.REASON_SENTENCES[reason] for reason in best[2].reasons] if best else [],
        **pair_context(request, ends, best[2] if best else None, models_in_force.published()),
    }
    audit.read("pair.compared", subjects=[profile.id for profile in ends])
    return render_page(request, "matching/pair.html", "matching/pair.html", context)


def _all_readable(request: HttpRequest, ends: list[Profile]) -> bool:
    """Evidence from a record that the reader may not see is not shown."""

    members = Membership.objects.filter(profile__in=ends).values("record_id")
    return not SourceRecord.objects.filter(id__in=members).exclude(source_id__in=granted_sources(request.user)).exists()


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
    _check_may(request, ends)
    form = DecisionForm(request.POST)
    if not form.is_valid() or form.cleaned_data["verdict"] not in ("same", "not_same"):
        messages.error(request, "Choose a verdict.")
        return redirect("profiles:customer", pk=ends[0].id)
    try:
        decision = review.compare_decide(
            left=ends[0].id, right=ends[1].id, verdict=form.cleaned_data["verdict"], by=request.user,
            reason=form.cleaned_data["reason"], survivor=form.cleaned_data["survivor"], expected=form.expected(),
        )  # fmt: skip
    except (identity.ChangeNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
        return redirect(f"{reverse('matching:compare')}?a={ends[0].id}&b={ends[1].id}")
    return _after(request, decision, "profiles:customers")

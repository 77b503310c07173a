"""Review: what a person says about a proposal or about any two customers, and what follows from it."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from profiles import audit
from profiles.models import Approval, IdentityOperation, Membership, Profile, User, WorkItem
from profiles.models.identity import LinkClass

from . import constraints, identity, proposing
from .identity import ChangeNotAllowed, OutOfDate
from .locks import atomic_with_retry, lock_profiles
from .models import CannotLink, Decision, Proposal
from .proposals import CLOSED, close, reopen

Verdict = Decision.Verdict


class AlreadyDecided(ChangeNotAllowed):
    """Somebody else decided the proposal first."""


@atomic_with_retry
def decide(
    *,
    proposal: Proposal,
    verdict: str,
    by: User,
    reason: str = "",
    survivor: UUID | None = None,
    expected: Mapping[UUID, int] | None = None,
    until: datetime | None = None,
    confirmed: Collection[int] = (),
    approval: Approval | None = None,
) -> Decision:
    """Decide a proposal: same merges, not same forbids, unsure and later keep it for another time."""
    ends = [proposal.left_id, *([proposal.right_id] if proposal.right_id else [])]
    lock_profiles(ends)
    proposal = Proposal.objects.select_for_update(of=("self",)).get(id=proposal.id)
    if proposal.state != Proposal.State.OPEN:
        raise AlreadyDecided(already_decided(proposal))
    if {proposal.left_id, proposal.right_id} - {*ends, None}:
        raise OutOfDate("The proposal is about other customers by now. Look again before you decide.")
    decision = _draft_decision(proposal, verdict, by, reason, until)
    if verdict in (Verdict.UNSURE, Verdict.LATER):
        _put_back(proposal, decision)
    elif proposal.kind == Proposal.Kind.SPLIT:
        _follow_split(proposal, decision, by, reason, expected)
    elif verdict == Verdict.SAME:
        _follow_same(proposal, decision, by, reason, survivor, expected, confirmed, approval)
    else:
        identity.load_locked(ends, expected)
        _follow_not_same(proposal, decision, by, reason)
    audit.record("proposal.decided", obj=proposal, subjects=ends, detail={"verdict": verdict})
    return decision


def already_decided(proposal: Proposal) -> str:
    """Why a proposal is closed, in words."""
    last = proposal.decisions.select_related("actor").first()
    if last is None:
        return CLOSED[proposal.closed_because]
    who = last.actor.display_name if last.actor else "Someone"
    return f"{who} decided this on {last.created_at:%d %b %Y at %H:%M}: {last.get_verdict_display().lower()}."


def _draft_decision(proposal: Proposal, verdict: str, by: User, reason: str, until: datetime | None) -> Decision:
    present = identity.members([pid for pid in (proposal.left_id, proposal.right_id) if pid])
    left = [m.record_id for m in present[proposal.left_id]]
    right = [m.record_id for m in present.get(proposal.right_id, [])]
    if proposal.kind == Proposal.Kind.SPLIT:
        right = [proposal.left_record_id]
        left = [pk for pk in left if pk not in right]
    return Decision(
        verdict=verdict, proposal=proposal, left_id=proposal.left_id, right_id=proposal.right_id,
        left_records=left, right_records=right, probability=proposal.probability, model_label=proposal.model_label,
        fingerprint=proposal.fingerprint, reason=reason, until=until, actor=by,
    )  # fmt: skip


def _follow_same(
    proposal: Proposal,
    decision: Decision,
    by: User,
    reason: str,
    survivor: UUID | None,
    expected: Mapping[UUID, int] | None,
    confirmed: Collection[int],
    approval: Approval | None,
) -> None:
    ends = {proposal.left_id, proposal.right_id}
    survivor = survivor or default_survivor(list(ends))
    if survivor not in ends:
        raise ChangeNotAllowed("The surviving customer must be one of the two.")
    decision.operation = identity.merge(
        survivor=survivor, losers=[pid for pid in ends if pid != survivor], by=by, reason=reason, expected=expected,
        confirmed=confirmed, evidence={"proposal": proposal.id, **proposal.evidence}, approval=approval,
    )  # fmt: skip
    decision.save(force_insert=True)
    close(proposal, Proposal.State.ACCEPTED)


def _follow_not_same(proposal: Proposal, decision: Decision, by: User, reason: str) -> None:
    decision.save(force_insert=True)
    constraints.write(
        left=decision.left_records, right=decision.right_records, origin=CannotLink.Origin.DECISION, by=by,
        reason=reason, decision=decision,
    )  # fmt: skip
    close(proposal, Proposal.State.REJECTED)


def _follow_split(
    proposal: Proposal, decision: Decision, by: User, reason: str, expected: Mapping[UUID, int] | None
) -> None:
    """For a proposed split "same" means: they belong together, and "not the same": let the record leave."""
    if decision.verdict == Verdict.NOT_SAME:
        decision.operation = identity.split(
            profile=proposal.left_id, record_ids=[proposal.left_record_id], by=by, reason=reason, expected=expected
        )
    decision.save(force_insert=True)
    close(proposal, Proposal.State.REJECTED if decision.verdict == Verdict.SAME else Proposal.State.ACCEPTED)


def _put_back(proposal: Proposal, decision: Decision) -> None:
    """Unsure goes to someone else, later comes back when it is due; the proposal stays open."""
    if decision.verdict == Verdict.LATER and (decision.until is None or decision.until <= timezone.now()):
        raise ChangeNotAllowed("Say until when it can wait.")
    decision.save(force_insert=True)
    if proposal.work_item_id is None:
        proposing.queue(proposal)
    WorkItem.objects.filter(id=proposal.work_item_id).update(
        due_at=decision.until, assignee=None, reason=decision.verdict
    )


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides which customer survives a merge."""

    profile_id: UUID
    created_at: datetime
    verified: int
    numbered: bool
    records: int


def survivor_of(standings: Iterable[Standing]) -> UUID:
    """The verified side, then most verified links, then a customer number, then more than one record, oldest, lowest id."""
    return min(
        standings, key=lambda s: (-s.verified, not s.numbered, s.records == 1, s.created_at, s.profile_id)
    ).profile_id  # fmt: skip


def default_survivor(profile_ids: Sequence[UUID]) -> UUID:
    """The customer that survives unless a person says otherwise. 2 queries."""
    rows = Membership.objects.filter(profile_id__in=profile_ids).values_list(
        "profile_id", "link_class", "record__attributes__customer_number"
    )
    found: dict[UUID, list[tuple[str, object]]] = {profile_id: [] for profile_id in profile_ids}
    for profile_id, link_class, number in rows:
        found[profile_id].append((link_class, number))
    profiles = Profile.objects.in_bulk(profile_ids)
    return survivor_of(
        Standing(
            profile_id=profile_id,
            created_at=profiles[profile_id].created_at,
            verified=sum(link_class == LinkClass.VERIFIED for link_class, _ in links),
            numbered=any(number for _, number in links),
            records=len(links),
        )
        for profile_id, links in found.items()
    )


def void_decision_of(*, operation: IdentityOperation, by: User | None) -> None:
    """Undoing a steward's merge voids the decision behind it and opens its proposal again."""
    decision = Decision.objects.filter(operation=operation, voided_by__isnull=True).select_related("proposal").first()
    if decision is None:
        return
    Decision.objects.create(
        verdict=Verdict.UNSURE, proposal=decision.proposal, left_id=decision.left_id, right_id=decision.right_id,
        left_records=decision.left_records, right_records=decision.right_records, voids=decision, actor=by,
        reason="The operation was undone", model_label=decision.model_label, fingerprint=decision.fingerprint,
    )  # fmt: skip
    if decision.proposal:
        reopen(decision.proposal, because="undone")


@atomic_with_retry
def compare_decide(
    *,
    left: UUID,
    right: UUID,
    verdict: str,
    by: User,
    reason: str,
    survivor: UUID | None = None,
    expected: Mapping[UUID, int] | None = None,
    confirmed: Collection[int] = (),
    approval: Approval | None = None,
) -> Decision:
    """A decision about any two customers, whether proposed or not."""  # fmt: skip
    if left == right:
        raise ChangeNotAllowed("Choose two different customers.")
    lock_profiles([left, right])
    low, high = sorted([left, right])
    proposal = Proposal.objects.awaiting_review().filter(left=low, right=high).first()
    if proposal:
        return decide(
            proposal=proposal, verdict=verdict, by=by, reason=reason, survivor=survivor, expected=expected,
            confirmed=confirmed, approval=approval,
        )  # fmt: skip
    identity.load_locked([left, right], expected)
    present = identity.members([left, right])
    decision = Decision(
        verdict=verdict, left_id=left, right_id=right, reason=reason, actor=by,
        left_records=[m.record_id for m in present[left]], right_records=[m.record_id for m in present[right]],
    )  # fmt: skip
    if verdict == Verdict.SAME:
        keep = survivor or default_survivor([left, right])
        decision.operation = identity.merge(
            survivor=keep, losers=[right if keep == left else left], by=by, reason=reason, expected=expected,
            confirmed=confirmed, approval=approval,
        )  # fmt: skip
    decision.save(force_insert=True)
    if verdict == Verdict.NOT_SAME:
        constraints.write(
            left=decision.left_records, right=decision.right_records, origin=CannotLink.Origin.DECISION, by=by,
            reason=reason, decision=decision,
        )  # fmt: skip
    audit.record("pair.decided", obj=decision, subjects=[left, right], detail={"verdict": verdict})
    return decision

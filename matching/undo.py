"""Undo: addressed to an operation, about the records that it moved. The plan is shown before anything happens."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from django.db.models import Q

from profiles.models import Approval, Correction, IdentityOperation, Membership, Profile, RecordMove, User
from profiles.models.identity import LinkClass

from . import constraints, review
from .identity import (
    ChangeNotAllowed,
    SecondPersonNeeded,
    approved_by,
    check_cannot_links,
    check_marks,
    is_approved,
    members,
)
from .locks import atomic_with_retry, lock_profiles
from .models import CannotLink
from .operations import Draft, Kind, Move, apply, create_profiles

PARTIAL_UNDO = "partial_undo"  # the approval kind of second_person.py


class Extent(StrEnum):
    """How much of an operation can be undone."""

    EXACT = "exact"
    PARTIAL = "partial"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """What an undo would do: the records it sends back, those it cannot, what came after, and what stands in the way."""

    operation: IdentityOperation
    extent: Extent
    returning: tuple[RecordMove, ...]
    elsewhere: tuple[RecordMove, ...]
    since: tuple[str, ...] = ()
    blocker: str = ""
    undo_first: IdentityOperation | None = None

    @property
    def is_automatic(self) -> bool:
        """Whether a job did it, on its own or on behalf of whoever sent the file."""
        return self.operation.actor_id is None or self.operation.run_id is not None


def plan_undo(operation: IdentityOperation) -> UndoPlan:
    """The plan of an undo as things stand now. About 8 queries."""
    moves = list(operation.moves.select_related("record"))
    where = dict(
        Membership.objects.filter(record_id__in=[m.record_id for m in moves]).values_list("record_id", "profile_id")
    )
    returning = tuple(m for m in moves if m.to_profile_id and where.get(m.record_id) == m.to_profile_id)
    elsewhere = tuple(m for m in moves if m not in returning)
    plan = UndoPlan(operation, Extent.EXACT, returning, elsewhere)
    if hasattr(operation, "undone_by"):
        return _blocked(plan, "It was undone already.", operation.undone_by)
    if all(m.from_profile_id == m.to_profile_id for m in returning):
        return _blocked(plan, "Its records were moved on by a later operation.", _later(moves, operation))
    homes = Profile.objects.in_bulk({m.from_profile_id for m in returning if m.from_profile_id})
    for home in homes.values():
        if home.state == Profile.State.ERASED:
            return _blocked(plan, "The customer to bring back was erased.", None)
        if home.state == Profile.State.MERGED and home.canonical_id not in {m.to_profile_id for m in returning}:
            return _blocked(plan, "The customer to bring back was merged into another since.", _later(moves, operation))
    forbidden = _forbidden(operation, returning)
    if forbidden:
        return _blocked(plan, forbidden, None)
    since = tuple(_since(operation, returning))
    extent = Extent.PARTIAL if elsewhere or since else Extent.EXACT
    return UndoPlan(operation, extent, returning, elsewhere, since)


def _blocked(plan: UndoPlan, blocker: str, undo_first: IdentityOperation | None) -> UndoPlan:
    return UndoPlan(
        plan.operation, Extent.BLOCKED, plan.returning, plan.elsewhere, blocker=blocker, undo_first=undo_first
    )


def _later(moves: Sequence[RecordMove], operation: IdentityOperation) -> IdentityOperation | None:
    """The newest later operation that moved one of the records."""
    later = RecordMove.objects.filter(record_id__in=[m.record_id for m in moves], operation_id__gt=operation.id)
    newest = later.select_related("operation").order_by("-operation_id").first()
    return newest.operation if newest else None


def _forbidden(operation: IdentityOperation, returning: Sequence[RecordMove]) -> str:
    """Why records must not go back: a mark, or a cannot-link that this operation did not write itself."""
    own = list(operation.cannot_links.values_list("id", flat=True))
    ends = {m.to_profile_id for m in returning}
    try:
        check_marks(list(Membership.objects.filter(profile_id__in=ends).values_list("record_id", flat=True)))
        for home, moving in _by_home(returning).items():
            staying = (
                list(Membership.objects.filter(profile_id=home).values_list("record_id", flat=True)) if home else []
            )
            check_marks([*moving, *staying])
            check_cannot_links([*moving, *staying], except_for=own)
    except ChangeNotAllowed as refused:
        return str(refused)
    return ""


def _by_home(returning: Sequence[RecordMove]) -> dict[UUID | None, list[int]]:
    homes: dict[UUID | None, list[int]] = {}
    for m in returning:
        homes.setdefault(m.from_profile_id, []).append(m.record_id)
    return homes


def _since(operation: IdentityOperation, returning: Sequence[RecordMove]) -> list[str]:
    """What happened to the resulting customers after the operation, in words."""
    ends = {m.to_profile_id for m in returning}
    later = RecordMove.objects.filter(operation_id__gt=operation.id).exclude(
        record_id__in=[m.record_id for m in returning]
    )
    later = later.filter(Q(from_profile_id__in=ends) | Q(to_profile_id__in=ends)).order_by("operation_id", "id")
    was_there: dict[int, bool] = {}
    for m in later:
        was_there.setdefault(m.record_id, m.from_profile_id in ends)
    is_there = set(Membership.objects.filter(profile_id__in=ends).values_list("record_id", flat=True))
    joined = sum(pk in is_there and not was for pk, was in was_there.items())
    left = sum(pk not in is_there and was for pk, was in was_there.items())
    corrected = Correction.objects.filter(record_id__in=is_there, created_at__gt=operation.created_at).count()
    counted = ((joined, "joined since"), (left, "left since"), (corrected, "corrected since"))
    return [f"{n} {'record' if n == 1 else 'records'} {what}" for n, what in counted if n]


def ends_of(operation: IdentityOperation) -> set[UUID]:
    """The customers that its records came from and went to. 1 query."""
    return {pid for m in operation.moves.all() for pid in (m.from_profile_id, m.to_profile_id) if pid}


@atomic_with_retry
def undo(
    *,
    operation: IdentityOperation,
    by: User | None,
    reason: str,
    never_again: bool = True,
    approval: Approval | None = None,
) -> IdentityOperation:
    """Send the records of an operation back to where it took them from.

    The undo of an automatic join or merge forbids its repetition (`never_again`); of a steward's, voids the decision
    and opens the proposal again; of a split, voids the cannot-link that the split wrote. A partial one takes an approval.
    """
    lock_profiles(ends_of(operation))
    plan = plan_undo(operation)
    if plan.extent is Extent.BLOCKED:
        raise ChangeNotAllowed(plan.blocker)
    if plan.extent is Extent.PARTIAL and not is_approved(approval, PARTIAL_UNDO):
        raise SecondPersonNeeded("Only a part would be undone, or something came after: a second person must approve.")
    draft, merged, revived = _inverse(plan)
    draft.reason, draft.evidence = reason, dict(approved_by(approval))
    staying = _staying(plan)
    done = apply([draft], merged=merged, revived=revived)[0]
    _settle(plan, done, staying, by, reason, never_again)
    return done


def _inverse(plan: UndoPlan) -> tuple[Draft, dict[UUID, UUID], list[UUID]]:
    """The operation that takes the returning records back, profiles it empties and those it revives."""
    fresh: UUID | None = None
    if any(m.from_profile_id is None for m in plan.returning):
        fresh = create_profiles([plan.returning[0].record.party_kind])[0]
    now = {row.record_id: row for rows in members({m.to_profile_id for m in plan.returning}).values() for row in rows}
    moves = [back(m, now[m.record_id], m.from_profile_id or fresh) for m in plan.returning]
    homes = {m.to_profile for m in moves}
    merged_homes = Profile.objects.filter(id__in=homes, state=Profile.State.MERGED)
    revived = list(merged_homes.values_list("id", flat=True))
    draft = Draft(Kind.UNDO, moves[0].to_profile, moves, "identity.undone", undoes_id=plan.operation.id)
    draft.restores = {UUID(tombstone): UUID(before) for tombstone, before in plan.operation.redirects.items()}
    return draft, _emptied(moves), revived


def back(m: RecordMove, now: Membership, home: UUID) -> Move:
    """From where and how it is linked now (it may have been confirmed since) to where and how it was."""
    before = m.class_before or LinkClass.SYSTEM
    return Move(m.record_id, m.to_profile_id, home, now.link_class, before, now.linked_by, m.linked_before)


def _emptied(moves: Sequence[Move]) -> dict[UUID, UUID]:
    """Profiles that would hold no record any more → the one their records go to."""
    moves = [m for m in moves if m.from_profile != m.to_profile]
    going: dict[UUID, set[int]] = {}
    for m in moves:
        going.setdefault(m.from_profile, set()).add(m.record_id)
    rows = members(list(going))
    return {
        origin: next(m.to_profile for m in moves if m.from_profile == origin)
        for origin, ids in going.items()
        if {row.record_id for row in rows[origin]} <= ids
    }


def _staying(plan: UndoPlan) -> list[int]:
    """Records that remain where the operation put the returning ones. Read before they leave."""
    moved = [m.record_id for m in plan.returning]
    ends = {m.to_profile_id for m in plan.returning}
    rows = Membership.objects.filter(profile_id__in=ends).exclude(record_id__in=moved)
    return list(rows.values_list("record_id", flat=True))


def _settle(
    plan: UndoPlan, done: IdentityOperation, staying: list[int], by: User | None, reason: str, never_again: bool
) -> None:
    """What the undo means for decisions and cannot-links."""
    operation = plan.operation
    for link in operation.cannot_links.filter(revoked_at__isnull=True):
        constraints.revoke(cannot_link=link, by=by, reason="Its operation was undone")
    review.void_decision_of(operation=operation, by=by)
    if plan.is_automatic and never_again and staying and operation.kind in (Kind.JOIN, Kind.MERGE):
        constraints.write(
            left=staying, right=[m.record_id for m in plan.returning], origin=CannotLink.Origin.UNDO,
            by=by, reason=reason, operation=done,
        )  # fmt: skip

"""Open proposals follow the records that they rest on, whatever operation moves them; closing and opening them again."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from profiles import work
from profiles.models import IdentityOperation, Membership, Profile

from .models import Proposal

Ends = tuple[UUID, UUID | None]


def close(proposal: Proposal, state: str) -> None:
    """Close a proposal and its work item. 3 queries."""
    close_all([proposal.id], state)


def close_all(proposal_ids: Collection[int], state: str) -> None:
    """Close proposals and their work items. 4 queries."""
    _lock(Proposal.objects.filter(id__in=proposal_ids))
    items = Proposal.objects.filter(id__in=proposal_ids, work_item__isnull=False).values_list("work_item_id", flat=True)
    work.close_items(list(items))
    Proposal.objects.filter(id__in=proposal_ids).update(state=state, closed_at=timezone.now())


def reopen(proposal: Proposal, *, because: str) -> None:
    """Open a closed proposal again, with a work item, where its records are now; unless another is open for them."""
    ends = _ends(proposal, _homes([proposal]))
    if ends is None or _has_twin(proposal, ends):
        return
    item = work.open_item(kind="proposal" if proposal.right_id else "split", subject_id=proposal.id, reason=because)
    _point(proposal, ends)
    Proposal.objects.filter(id=proposal.id).update(
        state=Proposal.State.OPEN, closed_at=None, reopened_because=because, work_item=item
    )


def follow_records(operations: Sequence[IdentityOperation], moves: Sequence[Any]) -> None:
    """A step of every operation: open proposals go where their records went.

    Those between customers that are one now, or that are open for the same two already, are outdated; so is a proposed
    split whose record has left. 3 queries, and 1 to 5 for each proposal that changes.
    """
    touched = {pid for m in moves for pid in (m.from_profile_id, m.to_profile_id) if pid}
    concerned = lock_of(touched)
    homes = _homes(concerned)
    merged = set(
        Profile.objects.filter(
            id__in=[p.left_id for p in concerned if p.kind == Proposal.Kind.SPLIT], state=Profile.State.MERGED
        ).values_list("id", flat=True)
    )
    for proposal in concerned:
        ends = _ends(proposal, homes)
        left_alone = proposal.kind == Proposal.Kind.SPLIT and ends and ends[0] != proposal.left_id
        if ends is None or _has_twin(proposal, ends) or (left_alone and proposal.left_id not in merged):
            close(proposal, Proposal.State.OUTDATED)
        elif ends != (proposal.left_id, proposal.right_id):
            _point(proposal, ends)


def lock_of(profile_ids: Collection[UUID]) -> list[Proposal]:
    """Lock the open proposals of customers. An operation does so before it changes any of them: another one may hold a
    proposal from its other end, and look at ours when it commits. 1 query."""
    ids = list(profile_ids)
    return _lock(Proposal.objects.awaiting_review().filter(Q(left__in=ids) | Q(right__in=ids)))


def _lock(proposals: QuerySet[Proposal]) -> list[Proposal]:
    """Lock proposals, in ascending order, before anything is read for them: an operation on the other end moves them
    too. 1 query."""
    return list(proposals.order_by("id").select_for_update(of=("self",)))


def _homes(proposals: Iterable[Proposal]) -> dict[int, UUID]:
    """Record → its customer, for the records that proposals rest on. 1 query."""
    ids = {pk for p in proposals for pk in (p.left_record_id, p.right_record_id) if pk}
    return dict(Membership.objects.filter(record_id__in=ids).values_list("record_id", "profile_id"))


def _ends(proposal: Proposal, homes: dict[int, UUID]) -> Ends | None:
    """The customers that hold the proposal's records, the lower first; None when there is nothing to propose."""
    left = homes.get(proposal.left_record_id)
    if proposal.kind == Proposal.Kind.SPLIT:
        others = Membership.objects.filter(profile_id=left).exclude(record_id=proposal.left_record_id)
        return (left, None) if left and others.exists() else None
    right = homes.get(proposal.right_record_id)
    if left is None or right is None or left == right:
        return None
    return (left, right) if left < right else (right, left)


def _has_twin(proposal: Proposal, ends: Ends) -> bool:
    """Whether another proposal is open for the same two, or for the split of the same record."""
    others = Proposal.objects.awaiting_review().filter(kind=proposal.kind).exclude(id=proposal.id)
    if proposal.kind == Proposal.Kind.SPLIT:
        return others.filter(left_record=proposal.left_record_id).exists()
    return others.filter(left=ends[0], right=ends[1]).exists()


def _point(proposal: Proposal, ends: Ends) -> None:
    """Let a proposal be about the customers that hold its records now; `left_record` is of the left one."""
    swapped = {}
    if ends[1] and Membership.objects.get(record_id=proposal.left_record_id).profile_id != ends[0]:
        swapped = {"left_record": F("right_record"), "right_record": F("left_record")}
    Proposal.objects.filter(id=proposal.id).update(left=ends[0], right=ends[1], **swapped)

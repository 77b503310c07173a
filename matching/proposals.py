"""Open proposals follow the records that they rest on, whatever operation moves them; closing and opening them again."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet
from django.utils import timezone

from profiles import work
from profiles.bulk import array
from profiles.context import current_actor
from profiles.models import IdentityOperation, Membership, Profile

from .models import Proposal

Ends = tuple[UUID, UUID | None]
FULL_RUN = "full_run"
CLOSED = {
    "": "The proposal is no longer open: the customers changed in the meantime.",
    FULL_RUN: "A full run looked at all records together and no longer proposes this.",
}


def close(proposal: Proposal, state: str) -> None:
    """Close a proposal and its work item. 4 queries."""
    close_all([proposal.id], state)


def close_all(proposal_ids: Collection[int], state: str, because: str = "") -> None:
    """Close proposals and their work items; `because` says why where no person did. 4 queries."""
    _lock(Proposal.objects.filter(id__in=proposal_ids))
    items = Proposal.objects.filter(id__in=proposal_ids, work_item__isnull=False).values_list("work_item_id", flat=True)
    work.close_items(list(items))
    Proposal.objects.filter(id__in=proposal_ids).update(
        state=state, closed_at=timezone.now(), closed_because=because, closed_by_job=current_actor().job_id
    )


def reopen(proposal: Proposal, *, because: str) -> None:
    """Open a closed proposal again, with a work item, where its records are now; unless another is open for them."""
    homes = _homes([proposal])
    ends = _ends(proposal, homes)
    if ends is None or _has_twin(proposal, ends):
        return
    item = work.open_item(kind="proposal" if proposal.right_id else "split", subject_id=proposal.id, reason=because)
    _point([proposal], {proposal.id: ends}, homes)
    Proposal.objects.filter(id=proposal.id).update(
        state=Proposal.State.OPEN, closed_at=None, closed_because="", closed_by_job=None, reopened_because=because,
        work_item=item,
    )  # fmt: skip


def reopen_closed_by(job_ids: Collection[object]) -> int:
    """Open again, where their records are now, the older proposals that these jobs outdated; unless another is open for
    them. How many. Caller's transaction. 9 queries, 1 for none."""
    outdated = Proposal.objects.filter(state=Proposal.State.OUTDATED, closed_by_job__in=job_ids)
    gone = _lock(outdated.exclude(run_id__in=job_ids))
    if not gone:
        return 0
    homes = _homes(gone)
    ends = _free(gone, _places(gone, homes))
    back = [proposal for proposal in gone if proposal.id in ends]
    _point(back, ends, homes)
    work.open_again([proposal.work_item_id for proposal in back if proposal.work_item_id])
    return Proposal.objects.filter(id__in=list(ends)).update(
        state=Proposal.State.OPEN, closed_at=None, closed_because="", closed_by_job=None
    )


def _places(proposals: Sequence[Proposal], homes: Mapping[int, UUID]) -> dict[int, Ends]:
    """Per proposal the customers that hold its records; those without a meaning any more are left out. 2 queries."""
    staying = _splits_that_stay([p for p in proposals if p.kind == Proposal.Kind.SPLIT], homes)
    found = {p.id: _merge_ends(p, homes) if p.right_id else staying.get(p.id) for p in proposals}
    return {pk: ends for pk, ends in found.items() if ends}


def _free(proposals: Sequence[Proposal], ends: Mapping[int, Ends]) -> dict[int, Ends]:
    """Those for whose customers, or whose record, no proposal is open: the newest of several. 2 queries."""
    taken: set[object] = set(_open_pairs(proposals, ends.values()))
    splits = Proposal.objects.awaiting_review().filter(kind=Proposal.Kind.SPLIT)
    taken |= set(
        splits.filter(left_record__in=[p.left_record_id for p in proposals]).values_list("left_record", flat=True)
    )
    free: dict[int, Ends] = {}
    for proposal in reversed(proposals):
        if proposal.id in ends:
            place = ends[proposal.id] if proposal.right_id else proposal.left_record_id
            if place not in taken:
                free[proposal.id] = ends[proposal.id]
            taken.add(place)
    return free


def follow_records(operations: Sequence[IdentityOperation], moves: Sequence[Any]) -> None:
    """A step of every operation: open proposals go where their records went.

    Those between customers that are one now, or that are open for the same two already, are outdated; so is a proposed
    split whose record has left. 1 query when no proposal is concerned, at most 10; none where no record leaves a customer.
    """
    if not any(m.from_profile_id for m in moves):
        return
    concerned = lock_of({pid for m in moves for pid in (m.from_profile_id, m.to_profile_id) if pid})
    if not concerned:
        return
    homes = _homes(concerned)
    places = _places(concerned, homes)
    ends = {p.id: places.get(p.id) for p in concerned}
    taken = _open_pairs(concerned, ends.values())
    outdated, moved = [], []
    for proposal in concerned:
        target = ends[proposal.id]
        if target is None or target in taken:
            outdated.append(proposal.id)
        elif target != (proposal.left_id, proposal.right_id):
            moved.append(proposal)
        if target and target[1]:
            taken.add(target)
    if outdated:
        close_all(outdated, Proposal.State.OUTDATED)
    _point(moved, ends, homes)


def lock_of(profile_ids: Collection[UUID]) -> list[Proposal]:
    """Lock the open proposals of customers. An operation does so before it changes any of them: another one may hold a
    proposal from its other end, and look at ours when it commits. 1 query, 2 where there are any."""
    ids = array(profile_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM matching_proposal WHERE state = 'open'"
            " AND (left_id = ANY(%s::uuid[]) OR right_id = ANY(%s::uuid[])) ORDER BY id FOR UPDATE",
            [ids, ids],
        )
        found = [row[0] for row in cursor.fetchall()]
    return list(Proposal.objects.filter(id__in=found).order_by("id")) if found else []


def _lock(proposals: QuerySet[Proposal]) -> list[Proposal]:
    """Lock proposals, in ascending order, before anything is read for them: an operation on the other end moves them
    too. 1 query."""
    return list(proposals.order_by("id").select_for_update(of=("self",)))


def _splits_that_stay(splits: Sequence[Proposal], homes: Mapping[int, UUID]) -> dict[int, Ends]:
    """Proposed splits that still make sense: the record is in company, and where it was or where that was merged into.

    2 queries, none for none.
    """
    if not splits:
        return {}
    merged = Profile.objects.filter(id__in=[p.left_id for p in splits], state=Profile.State.MERGED)
    gone = set(merged.values_list("id", flat=True))
    members = Membership.objects.filter(
        profile_id__in=[homes[p.left_record_id] for p in splits if p.left_record_id in homes]
    )
    company = dict(members.order_by().values_list("profile_id").annotate(Count("record_id")))
    found: dict[int, Ends] = {}
    for proposal in splits:
        home = homes.get(proposal.left_record_id)
        if home and company[home] > 1 and (home == proposal.left_id or proposal.left_id in gone):
            found[proposal.id] = (home, None)
    return found


def _open_pairs(concerned: Iterable[Proposal], ends: Iterable[Ends | None]) -> set[Ends]:
    """Pairs for which a proposal other than these is open. 1 query."""
    others = Proposal.objects.awaiting_review().filter(left__in={e[0] for e in ends if e}, right__isnull=False)
    return set(others.exclude(id__in=[p.id for p in concerned]).values_list("left_id", "right_id"))


def _homes(proposals: Iterable[Proposal]) -> dict[int, UUID]:
    """Record → its customer, for the records that proposals rest on. 1 query."""
    ids = {pk for p in proposals for pk in (p.left_record_id, p.right_record_id) if pk}
    return dict(Membership.objects.filter(record_id__in=ids).values_list("record_id", "profile_id"))


def _merge_ends(proposal: Proposal, homes: Mapping[int, UUID]) -> Ends | None:
    """The customers that hold the two records, the lower first; None when they are one, or none."""
    left, right = homes.get(proposal.left_record_id), homes.get(proposal.right_record_id)
    if left is None or right is None or left == right:
        return None
    return (left, right) if left < right else (right, left)


def _ends(proposal: Proposal, homes: Mapping[int, UUID]) -> Ends | None:
    """The customers that hold the proposal's records, the lower first; None when there is nothing to propose."""
    if proposal.right_record_id:
        return _merge_ends(proposal, homes)
    left = homes.get(proposal.left_record_id)
    others = Membership.objects.filter(profile_id=left).exclude(record_id=proposal.left_record_id)
    return (left, None) if left and others.exists() else None


def _has_twin(proposal: Proposal, ends: Ends) -> bool:
    """Whether another proposal is open for the same two, or for the split of the same record."""
    others = Proposal.objects.awaiting_review().filter(kind=proposal.kind).exclude(id=proposal.id)
    if proposal.kind == Proposal.Kind.SPLIT:
        return others.filter(left_record=proposal.left_record_id).exists()
    return others.filter(left=ends[0], right=ends[1]).exists()


def _point(proposals: Sequence[Proposal], ends: Mapping[int, Ends | None], homes: Mapping[int, UUID]) -> None:
    """Let proposals be about the customers that hold their records now; `left_record` is of the left one. 1 query."""
    for proposal in proposals:
        target = ends[proposal.id]
        assert target is not None  # noqa: S101  (what has no ends was closed)
        if target[1] and homes[proposal.left_record_id] != target[0]:
            proposal.left_record_id, proposal.right_record_id = proposal.right_record_id, proposal.left_record_id
        proposal.left_id, proposal.right_id = target
    if proposals:
        Proposal.objects.bulk_update(proposals, ["left", "right", "left_record", "right_record"])

"""Who stands for merged customers: where their tombstones point after an operation, and what the ledger keeps of it.

`merged_into` is the hop as it was made and says nothing of what came after; so each operation notes which tombstones it
re-pointed and from whom, and its undo gives exactly those back.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from profiles.models import IdentityOperation, Profile, RecordMove

if TYPE_CHECKING:
    from .operations import Draft


def redirect(drafts: "Sequence[Draft]", merged: Mapping[UUID, UUID], revived: Collection[UUID]) -> dict[UUID, UUID]:
    """Tombstone → who will stand for it, for those that change; each draft notes who stood for its own before."""
    redirected: dict[UUID, UUID] = {}
    origins = {m.from_profile for draft in drafts for m in draft.moves if m.from_profile}
    if not origins:
        return redirected
    standing = dict(Profile.objects.filter(canonical_id__in=origins).values_list("id", "canonical_id"))
    for draft in drafts if standing else ():
        own = {m.from_profile for m in draft.moves}
        carried = _carried(draft)
        for tombstone, canonical in standing.items():
            target = _new_canonical(tombstone, canonical, draft, merged, carried)
            if canonical in own and target and tombstone not in revived:
                redirected[tombstone] = target
                draft.redirects[str(tombstone)] = str(canonical)
    return redirected


def _new_canonical(
    tombstone: UUID, canonical: UUID, draft: "Draft", merged: Mapping[UUID, UUID], carried: Collection[UUID]
) -> UUID | None:
    """An undo gives a tombstone back to who stood for it; else it goes with the records, or with the merged profile."""
    before = draft.restores.get(tombstone)
    if before in {m.to_profile for m in draft.moves}:
        return before
    return draft.profile_id if tombstone in carried else merged.get(canonical)


def _carried(draft: "Draft") -> set[UUID]:
    """On a split, a tombstone whose last records all left goes with them. 2 queries for a split, else none."""
    origin = draft.moves[0].from_profile if draft.kind == IdentityOperation.Kind.SPLIT else None
    leaving = {m.record_id for m in draft.moves}
    last = last_records_of_tombstones(origin) if origin else {}
    return {tombstone for tombstone, records in last.items() if records <= leaving}


def last_records_of_tombstones(profile: UUID) -> dict[UUID, set[int]]:
    """Each merged profile that `profile` stands for, with the records it held last. 2 queries."""
    tombstones = list(Profile.objects.filter(canonical_id=profile).values_list("id", flat=True))
    newest: dict[UUID, tuple[UUID, set[int]]] = {}
    rows = RecordMove.objects.filter(from_profile_id__in=tombstones).values_list(
        "from_profile_id", "operation_id", "record_id"
    )
    for tombstone, operation, record_id in rows.order_by("id"):
        if tombstone not in newest or newest[tombstone][0] != operation:
            newest[tombstone] = (operation, set())
        newest[tombstone][1].add(record_id)
    return {tombstone: records for tombstone, (_, records) in newest.items()}

"""Many operations undone at once, where nothing has come between: the whole of a run, in sets."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from profiles.models import Correction, IdentityOperation, Mark, Membership, Profile, RecordMove
from profiles.models.mark import kinds_that_stop

from . import constraints
from .locks import lock_profiles
from .operations import Draft, Kind, apply, create_profiles
from .undo import back

Operations = Sequence[IdentityOperation]


@dataclass(frozen=True, slots=True)
class _Ground:
    """How things stand: records by customer, customers to bring back, records that must not be moved, what came after."""

    members: Mapping[UUID, frozenset[int]]
    links: Mapping[int, Membership]
    homes: Mapping[UUID, Profile]
    held: frozenset[int]
    undone: frozenset[UUID]
    later: Mapping[UUID, Sequence[RecordMove]]  # by customer, oldest first
    corrected: Mapping[int, datetime]


def undo_exact(*, operations: Operations, reason: str) -> tuple[list[IdentityOperation], list[IdentityOperation]]:
    """Undo operations that concern different customers; returns the undoes, and what has to be looked at singly.

    Undone are those whose undo is exact: their records are all where they were put and may go back, and nothing joined,
    left or was corrected since. No cannot-link is written. Moves and their records are loaded. A fixed number of queries, whatever the number of operations. Caller's transaction.
    """
    lock_profiles(_ends(operations))
    ground = _ground(operations)
    simple = [operation for operation in operations if _is_exact(operation, ground)]
    drafts = _drafts(simple, ground, reason)
    forbidden = _forbidden(drafts, ground)
    drafts = [draft for draft in drafts if draft.undoes_id not in forbidden]
    kept = {draft.undoes_id for draft in drafts}
    rest = [operation for operation in operations if operation.id not in kept]
    if not drafts:
        return [], rest
    revived = {m.to_profile for draft in drafts for m in draft.moves if m.to_profile in ground.homes}
    return apply(drafts, merged=_emptied(drafts, ground), revived=revived), rest


def _ends(operations: Operations) -> set[UUID]:
    moves = [m for operation in operations for m in operation.moves.all()]
    return {pid for m in moves for pid in (m.from_profile_id, m.to_profile_id) if pid}


def _ground(operations: Operations) -> _Ground:
    """Read everything under the locks. 6 queries."""
    ends = _ends(operations)
    members: dict[UUID, set[int]] = defaultdict(set)
    links = {link.record_id: link for link in Membership.objects.filter(profile_id__in=ends)}
    for link in links.values():
        members[link.profile_id].add(link.record_id)
    everyone = set(links)
    marks = Mark.objects.filter(record_id__in=everyone, kind__in=kinds_that_stop("merge"), until__isnull=True)
    merged = Profile.objects.filter(id__in=ends, state=Profile.State.MERGED)
    undone = IdentityOperation.objects.filter(undoes__in=[operation.id for operation in operations])
    return _Ground(
        {pid: frozenset(ids) for pid, ids in members.items()},
        links,
        {profile.id: profile for profile in merged},
        frozenset(marks.values_list("record_id", flat=True)),
        frozenset(undone.values_list("undoes_id", flat=True)),
        _later(operations, ends),
        dict(
            Correction.objects.filter(record_id__in=everyone)
            .order_by("created_at")
            .values_list("record_id", "created_at")
        ),
    )


def _later(operations: Operations, ends: Collection[UUID]) -> dict[UUID, list[RecordMove]]:
    """Moves into or out of these customers since the oldest of the operations. 1 query."""
    moves = RecordMove.objects.filter(operation_id__gt=min(operation.id for operation in operations))
    found: dict[UUID, list[RecordMove]] = defaultdict(list)
    for m in moves.filter(Q(from_profile_id__in=ends) | Q(to_profile_id__in=ends)).order_by("operation_id", "id"):
        for end in {m.from_profile_id, m.to_profile_id}:
            if end in ends:
                found[end].append(m)
    return found


def _is_exact(operation: IdentityOperation, ground: _Ground) -> bool:
    """Whether all of its records are where it put them and can go back to where they were."""
    moves = list(operation.moves.all())
    if operation.id in ground.undone or all(m.from_profile_id == m.to_profile_id for m in moves):
        return False
    for m in moves:
        there = ground.members.get(m.to_profile_id, frozenset())
        home = ground.homes.get(m.from_profile_id) if m.from_profile_id else None
        came_back = m.from_profile_id in (None, m.to_profile_id) or (home and home.canonical_id == m.to_profile_id)
        if m.record_id not in there or there & ground.held or not came_back:
            return False
    return not _came_after(operation, ground)


def _came_after(operation: IdentityOperation, ground: _Ground) -> bool:
    """Whether a record of others is where it was not, or was corrected, since the operation."""
    own = {m.record_id for m in operation.moves.all()}
    for end in {m.to_profile_id for m in operation.moves.all()}:
        there = ground.members[end]
        was_there: dict[int, bool] = {}
        for m in ground.later.get(end, ()):
            if m.operation_id > operation.id and m.record_id not in own:
                was_there.setdefault(m.record_id, m.from_profile_id == end)
        if any((pk in there) != was for pk, was in was_there.items()):
            return True
        if any(pk in ground.corrected and ground.corrected[pk] > operation.created_at for pk in there):
            return True
    return False


def _drafts(operations: Operations, ground: _Ground, reason: str) -> list[Draft]:
    """The operations that take the records back; those that had no customer get one of their own. 1 COPY."""
    founders = [one for one in operations if any(m.from_profile_id is None for m in one.moves.all())]
    made = create_profiles([one.moves.all()[0].record.party_kind for one in founders])
    fresh = dict(zip((one.id for one in founders), made, strict=True))
    return [_draft(operation, ground, fresh.get(operation.id), reason) for operation in operations]


def _draft(operation: IdentityOperation, ground: _Ground, fresh: UUID | None, reason: str) -> Draft:
    moves = [back(m, ground.links[m.record_id], m.from_profile_id or fresh) for m in operation.moves.all()]
    draft = Draft(Kind.UNDO, moves[0].to_profile, moves, "identity.undone", reason, undoes_id=operation.id)
    draft.restores = {UUID(tombstone): UUID(before) for tombstone, before in operation.redirects.items()}
    return draft


def _forbidden(drafts: Sequence[Draft], ground: _Ground) -> set[UUID | None]:
    """Operations whose undo would bring together what must never meet. 1 query."""
    home = {pk: pid for pid, ids in ground.members.items() for pk in ids}
    by_home: dict[UUID, UUID | None] = {}
    for draft in drafts:
        for m in draft.moves:
            home[m.record_id] = m.to_profile
            by_home[m.to_profile] = draft.undoes_id
    met = [
        {home[pk] for pk in one} & {home[pk] for pk in other}
        for one, other in constraints.touching(list(home))
    ]  # fmt: skip
    return {by_home[pid] for found in met for pid in found if pid in by_home}


def _emptied(drafts: Sequence[Draft], ground: _Ground) -> dict[UUID, UUID]:
    """Customers that no record is left of → the one that their records go to."""
    going: dict[UUID, dict[int, UUID]] = defaultdict(dict)
    for draft in drafts:
        for m in draft.moves:
            if m.from_profile != m.to_profile:
                going[m.from_profile][m.record_id] = m.to_profile
    return {pid: next(iter(to.values())) for pid, to in going.items() if _all_of(ground.members[pid], to)}


def _all_of(members: Collection[int], leaving: Collection[int]) -> bool:
    return set(members) <= set(leaving)

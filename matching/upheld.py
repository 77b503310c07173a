"""What of a plan still holds under the lock: the rest is left out, stays received and is looked at again."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from uuid import UUID

from django.db import connection

from profiles.bulk import array

from .blocking import overtaken
from .engine.types import Plan
from .locks import lock_profiles
from .picture import Picture, world

Node = tuple[str, int]  # ("row", row number) or ("profile", the engine's profile number)


def still_true(picture: Picture) -> Picture:
    """The picture without what others changed since it was read. Locks the customers of the plan. 3 to 5 queries.

    Caller holds the lock of resolution. Left out are records that share a key with one resolved since, records of
    customers that were changed since, and everything the plan decides together with these.
    """
    lock_profiles(_involved(picture))
    now = world()
    if (now.cannot_link, now.mark) != (picture.world.cannot_link, picture.world.mark):
        return without(picture, {("row", row) for row in picture.fresh})
    changed = _changed(picture)
    stale = {("profile", number) for number, profile_id in enumerate(picture.profiles) if profile_id in changed}
    stale |= {("row", row) for row in picture.fresh if _is_astray(picture, row)}
    if now.resolve_seq > picture.world.resolve_seq:
        late = overtaken(picture.record_ids, picture.world.resolve_seq, picture.model.block_caps)
        stale |= {("row", row) for row in picture.fresh if picture.rows[row].record_id in late}
    return without(picture, stale) if stale else picture


def _involved(picture: Picture) -> set[UUID]:
    """Customers that the plan changes or names in a proposal."""
    plan = picture.plan
    numbers = {number for component in plan.components for number in component.profiles}
    numbers |= {number for stop in plan.stops for number in stop.profiles}
    rows = {row for proposal in plan.proposals for row in (proposal.left, proposal.right)} | set(picture.fresh)
    homes = {picture.rows[row].profile_id for row in rows}
    return {picture.profiles[number] for number in numbers} | {home for home in homes if home in picture.customers}


def _is_astray(picture: Picture, row: int) -> bool:
    """Whether a changed record was moved while it was read: it is not among the records of the customer it was with."""
    stored = picture.rows[row]
    if stored.profile_id is None:
        return False
    customer = picture.customers.get(stored.profile_id)
    return customer is None or all(one.record_id != stored.record_id for one in customer.records)


def _changed(picture: Picture) -> set[UUID]:
    """Customers of the plan that are not as they were read: moved records, or records that changed. 2 queries."""
    involved = [(profile_id, picture.customers[profile_id]) for profile_id in sorted(_involved(picture))]
    if not involved:
        return set()
    records = [(row, profile_id) for profile_id, customer in involved for row in customer.records]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.id FROM unnest(%s::uuid[], %s::int[]) AS u(id, version) WHERE NOT EXISTS (SELECT FROM"
            " profiles_profile p WHERE p.id = u.id AND p.version = u.version AND p.state = 'active')",
            [array(pid for pid, _ in involved), array(customer.version for _, customer in involved)],
        )
        changed = {row[0] for row in cursor.fetchall()}
        cursor.execute(
            "SELECT u.home FROM unnest(%s::bigint[], %s::int[], %s::uuid[]) AS u(id, revision, home)"
            " JOIN profiles_sourcerecord r ON r.id = u.id WHERE r.revision <> u.revision",
            [
                array(row.record_id for row, _ in records), array(row.revision for row, _ in records),
                array(profile_id for _, profile_id in records),
            ],
        )  # fmt: skip
        return changed | {row[0] for row in cursor.fetchall()}


def without(picture: Picture, stale: set[Node]) -> Picture:
    """The picture without the stale parts, and without what hangs on them."""
    plan, gone = picture.plan, _closure(picture, stale)

    def stays(rows: Iterable[int], profiles: Iterable[int] = ()) -> bool:
        return gone.isdisjoint(_node(picture, row) for row in rows) and gone.isdisjoint(
            ("profile", number) for number in profiles
        )

    return replace(
        picture,
        fresh=tuple(row for row in picture.fresh if stays([row])),
        plan=Plan(
            components=tuple(c for c in plan.components if stays(c.records, c.profiles)),
            proposals=tuple(p for p in plan.proposals if stays([p.left, p.right])),
            fractures=tuple(f for f in plan.fractures if stays([f.record])),
            households=tuple(link for link in plan.households if stays([link.left, link.right])),
            stops=tuple(s for s in plan.stops if stays(s.records, s.profiles)),
        ),
    )


def _closure(picture: Picture, stale: set[Node]) -> set[Node]:
    """Everything that the plan decides together with something stale."""
    plan = picture.plan
    groups = [_nodes(picture, c.records, c.profiles) for c in plan.components]
    groups += [_nodes(picture, s.records, s.profiles) for s in plan.stops]
    groups += [_nodes(picture, [p.left, p.right]) for p in plan.proposals]
    groups += [{("row", row), _node(picture, row)} for row in picture.fresh]
    by_node: dict[Node, list[set[Node]]] = {}
    for group in groups:
        for node in group:
            by_node.setdefault(node, []).append(group)
    return _reached(stale, by_node)


def _reached(start: set[Node], by_node: Mapping[Node, list[set[Node]]]) -> set[Node]:
    reached, ahead = set(start), list(start)
    while ahead:
        for group in by_node.get(ahead.pop(), ()):
            ahead += group - reached
            reached |= group
    return reached


def _nodes(picture: Picture, rows: Iterable[int], profiles: Iterable[int] = ()) -> set[Node]:
    return {_node(picture, row) for row in rows} | {("profile", number) for number in profiles}


def _node(picture: Picture, row: int) -> Node:
    """A record counts with its customer, if it has one."""
    number = picture.number_of[row]
    return ("profile", number) if number >= 0 else ("row", row)

"""The picture of one batch: everything the engine must know of the world, read without a lock, and its plan."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

import numpy as np
from django.db import connection

from profiles import schema
from profiles.bulk import array
from profiles.models.identity import LinkClass
from profiles.models.mark import kinds_that_stop

from . import constraints, models_in_force
from .blocking import Found, count_usage, find_candidates
from .engine.cascade import Wanted, cascade
from .engine.encode import encode
from .engine.keys import value_keys
from .engine.model import Model
from .engine.resolve import resolve
from .engine.types import Ints, Plan, RecordInput, Situation, Table
from .engine.usage import count
from .reading import Stored, inputs, read_members, read_records

UNSCREENED = 20  # candidates whose customers are read at once: to judge them first takes longer


@dataclass(frozen=True, slots=True)
class World:
    """Where the ledgers stood: what was resolved, forbidden or marked later is beyond these numbers."""

    resolve_seq: int
    cannot_link: int
    mark: int


@dataclass(frozen=True, slots=True)
class Customer:
    """A profile as read: its version then, its age, and all its records."""

    version: int
    created_at: datetime
    records: tuple[Stored, ...]

    @property
    def is_verified(self) -> bool:
        """Whether a person confirmed one of its links."""
        return any(row.link_class == LinkClass.VERIFIED for row in self.records)


@dataclass(frozen=True, slots=True)
class Picture:
    """What was read for one batch: records in row order, their customers, and the engine's plan."""

    world: World
    schema: schema.Schema
    model: Model
    rows: Sequence[Stored]
    fresh: tuple[int, ...]  # row numbers
    profiles: Sequence[UUID]  # the engine's profile numbers are places in it
    number_of: Sequence[int]  # per row the number of its customer, or -1
    customers: Mapping[UUID, Customer]
    plan: Plan

    @property
    def record_ids(self) -> list[int]:
        """The records to be resolved."""
        return [self.rows[row].record_id for row in self.fresh]


WORLD = (
    "coalesce((SELECT max(resolve_seq) FROM profiles_sourcerecord), 0),"
    " coalesce((SELECT max(id) FROM matching_cannotlink), 0), coalesce((SELECT max(id) FROM profiles_mark), 0)"
)
IN_FORCE = (
    f"SELECT s.number, s.published_at, m.id, m.label, {WORLD} FROM profiles_schemaversion s, matching_matchmodel m"  # noqa: S608
    " WHERE m.state = 'published' ORDER BY s.number DESC LIMIT 1"
)


def world() -> World:
    """Where the ledgers stand now. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {WORLD}")
        return World(*cursor.fetchone())


def in_force() -> tuple[schema.Schema, Model, World]:
    """Schema and model by which records are resolved, and where the ledgers stand now. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(IN_FORCE)
        row = cursor.fetchone()
    if row is None:  # one of the two is missing, and says so
        version, model = schema.published(), models_in_force.published()
        return version, model, world()
    version = schema.known(*row[:2])
    return version, models_in_force.with_sources(models_in_force.known(*row[2:4]), version), World(*row[4:])


def look(record_ids: Sequence[int], apart_from: Collection[int] = ()) -> Picture:
    """Read what the engine needs for these records, and let it decide. About 15 queries, whatever their number.

    `apart_from`: records that a person just split these from; they are matched against all others.
    """
    version, model, now = in_force()
    engine, fresh = Engine(model, version), set(record_ids)
    found = [f for f in find_candidates(record_ids, model.block_caps) if f.right not in apart_from]
    own = {row.record_id: row for row in read_records(record_ids)}
    if len(found) > UNSCREENED:
        found = engine.screened([row.input for row in own.values()], found)
    customers = customers_holding({*record_ids, *(f.right for f in found)})
    own |= {row.record_id: row for customer in customers.values() for row in customer.records if row.is_live}
    rows = [own[record_id] for record_id in sorted(own)]
    situation = engine.situation(rows, fresh, customers, found)
    plan = _against_others(situation, model, rows, apart_from) if apart_from else resolve(situation, model)
    places, numbers = tuple(np.flatnonzero(situation.fresh).tolist()), situation.profile_of.tolist()
    return Picture(now, version, model, rows, places, sorted(customers), numbers, customers, plan)


def _against_others(situation: Situation, model: Model, rows: Sequence[Stored], apart_from: Collection[int]) -> Plan:
    """The plan for records that a person split off: nothing is said about those they left, nor about their own fit."""
    own = frozenset(np.flatnonzero(situation.fresh).tolist())
    left = frozenset(place for place, row in enumerate(rows) if row.record_id in apart_from)
    plan = resolve(replace(situation, cannot_links=[*situation.cannot_links, (own, left)]), model)
    told = [p for p in plan.proposals if not (p.left in own and p.right in left or p.right in own and p.left in left)]
    return replace(plan, proposals=tuple(told), fractures=())


def customers_holding(record_ids: Collection[int]) -> dict[UUID, Customer]:
    """Customers of the records, with all their records. 3 queries."""
    return _customers(
        "(SELECT DISTINCT profile_id AS id FROM profiles_membership WHERE record_id = ANY(%s::bigint[]))", record_ids
    )


def customers_of(profile_ids: Collection[UUID]) -> dict[UUID, Customer]:
    """Customers with all their records. 3 queries, none for none."""
    return _customers("unnest(%s::uuid[])", profile_ids) if profile_ids else {}


def _customers(wanted: str, ids: Collection[object]) -> dict[UUID, Customer]:
    """The version is read first, so that a later change shows."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT p.id, p.version, p.created_at FROM {wanted} w(id) JOIN profiles_profile p ON p.id = w.id",  # noqa: S608
            [array(ids)],
        )
        facts = {profile_id: (version, created) for profile_id, version, created in cursor.fetchall()}
    records: dict[UUID, list[Stored]] = {profile_id: [] for profile_id in facts}
    for row in read_members(facts):
        if row.profile_id in records:
            records[row.profile_id].append(row)
    return {profile_id: Customer(*facts[profile_id], tuple(rows)) for profile_id, rows in records.items() if rows}


@dataclass(frozen=True, slots=True)
class Engine:
    """The engine's inputs under one model and schema."""

    model: Model
    schema: schema.Schema

    def screened(self, own: Sequence[RecordInput], found: Sequence[Found]) -> list[Found]:
        """The pairs that may be one customer or one household; nothing is decided on the others. 3 queries.

        Customers that no likely pair leads to need not be read: the plan is the same without them.
        """
        others = {f.right for f in found}.difference(row.record_id for row in own)
        near = sorted([*own, *inputs(others)], key=lambda row: row.record_id)
        table = encode(near, self.model, models_in_force.blocked_values(self.schema))
        row_of = {row.record_id: place for place, row in enumerate(near)}
        known = [f for f in found if f.right in row_of and f.left in row_of]
        left, right, _ = _pairs(known, row_of)
        counts = count(table, self.model, self.usage(table, above=self._least_limit))
        least = Wanted(self.model.thresholds.review_weight, self.model.thresholds.household_weight)
        return [known[place] for place in cascade(table, left, right, self.model, counts, least).places.tolist()]

    def situation(
        self, rows: Sequence[Stored], fresh: Collection[int], customers: Mapping[UUID, Customer], found: Sequence[Found]
    ) -> Situation:
        """Columns and row numbers instead of ids. 3 queries."""
        row_of = {row.record_id: place for place, row in enumerate(rows)}
        number = {profile_id: place for place, profile_id in enumerate(sorted(customers))}
        table, place = self._table(rows), _places(row_of, customers)
        left, right, rule = _pairs([f for f in found if f.right in row_of and f.left in row_of], row_of)
        return Situation(
            table=table,
            profile_of=np.array([number.get(row.profile_id, -1) for row in rows], np.int64),
            fresh=np.array([row.record_id in fresh for row in rows], np.bool_),
            left=left,
            right=right,
            found_by=rule,
            usage=self.usage(table),
            cannot_links=[
                (frozenset(place[pk] for pk in one), frozenset(place[pk] for pk in other))
                for one, other in constraints.touching(place)
            ],
            verified_profiles=frozenset(number[pid] for pid, customer in customers.items() if customer.is_verified),
            no_auto_records=frozenset(place[pk] for pk in _marked(place)),
        )  # fmt: skip

    def usage(self, table: Table, above: int = 1) -> dict[int, int]:
        """How many hold the values that more than so many records of the table share. 1 query.

        What no more records share than the least limit is under every limit: who holds a value is a candidate.
        """
        return count_usage(shared_keys(table, self.model, above), self._least_limit)

    @property
    def _least_limit(self) -> int:
        return min(self.model.limits.shared.values(), default=0)

    def _table(self, rows: Sequence[Stored]) -> Table:
        return encode([row.input for row in rows], self.model, models_in_force.blocked_values(self.schema))


def shared_keys(table: Table, model: Model, above: int = 1) -> list[int]:
    """Keys of the values that more records of the table hold than so many: only what two hold can agree."""
    keys, held = np.unique(value_keys(table, model).key, return_counts=True)
    return keys[held > above].tolist()


def _places(row_of: Mapping[int, int], customers: Mapping[UUID, Customer]) -> dict[int, int]:
    """Record → its row; a withdrawn one, which has none, is spoken for by the first row of its customer."""
    place = dict(row_of)
    for customer in customers.values():
        first = next((row_of[row.record_id] for row in customer.records if row.record_id in row_of), None)
        if first is not None:
            place |= {row.record_id: first for row in customer.records if row.record_id not in row_of}
    return place


def _pairs(found: Sequence[Found], row_of: Mapping[int, int]) -> tuple[Ints, Ints, np.ndarray]:
    """Row numbers of pairs, the lower first, with the rule that found each."""
    ends = np.array([(row_of[f.left], row_of[f.right]) for f in found], np.int64).reshape(-1, 2)
    return ends.min(axis=1), ends.max(axis=1), np.array([f.rule for f in found], np.int16)


def _marked(record_ids: Iterable[int]) -> set[int]:
    """Those with a mark that stops automatic changes. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT record_id FROM profiles_mark WHERE record_id = ANY(%s::bigint[]) AND kind = ANY(%s)"
            " AND until IS NULL",
            [array(record_ids), kinds_that_stop("auto")],
        )
        return {row[0] for row in cursor.fetchall()}

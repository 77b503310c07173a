"""A customer as it was on a day: memberships replayed from the ledger, records in their state of then, golden recomputed."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from .corrections import applied
from .customers import ShownCustomer, show_members
from .masking import Mask, cover
from .models import Correction, Membership, Profile, RecordMove, RecordVersion, SchemaVersion, SourceRecord
from .schema import Schema, published
from .survivorship import Member

GONE = (SourceRecord.State.WITHDRAWN, SourceRecord.State.ERASED)


@dataclass(frozen=True, slots=True)
class Then:
    """One record as it was: which revision was in force."""

    record: SourceRecord
    revision: int
    updated_at: datetime
    attributes: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Past:
    """A customer on a day, as far as the reader may see it."""

    customer: ShownCustomer
    records: list[Then]
    schema_number: int


def as_it_was(profile: Profile, moment: datetime, granted: Collection[int], mask: Mask) -> Past:
    """The customer at a moment, from the records the reader may see, through their mask. About 8 queries."""
    rows = SourceRecord.objects.filter(id__in=members_at(profile.id, moment), source_id__in=granted)
    records = {record.id: record for record in rows.select_related("source").defer("payload").order_by("id")}
    present = _states_at(records, moment)
    corrections = _corrections_at(records, moment)
    schema = _schema_at(moment)
    members = [_member(then, corrections.get(then.record.id, {}), schema) for then in present]
    customer = show_members(profile.id, members, schema, mask)
    cover(records.values(), mask)
    return Past(customer, [Then(t.record, t.revision, t.updated_at, {}) for t in present], schema.number)


def members_at(profile_id: UUID, moment: datetime) -> set[int]:
    """Ids of the records that belonged to the profile at a moment. 3 queries.

    The last move before it says where a record was; before its first move it was where that move took it from, and a
    record that never moved is where it was founded.
    """
    touched = RecordMove.objects.filter(Q(from_profile=profile_id) | Q(to_profile=profile_id))
    here = Membership.objects.filter(profile_id=profile_id).values_list("record_id", "since")
    candidates = {*touched.values_list("record_id", flat=True), *(pk for pk, _ in here)}
    moves = RecordMove.objects.filter(record_id__in=candidates).order_by("operation__created_at", "id")
    homes: dict[int, UUID | None] = {}
    moved = set()
    for record_id, at, came_from, went_to in moves.values_list(
        "record_id", "operation__created_at", "from_profile_id", "to_profile_id"
    ):
        if record_id not in moved:
            homes[record_id] = came_from
        moved.add(record_id)
        if at <= moment:
            homes[record_id] = went_to
    homes |= {pk: profile_id for pk, since in here if pk not in moved and since <= moment}
    return {pk for pk, home in homes.items() if home == profile_id}


def _states_at(records: dict[int, SourceRecord], moment: datetime) -> list[Then]:
    """Each record in the revision in force at the moment; those not received yet or gone are left out. 1 query."""
    older: dict[int, RecordVersion] = {}
    rows = RecordVersion.objects.filter(record_id__in=records, replaced_at__gt=moment).defer("payload")
    for version in rows.order_by("record_id", "-replaced_at"):
        older[version.record_id] = version
    found = []
    for record in records.values():
        state: SourceRecord | RecordVersion = older.get(record.id, record)
        if record.created_at <= moment and state.state not in GONE:
            found.append(Then(record, state.revision, state.updated_at, state.attributes))
    return found


def _corrections_at(record_ids: Iterable[int], moment: datetime) -> dict[int, dict[str, Correction]]:
    """Record → field → the correction in force at the moment. 1 query."""
    in_force = Q(released_at__isnull=True) | Q(released_at__gt=moment)
    found: dict[int, dict[str, Correction]] = {}
    for correction in Correction.objects.filter(in_force, record_id__in=list(record_ids), created_at__lte=moment):
        found.setdefault(correction.record_id, {})[correction.field] = correction
    return found


def _schema_at(moment: datetime) -> Schema:
    """The schema that was in force, or the first one. 2 queries."""
    then = SchemaVersion.objects.filter(published_at__lte=moment).order_by("-number").first()
    first = then or SchemaVersion.objects.order_by("number").first()
    return published(first.number if first else None)


def _member(then: Then, corrections: dict[str, Correction], schema: Schema) -> Member:
    source = schema.sources.get(then.record.source.key)
    return Member(
        record_id=then.record.id,
        source_id=then.record.source_id,
        trust=source.trust if source else 50,
        updated_at=then.updated_at,
        attributes=applied(then.attributes, corrections),
        corrected=frozenset(corrections),
    )

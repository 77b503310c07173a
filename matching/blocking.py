"""Blocking keys in the database: written with the record, joined to find candidates, counted to know shared values."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import connection

from profiles import corrections, golden, jobs, schema
from profiles.models import SourceRecord

from . import models_in_force
from .engine.encode import encode
from .engine.keys import block_keys
from .engine.types import RecordInput
from .key_rows import COPY_KEYS, packed
from .locks import lock_homes

LIVE = [SourceRecord.State.RECEIVED, SourceRecord.State.RESOLVED]


def inputs(record_ids: Collection[int]) -> list[RecordInput]:
    """Records as the engine reads them, with corrections applied, by id; withdrawn ones are left out. 2 queries."""
    rows = (
        SourceRecord.objects.filter(id__in=record_ids, state__in=LIVE)
        .order_by("id")
        .values_list("id", "source__key", "party_kind", "attributes")
    )
    open_ones = corrections.open_corrections(record_ids)
    return [
        RecordInput(pk, source, kind, corrections.applied(attributes, open_ones.get(pk, {})))
        for pk, source, kind, attributes in rows
    ]


def write_keys(record_ids: Collection[int], new: Sequence[corrections.NewRecord] = ()) -> None:
    """Replace the keys of records, in the caller's transaction; withdrawn records end without. 6 queries, 3 if all are new."""
    if not record_ids:
        return
    model = models_in_force.published()
    rows = [RecordInput(*record) for record in new]
    if known := set(record_ids).difference(record.id for record in new):
        rows += inputs(known)
        _forget_keys(known)
    table = encode(rows, model, models_in_force.blocked_values(schema.published()))
    with connection.cursor() as cursor, cursor.copy(COPY_KEYS) as copy:
        copy.write(packed(block_keys(table, model), table.record_id))


def _forget_keys(record_ids: Collection[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM matching_blockkey WHERE record_id = ANY(%s)", [list(record_ids)])


def after_store(record_ids: Collection[int], new: Sequence[corrections.NewRecord]) -> None:
    """What matching does with each stored chunk: keys, committed with it, and a resolve job behind it."""
    write_keys(record_ids, new)
    if len(record_ids) > len(new):
        _forget_withdrawn(record_ids)
    if record_ids:
        jobs.enqueue(kind="resolve", args={}, dedupe_key="resolve")


def _forget_withdrawn(record_ids: Collection[int]) -> None:
    """Customers whose records were withdrawn lose the values that came from them."""
    withdrawn = SourceRecord.objects.filter(id__in=record_ids, state=SourceRecord.State.WITHDRAWN)
    if gone := list(withdrawn.values_list("id", flat=True)):
        golden.rebuild(set(lock_homes(gone).values()))


@dataclass(frozen=True, slots=True)
class Found:
    """A pair that shares a key: record ids (left is of the batch), and the lowest rule that found it."""

    left: int
    right: int
    rule: int


def find_candidates(record_ids: Sequence[int], cap: int, *, resolved_after: int | None = None) -> list[Found]:
    """Live records that share a key with one of the given records; keys of more than `cap` records are left out.

    With `resolved_after`, only those resolved later than that sequence number. 1 query, which walks from key to key:
    joins of sets were planned as nested loops of minutes when the statistics were those of an emptier table.
    """
    later = "AND r.resolve_seq > %(after)s" if resolved_after is not None else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            WITH mine AS MATERIALIZED (
                SELECT key, array_agg(record_id) AS records, min(rule) AS rule
                FROM matching_blockkey WHERE record_id = ANY(%(ids)s) GROUP BY key
            ),
            holders AS MATERIALIZED (
                SELECT mine.records, mine.rule, b.record_id
                FROM mine CROSS JOIN LATERAL (
                    SELECT c.record_id, count(*) OVER () AS many
                    FROM (SELECT record_id FROM matching_blockkey WHERE key = mine.key LIMIT %(cap)s + 1) c
                ) b
                WHERE b.many <= %(cap)s
            )
            SELECT m.record_id, h.record_id, min(h.rule)
            FROM holders h
            CROSS JOIN LATERAL (
                SELECT FROM profiles_sourcerecord r
                WHERE r.id = h.record_id AND r.state IN ('received', 'resolved') {later} OFFSET 0
            ) live
            CROSS JOIN LATERAL unnest(h.records) AS m(record_id)
            WHERE h.record_id <> m.record_id
            GROUP BY m.record_id, h.record_id
            """,
            {"ids": list(record_ids), "cap": cap, "after": resolved_after},
        )
        return [Found(*row) for row in cursor.fetchall()]


def count_usage(keys: Collection[int], rules: Collection[int]) -> dict[int, int]:
    """How many profiles (unresolved records count as one each) hold each value key, counted up to 100. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT k.key, (
                SELECT count(DISTINCT coalesce(m.profile_id::text, b.record_id::text))
                FROM (SELECT record_id FROM matching_blockkey WHERE key = k.key AND rule = ANY(%s) LIMIT 100) b
                LEFT JOIN profiles_membership m ON m.record_id = b.record_id
            ) FROM unnest(%s::bigint[]) AS k(key)
            """,
            [list(rules), list(keys)],
        )
        return dict(cursor.fetchall())

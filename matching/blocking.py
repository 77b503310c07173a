"""Blocking keys in the database: written with the record, joined to find candidates, counted to know shared values."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from profiles import corrections, golden, jobs, schema
from profiles.bulk import array, copying
from profiles.models import SourceRecord

from . import models_in_force
from .engine.encode import encode
from .engine.keys import block_keys
from .engine.types import RecordInput
from .key_rows import COPY_KEYS, packed
from .locks import lock_homes
from .reading import inputs

COUNTED = 100  # holders of a value beyond which it does not matter how many there are


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
    with copying(COPY_KEYS) as copy:
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


CANDIDATES = """
WITH mine AS MATERIALIZED (
    SELECT key, array_agg(record_id) AS records, min(rule) AS rule, coalesce((%(caps)s::int[])[min(rule)], 0) AS cap
    FROM matching_blockkey WHERE record_id = ANY(%(ids)s::bigint[]) GROUP BY key
), holders AS MATERIALIZED (
    SELECT mine.records, mine.rule, b.record_id FROM mine CROSS JOIN LATERAL (
        SELECT c.record_id, count(*) OVER () AS many
        FROM (SELECT record_id FROM matching_blockkey WHERE key = mine.key LIMIT mine.cap + 1) c
    ) b WHERE b.many <= mine.cap
)
SELECT m.record_id, h.record_id, min(h.rule)
FROM holders h CROSS JOIN LATERAL (
    SELECT WHERE h.record_id = ANY(%(ids)s::bigint[])
        OR EXISTS (SELECT FROM profiles_membership p WHERE p.record_id = h.record_id) OFFSET 0
) known CROSS JOIN LATERAL unnest(h.records) AS m(record_id)
WHERE h.record_id <> m.record_id GROUP BY m.record_id, h.record_id
"""


def find_candidates(record_ids: Sequence[int], caps: Mapping[int, int]) -> list[Found]:
    """Records that share a key with one of the given: those of the batch, and those that have a customer.

    Keys of more records than the cap of their rule (`model.block_caps`), or of no rule of the model, are left out. Records
    of another batch wait for their own turn. 1 query, which walks from key to key: joins of sets were planned as nested
    loops of minutes when the statistics were those of an emptier table.
    """
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, {"ids": array(record_ids), "caps": _by_rule(caps)})
        return [Found(*row) for row in cursor.fetchall()]


def _by_rule(caps: Mapping[int, int]) -> str:
    """The caps as an array with the numbers of the rules as its subscripts."""
    return array(caps.get(number, 0) for number in range(1, max(caps, default=0) + 1))


def overtaken(record_ids: Collection[int], read_seq: int, caps: Mapping[int, int]) -> set[int]:
    """Those of the records that share a key with one that was resolved after `read_seq`. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT DISTINCT m.record_id
            FROM profiles_sourcerecord r JOIN matching_blockkey l ON l.record_id = r.id
            JOIN matching_blockkey m ON m.key = l.key AND m.record_id = ANY(%(ids)s::bigint[])
            CROSS JOIN LATERAL (SELECT coalesce((%(caps)s::int[])[l.rule], 0) AS cap) k
            WHERE r.resolve_seq > %(after)s AND l.record_id <> m.record_id AND (
                SELECT count(*) FROM (SELECT FROM matching_blockkey WHERE key = l.key LIMIT k.cap + 1) b
            ) <= k.cap
            """,
            {"ids": array(record_ids), "after": read_seq, "caps": _by_rule(caps)},
        )
        return {row[0] for row in cursor.fetchall()}


# who holds a value: customers, and of the records that wait those whose initials none of these customers' records have
USAGE = """
SELECT k.key, h.held + CASE
    WHEN h.many = 0 OR h.held + h.many <= %(enough)s THEN h.many
    ELSE (SELECT count(*) FROM (
        SELECT FROM unnest(h.ids, h.waits) AS w(id, waits) JOIN profiles_sourcerecord r ON r.id = w.id
        CROSS JOIN LATERAL (SELECT lower(left(r.attributes -> 'given_name' ->> 0, 1)) AS given,
            lower(left(r.attributes -> 'family_name' ->> 0, 1)) AS family,
            lower(r.attributes -> 'organisation_name' ->> 0) AS organisation) n
        GROUP BY coalesce(least(n.given, n.family) || greatest(n.given, n.family), n.organisation, r.id::text)
        HAVING bool_and(w.waits)) people)
END
FROM unnest(%(keys)s::bigint[]) AS k(key) CROSS JOIN LATERAL (
    SELECT count(DISTINCT m.profile_id) AS held, count(*) FILTER (WHERE m.profile_id IS NULL) AS many,
        array_agg(b.record_id) AS ids, array_agg(m.profile_id IS NULL) AS waits
    FROM (SELECT record_id FROM matching_blockkey WHERE key = k.key LIMIT %(counted)s) b
    LEFT JOIN profiles_membership m ON m.record_id = b.record_id
) h
"""


def count_usage(keys: Collection[int], enough: int = 0) -> dict[int, int]:
    """How many people hold each value key, counted up to 100: profiles, and who is told apart among records that wait.

    Many records of one person are one holder, whether or not one of them has a customer already. `enough`: up to so many it
    does not matter how many there are, and records need not be looked at. 1 query, none for no key.
    """
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(USAGE, {"keys": array(keys), "enough": enough, "counted": COUNTED})
        return dict(cursor.fetchall())

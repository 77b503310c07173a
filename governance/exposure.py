"""Who was exposed to an actor in a stretch of time: for a breach of an account, in seconds.

Each read names the customer ids that were shown. The people behind them are whoever holds now the records that an id held
at the moment of the read, through the membership ledger: a customer that was merged or split since is found as it is today.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from profiles.audit import EVENTS
from profiles.bulk import array
from profiles.models import AuditEvent
from profiles.schema import Schema

from . import audit_reading
from .spans import SLACK

MEMORY = "256MB"  # a million reads are put together in memory and not on disk
PEOPLE = """
WITH reads AS MATERIALIZED (
    SELECT e.id, e.at, e.action, who.profile FROM ({events}) e CROSS JOIN LATERAL unnest(e.subject_ids) AS who(profile)
), ids AS MATERIALIZED (
    SELECT DISTINCT profile FROM reads
), touched AS MATERIALIZED (
    SELECT DISTINCT m.record_id FROM profiles_recordmove m
    WHERE m.from_profile_id IN (SELECT profile FROM ids) OR m.to_profile_id IN (SELECT profile FROM ids)
), moves AS MATERIALIZED (
    SELECT m.record_id, o.created_at AS at, m.from_profile_id, m.to_profile_id,
        lead(o.created_at) OVER ledger AS following, row_number() OVER ledger AS n
    FROM profiles_recordmove m JOIN touched t USING (record_id) JOIN profiles_identityoperation o ON o.id = m.operation_id
    WINDOW ledger AS (PARTITION BY m.record_id ORDER BY o.created_at, m.id)
), held AS MATERIALIZED (
    SELECT record_id, from_profile_id AS profile, '-infinity'::timestamptz AS since, at + %s AS until
    FROM moves WHERE n = 1 AND from_profile_id IS NOT NULL
    UNION ALL
    SELECT record_id, to_profile_id, at, coalesce(following + %s, 'infinity') FROM moves WHERE to_profile_id IS NOT NULL
    UNION ALL
    SELECT m.record_id, m.profile_id, '-infinity', 'infinity' FROM profiles_membership m JOIN ids ON ids.profile = m.profile_id
    WHERE NOT EXISTS (SELECT FROM touched t WHERE t.record_id = m.record_id)
), moved AS MATERIALIZED (
    SELECT DISTINCT profile FROM held WHERE since > '-infinity' OR until < 'infinity'
), behind AS (
    SELECT r.action, r.profile AS person, r.at FROM reads r WHERE NOT EXISTS (SELECT FROM moved m WHERE m.profile = r.profile)
    UNION ALL
    SELECT action, person, at FROM (
        SELECT DISTINCT r.id, r.at, r.action, coalesce(m.profile_id, r.profile) AS person
        FROM reads r JOIN moved USING (profile)
        LEFT JOIN held h ON h.profile = r.profile AND r.at >= h.since AND r.at < h.until
        LEFT JOIN profiles_membership m ON m.record_id = h.record_id
    ) found
), kinds AS (
    SELECT person, action, count(*) AS times, min(at) AS first, max(at) AS last FROM behind GROUP BY person, action
)
SELECT person, sum(times)::bigint, min(first), max(last), array_agg(action ORDER BY action) FROM kinds
GROUP BY person ORDER BY 2 DESC, 1
"""
FIELDS = """
SELECT g.field, count(DISTINCT g.profile_id) FROM profiles_goldenvalue g
WHERE g.profile_id = ANY(%s::uuid[]) GROUP BY g.field
"""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A person of today whom the actor was shown: how often, from when to when, in which kinds of event."""

    person: UUID
    times: int
    first: datetime
    last: datetime
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of event, or of data, and how many of the people it concerns."""

    title: str
    people: int
    category: str = ""
    sensitivity: str = ""


def exposed_to(name: str, since: datetime | None, until: datetime | None) -> list[Exposed]:
    """Everybody an actor was shown, most often shown first. 3 queries, whatever their number.

    An id from which and to which no record ever moved stands for itself.
    """
    rows = AuditEvent.objects.filter(audit_reading.by_whom(name), action__in=audit_reading.reads())
    rows = rows.filter(at__gte=since) if since else rows
    rows = rows.filter(at__lt=until) if until else rows
    inner, params = rows.order_by().values("id", "at", "action", "subject_ids").query.sql_with_params()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{MEMORY}'")
        cursor.execute(PEOPLE.replace("{events}", inner), [*params, SLACK, SLACK])
        return [Exposed(*row[:4], tuple(row[4])) for row in cursor.fetchall()]


def by_event(found: Collection[Exposed]) -> list[Kind]:
    """In which kinds of event how many people were shown."""
    counts: dict[str, int] = {}
    for one in found:
        for action in one.actions:
            counts[action] = counts.get(action, 0) + 1
    return [Kind(EVENTS[action].title, n) for action, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))]


def by_data(found: Collection[Exposed], schema: Schema) -> list[Kind]:
    """Which kinds of data are kept of how many of them: what a page may have shown, most sensitive first. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(FIELDS, [array(one.person for one in found)])
        counts = dict(cursor.fetchall())
    kinds = [
        Kind(schema.label(key), n, *((spec.category, spec.sensitivity) if spec else ("free_text", "sensitive")))
        for key, n in counts.items()
        for spec in [schema.fields.get(key)]
    ]
    order = ("sensitive", "personal", "internal", "public")
    return sorted(kinds, key=lambda kind: (order.index(kind.sensitivity), -kind.people, kind.title))

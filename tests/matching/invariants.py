"""What must hold of identity at every commit, read from the database as it is. Each check yields sentences about what
is broken; `broken()` collects them. Independent of the code under test but for the pure survivorship function."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from uuid import UUID

from django.db import connection

from profiles import golden, schema
from profiles.models import GoldenValue, Membership, Profile, RecordMove, SearchEntry, SourceRecord
from profiles.sensitive import clear_fields
from profiles.survivorship import Rule, rank_values

Check = Callable[[], Iterator[str]]

# name of the invariant → a query that must find nothing
QUERIES = {
    "a resolved record has a membership": """
        SELECT r.id FROM profiles_sourcerecord r LEFT JOIN profiles_membership m ON m.record_id = r.id
        WHERE r.state = 'resolved' AND m.record_id IS NULL""",
    "a record has at most one membership": """
        SELECT record_id FROM profiles_membership GROUP BY record_id HAVING count(*) > 1""",
    "members are on active profiles only": """
        SELECT m.record_id FROM profiles_membership m LEFT JOIN profiles_profile p ON p.id = m.profile_id
        WHERE p.state IS DISTINCT FROM 'active'""",
    "a merged profile has an active canonical": """
        SELECT p.id FROM profiles_profile p LEFT JOIN profiles_profile c ON c.id = p.canonical_id
        WHERE p.state = 'merged' AND (c.state IS DISTINCT FROM 'active' OR p.merged_into_id IS NULL)""",
    "only a merged profile has a canonical and a hop": """
        SELECT id FROM profiles_profile
        WHERE state = 'active' AND (canonical_id IS NOT NULL OR merged_into_id IS NOT NULL)""",
    "hops lead to an active profile": """
        WITH RECURSIVE hop(start, at, state, n) AS (
            SELECT id, id, state::text, 0 FROM profiles_profile WHERE state = 'merged'
            UNION ALL
            SELECT h.start, p.id, p.state::text, h.n + 1
            FROM hop h JOIN profiles_profile q ON q.id = h.at JOIN profiles_profile p ON p.id = q.merged_into_id
            WHERE h.state = 'merged' AND h.n < 100
        )
        SELECT start FROM hop GROUP BY start HAVING NOT bool_or(state = 'active')""",
    "an active profile has records": """
        SELECT p.id FROM profiles_profile p WHERE p.state = 'active'
        AND NOT EXISTS (SELECT 1 FROM profiles_membership m WHERE m.profile_id = p.id)""",
    "record counts are right": """
        SELECT p.id FROM profiles_profile p
        LEFT JOIN profiles_membership m ON m.profile_id = p.id LEFT JOIN profiles_sourcerecord r ON r.id = m.record_id
        GROUP BY p.id, p.record_count HAVING count(r.id) FILTER (WHERE r.state = 'received') = 0
        AND p.record_count <> count(r.id) FILTER (WHERE r.state = 'resolved')""",
    "sources of a profile are those of its records": """
        SELECT p.id FROM profiles_profile p
        JOIN profiles_membership m ON m.profile_id = p.id JOIN profiles_sourcerecord r ON r.id = m.record_id
        GROUP BY p.id, p.source_ids HAVING count(*) FILTER (WHERE r.state = 'received') = 0
        AND p.source_ids <> coalesce(array_agg(DISTINCT r.source_id ORDER BY r.source_id)
        FILTER (WHERE r.state = 'resolved'), array_agg(DISTINCT r.source_id ORDER BY r.source_id))""",
    "a cannot-link is never broken": """
        SELECT c.id FROM matching_cannotlink c
        JOIN matching_cannotlinkrecord a ON a.cannot_link_id = c.id AND a.side = 0
        JOIN matching_cannotlinkrecord b ON b.cannot_link_id = c.id AND b.side = 1
        JOIN profiles_membership ma ON ma.record_id = a.record_id
        JOIN profiles_membership mb ON mb.record_id = b.record_id AND mb.profile_id = ma.profile_id
        WHERE c.revoked_at IS NULL""",
    "no job changes a verified link": """
        SELECT m.id FROM profiles_recordmove m JOIN profiles_identityoperation o ON o.id = m.operation_id
        WHERE m.class_before = 'verified' AND (o.actor_id IS NULL OR o.run_id IS NOT NULL)""",
    "an open proposal has active ends": """
        SELECT q.id FROM matching_proposal q JOIN profiles_profile p ON p.id IN (q.left_id, q.right_id)
        WHERE q.state = 'open' AND p.state <> 'active'""",
    "there is one open proposal per pair": """
        SELECT least(left_id, right_id) FROM matching_proposal WHERE state = 'open' AND kind = 'merge'
        GROUP BY least(left_id, right_id), greatest(left_id, right_id) HAVING count(*) > 1""",
    "the records of an open proposal are with its customers": """
        SELECT q.id FROM matching_proposal q
        LEFT JOIN profiles_membership l ON l.record_id = q.left_record_id
        LEFT JOIN profiles_membership r ON r.record_id = q.right_record_id
        WHERE q.state = 'open' AND (l.profile_id IS DISTINCT FROM q.left_id OR r.profile_id IS DISTINCT FROM q.right_id)""",
    "open proposals and open work items belong together": """
        SELECT q.id::text FROM matching_proposal q LEFT JOIN profiles_workitem w ON w.id = q.work_item_id
        WHERE (q.state = 'open') <> coalesce(w.state = 'open', false)
        UNION ALL SELECT 'item ' || w.id FROM profiles_workitem w LEFT JOIN matching_proposal q ON q.work_item_id = w.id
        WHERE w.kind IN ('proposal', 'split') AND w.state = 'open' AND q.id IS NULL""",
    "counters of an import add up": """
        SELECT b.id FROM profiles_batch b WHERE received <> accepted + unchanged + superseded + quarantined + suppressed
        OR created > accepted OR quarantined <> (SELECT count(*) FROM profiles_quarantinedrow q WHERE q.batch_id = b.id)""",
    "each record was created once": """
        SELECT b.source_id FROM profiles_batch b GROUP BY b.source_id
        HAVING sum(b.created) <> (SELECT count(*) FROM profiles_sourcerecord r WHERE r.source_id = b.source_id)""",
    "no two records are one of the same source": """
        SELECT source_id, external_id FROM profiles_sourcerecord GROUP BY 1, 2 HAVING count(*) > 1""",
    "withdrawn records have no keys": """
        SELECT DISTINCT k.record_id FROM matching_blockkey k LEFT JOIN profiles_sourcerecord r ON r.id = k.record_id
        WHERE r.state IS NULL OR r.state NOT IN ('received', 'resolved')""",
    "each operation has its audit row": """
        SELECT o.id FROM profiles_identityoperation o WHERE (SELECT count(*) FROM profiles_auditevent a
        WHERE a.object_id = o.id::text AND a.action LIKE 'identity.%%') <> 1""",
    "each decision has its audit row": """
        SELECT d.id FROM matching_decision d WHERE d.voids_id IS NULL AND NOT EXISTS (SELECT 1 FROM profiles_auditevent a
        WHERE a.action IN ('proposal.decided', 'pair.decided') AND a.subject_ids @> ARRAY[d.left_id])""",
    "each correction and each revocation has its audit row": """
        SELECT c.id FROM profiles_correction c WHERE NOT EXISTS (SELECT 1 FROM profiles_auditevent a
        WHERE a.action = 'record.corrected' AND a.object_id = c.id::text)
        UNION ALL SELECT c.id FROM matching_cannotlink c WHERE c.revoked_at IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM profiles_auditevent a WHERE a.action = 'cannot_link.revoked' AND a.object_id = c.id::text)""",
}

# what the database itself refuses, whoever writes: constraints and triggers hold it without any lock of the application
GUARDED = frozenset(
    {
        "a record has at most one membership",
        "members are on active profiles only",
        "a merged profile has an active canonical",
        "only a merged profile has a canonical and a hop",
        "there is one open proposal per pair",
        "counters of an import add up",
        "no two records are one of the same source",
        "the ledger replays",
    }
)


def broken() -> list[str]:
    """Every invariant that does not hold now, with what breaks it. About 35 queries on the whole database."""
    found = [f"{name}: {rows}" for name, rows in _by_query()]
    for check in (ledger_replays, golden_is_fresh):
        found += check()
    return found


def _by_query() -> Iterator[tuple[str, list[str]]]:
    with connection.cursor() as cursor:
        for name, sql in QUERIES.items():
            cursor.execute(sql, [])
            if rows := cursor.fetchmany(5):
                yield name, [" ".join(map(str, row)) for row in rows]


def ledger_replays() -> Iterator[str]:
    """Replaying the moves of every record leads to its present profile, class, rule or model; who never moved founded its own."""
    path: dict[int, list[RecordMove]] = defaultdict(list)
    for move in RecordMove.objects.order_by("id"):
        path[move.record_id].append(move)
    for m in Membership.objects.all():
        moves = path.pop(m.record_id, [])
        if not moves and (m.link_class != "system" or m.operation_id or m.linked_by):
            yield f"the ledger replays: record {m.record_id} never moved but is {m.link_class}"
        for before, after in zip(moves, moves[1:], strict=False):
            if _where_to(before) != (after.from_profile_id, after.class_before, after.linked_before):
                yield f"the ledger replays: move {after.id} does not go on from move {before.id}"
        last = (*_where_to(moves[-1]), moves[-1].operation_id) if moves else None
        if last and last != (m.profile_id, m.link_class, m.linked_by, m.operation_id):
            yield f"the ledger replays: record {m.record_id} is not where its last move put it"
    if path:
        yield f"the ledger replays: records {sorted(path)} moved but are nowhere"


def _where_to(move: RecordMove) -> tuple[UUID | None, str, str]:
    return move.to_profile_id, move.class_after, move.linked_after


def golden_is_fresh() -> Iterator[str]:
    """Stored golden values and search entries equal those computed now. Customers with a record that waits to be
    resolved are left aside: theirs follow when it is."""
    waiting = Membership.objects.filter(record__state=SourceRecord.State.RECEIVED).values("profile_id")
    settled = set(Profile.objects.exclude(id__in=waiting).values_list("id", flat=True))
    version = schema.published()
    rules = {spec.key: Rule(spec.survivorship, spec.group) for spec in version.fields.values()}
    members = golden.members_of(settled, version)
    values, texts = _stored_values(), _stored_texts()
    clear, numbers = clear_fields(version), golden.sealed_numbers(version)
    for profile_id in settled:
        ranked = rank_values(members.get(profile_id, []), rules)
        wanted = {
            (c.field, c.rank, c.value, c.record_id, c.source_ids, c.record_ids, c.rule, c.observed_at) for c in ranked
        }
        if values.get(profile_id, set()) != wanted:
            yield f"golden values are fresh: {profile_id}"
        if texts.get(profile_id, set()) != set(golden.search_texts(ranked, clear, numbers)):
            yield f"search entries are fresh: {profile_id}"


def _stored_values() -> dict[UUID, set[tuple]]:
    found = defaultdict(set)
    columns = ("field", "rank", "value", "record_id", "source_ids", "record_ids", "rule", "observed_at")
    for value in GoldenValue.objects.all():  # rows that are read open what is sealed of them
        row = (getattr(value, column) for column in columns)
        found[value.profile_id].add(tuple(tuple(cell) if isinstance(cell, list) else cell for cell in row))
    return found


def _stored_texts() -> dict[UUID, set[tuple]]:
    found = defaultdict(set)
    for profile_id, kind, text, sources in SearchEntry.objects.values_list("profile_id", "kind", "text", "source_ids"):
        found[profile_id].add((kind, text, tuple(sources)))
    return found

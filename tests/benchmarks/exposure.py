"""`run.py bench exposure`: who was exposed to one account, among a million read events of it and half a million customers."""

import os
import sys
import time

import django

EVENTS, CUSTOMERS, WANTED = 1_000_000, 500_000, 10.0  # seconds

SET_UP = (
    "INSERT INTO profiles_source (key, name, owner, trust, region, import_mode, id_column, version_column, date_format, delimiter,"
    " encoding, default_party_kind, unique_fields, is_active, created_at)"
    " VALUES ('b', 'b', 'b', 50, 'GB', 'delta', 'id', '', '', '', 'utf-8', 'person', '{{}}', true, now())",
    "INSERT INTO profiles_batch (source_id, file_name, file_hash, file_size, stored_file, import_mode, state, message, next_line,"
    " received, accepted, created, unchanged, superseded, quarantined, suppressed, withdrawn, created_at)"
    " SELECT id, 'b', 'b', 0, '', 'delta', 'done', '', 1, 0, 0, 0, 0, 0, 0, 0, 0, now() FROM profiles_source",
    "CREATE TEMP TABLE people AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, {customers}) n",
)


def main(argv: list[str]) -> int:
    events, customers = (int(argv[0]) if argv else EVENTS), (int(argv[1]) if argv[1:] else CUSTOMERS)
    from django.db import connection

    from governance import exposure
    from tests.benchmarks._table import machine

    with connection.cursor() as cursor:
        _fill(cursor, events, customers)
    began = time.perf_counter()
    found = exposure.exposed_to("mallory", None, None)
    took = time.perf_counter() - began
    kinds = exposure.by_event(found)
    print(
        f"{machine()}; {events:,} read events of one account, {customers:,} customers, a tenth of them merged since.\n"
    )
    print(f"{len(found):,} people exposed, {len(kinds)} kinds of event: {took:.1f} s (wanted: under {WANTED:.0f})")
    return 0 if took < WANTED else 1


def _fill(cursor: object, events: int, customers: int) -> None:
    """Customers of one record each; every tenth was merged into the one before it."""
    for statement in SET_UP:
        cursor.execute(statement.format(customers=customers))
    for statement in FILL:
        cursor.execute(statement.format(customers=customers, events=events))
    cursor.execute("ANALYZE")


FILL = (
    "INSERT INTO profiles_profile (id, state, party_kind, version, source_ids, record_count, created_at, updated_at, canonical_id,"
    " merged_into_id) SELECT id, 'active', 'person', 1, '{{1}}', 1, now(), now(), NULL, NULL FROM people",
    "INSERT INTO profiles_sourcerecord (id, source_id, external_id, state, party_kind, payload, payload_hash, attributes,"
    " problems, source_version, schema_version, revision, batch_id, line, created_at, updated_at)"
    " SELECT n, (SELECT id FROM profiles_source), n::text, 'resolved', 'person', '', '', '{{}}', '[]', '', 1, 1,"
    " (SELECT id FROM profiles_batch), n, now(), now() FROM people",
    "CREATE TEMP TABLE merged AS SELECT p.n, p.id, o.id AS into_id, gen_random_uuid() AS operation FROM people p"
    " JOIN people o ON o.n = p.n - 1 WHERE p.n % 10 = 0",
    "INSERT INTO profiles_identityoperation (id, kind, profile_id, reason, model_label, expected_versions, evidence, redirects,"
    " created_at) SELECT operation, 'merge', into_id, '', '', '{{}}', '{{}}', '[]', now() FROM merged",
    "INSERT INTO profiles_recordmove (operation_id, record_id, from_profile_id, to_profile_id, class_before, class_after,"
    " linked_before, linked_after) SELECT operation, n, id, into_id, 'system', 'verified', '', '' FROM merged",
    "INSERT INTO profiles_membership (record_id, profile_id, link_class, linked_by, operation_id, since)"
    " SELECT p.n, coalesce(m.into_id, p.id), CASE WHEN m.n IS NULL THEN 'system' ELSE 'verified' END, '', m.operation, now()"
    " FROM people p LEFT JOIN merged m USING (n)",
    "INSERT INTO profiles_auditevent (at, actor_id, actor_name, request_id, action, object_type, object_id, subject_ids, detail,"
    " outcome) SELECT now() - interval '1 day' * random(), NULL, 'mallory', '', 'customer.read', 'profiles.Profile', '',"
    " ARRAY[p.id], '{{}}', 'done' FROM generate_series(1, {events}) e JOIN people p ON p.n = 1 + e % {customers}",
)

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))

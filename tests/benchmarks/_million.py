"""A database of many customers: the demo's files through the real import, each record placed with its true owner.

Resolving is left out (it has its own benchmark): profiles, memberships and one operation per joined customer are written in
bulk from the truth, and golden values and search entries are then built from them by the product's own code. Some records,
chosen by chance, can be held back: they stay received.
"""

import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db import connection, transaction

from profiles import golden

from . import _demo

CHUNK = 2_000
PLACE = """
CREATE TABLE truth (source text, external_id text, entity text);
CREATE TABLE held AS SELECT id FROM profiles_sourcerecord ORDER BY md5(id::text) LIMIT {held};
CREATE TABLE placed AS
    SELECT r.id AS record_id, t.entity, r.party_kind, row_number() OVER (PARTITION BY t.entity ORDER BY r.id) AS n
    FROM truth t JOIN profiles_source s ON s.key = t.source
    JOIN profiles_sourcerecord r ON r.source_id = s.id AND r.external_id = t.external_id
    WHERE NOT EXISTS (SELECT FROM held h WHERE h.id = r.id);
CREATE TABLE owner AS
    SELECT entity, uuidv7() AS profile_id, uuidv7() AS operation_id, min(party_kind) AS party_kind, count(*) AS records
    FROM placed GROUP BY entity;
INSERT INTO profiles_profile (id, state, party_kind, version, source_ids, record_count, created_at, updated_at)
    SELECT profile_id, 'active', party_kind, 1, '{}', records, now(), now() FROM owner;
INSERT INTO profiles_identityoperation
    (id, kind, profile_id, reason, model_label, expected_versions, evidence, redirects, created_at)
    SELECT operation_id, 'join', profile_id, '', 'benchmark', '{}', '{}', '{}', now() FROM owner WHERE records > 1;
INSERT INTO profiles_recordmove
    (operation_id, record_id, from_profile_id, to_profile_id, class_before, class_after, linked_before, linked_after)
    SELECT operation_id, record_id, NULL, profile_id, '', 'model', '', '' FROM placed JOIN owner USING (entity) WHERE n > 1;
INSERT INTO profiles_membership (record_id, profile_id, link_class, linked_by, operation_id, since)
    SELECT record_id, profile_id, CASE WHEN n = 1 THEN 'system' ELSE 'model' END, '',
           CASE WHEN n > 1 THEN operation_id END, now()
    FROM placed JOIN owner USING (entity);
UPDATE profiles_sourcerecord SET state = 'resolved', resolve_seq = 1 WHERE id IN (SELECT record_id FROM placed);
"""


def fill(records: int, held: int = 0) -> dict[str, float]:
    """Import about that many records and place all but some; seconds per stage."""
    took: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        out = Path(folder)
        with _timed(took, "files written"):
            _demo.write(out, records)
        with _timed(took, "imported"):
            _demo.receive(out)
        with _timed(took, "placed"):
            _place(out / "truth.csv", held)
    with _timed(took, "golden values and search entries built"):
        for ids in _chunks():
            with transaction.atomic():
                golden.rebuild(ids)
    with _timed(took, "vacuumed"), connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return took


def _place(truth: Path, held: int) -> None:
    create, *rest = PLACE.replace("{held}", str(held)).strip().split(";\n")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(create)
        with truth.open("rb") as file, cursor.copy("COPY truth FROM STDIN (FORMAT csv, HEADER)") as copy:
            while piece := file.read(1 << 20):
                copy.write(piece)
        for statement in rest:
            cursor.execute(statement.rstrip(";"))


def _chunks() -> Iterator[list[UUID]]:
    """Ids of all profiles, by the thousand."""
    last = UUID(int=0)
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM profiles_profile WHERE id > %s ORDER BY id LIMIT %s", [last, CHUNK])
            ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return
        yield ids
        last = ids[-1]


class _timed:
    def __init__(self, took: dict[str, float], stage: str) -> None:
        self.took, self.stage = took, stage

    def __enter__(self) -> None:
        self.start = time.perf_counter()

    def __exit__(self, *error: object) -> None:
        self.took[self.stage] = time.perf_counter() - self.start

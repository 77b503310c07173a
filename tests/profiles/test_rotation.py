"""Keys are replaced while others write: everything is wrapped anew, nothing is lost, and the old key can be taken out."""

import io
import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.utils import timezone

from profiles import imports, keyring, payloads, rotation, uploads
from profiles.encryption import WrongKey, key_version
from profiles.models import AuditEvent, QuarantinedRow, RecordVersion, SourceRecord
from tests.cast import Cast, send, send_bytes

OLD, NEW, OTHER = keyring.new_key(1), keyring.new_key(2), keyring.new_key(2)
ROWS = 60


def rows(word: str, count: int = ROWS) -> list[dict[str, str]]:
    return [{"id": str(n), "name": f"Ada {word} {n}", "zip": str(n)} for n in range(count)]


def rotate(*arguments: str) -> str:
    said = io.StringIO()
    call_command("rotate_keys", *arguments, stdout=said)
    return said.getvalue()


def columns() -> list[tuple[bytes, object]]:
    """Every stored payload with where it was sealed for."""
    return [
        *((bytes(r.payload), payloads.place_of(r.pk)) for r in SourceRecord.objects.all()),
        *((bytes(r.payload), payloads.place_of(r.record_id)) for r in RecordVersion.objects.all()),
        *((bytes(r.payload), payloads.place_set_aside(r.pk)) for r in QuarantinedRow.objects.all()),
    ]


@pytest.fixture(autouse=True)
def _own_files(settings: object, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path  # files of other tests lie under other keys


def test_everything_is_wrapped_anew_under_traffic_and_the_old_key_can_go(
    fresh_database: Callable[[], None], settings: object
) -> None:
    settings.ENCRYPTION_KEYS = OLD
    cast = Cast()
    send(cast.shop, *rows("Byron"), resolve=False)
    send_bytes(cast.shop, b'{"name": "no id"}', name="bad.jsonl", resolve=False)
    plain = [(row.pk, row.cells()) for row in SourceRecord.objects.order_by("id")[:5]]
    for pk, cells in plain:  # from before there was encryption
        SourceRecord.objects.filter(pk=pk).update(payload=json.dumps(cells).encode())
    waiting, _ = imports.receive_file(source=cast.crm, name="w.jsonl", content=io.BytesIO(b'{"id": "1"}'), by=None)

    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    assert "not sealed yet: 5 values" in rotate("--check")
    failures: list[BaseException] = []
    stop = threading.Event()

    def write() -> None:
        try:
            for n in range(200):
                if stop.is_set():
                    return
                send(cast.shop, *rows(f"Lovelace {n}"), name=f"{n}.jsonl", resolve=False)
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        said = rotate("--batch", "7")
    finally:
        stop.set()
        writer.join(60)
    assert not failures
    assert "profiles_sourcerecord.payload:" in said
    assert "version 1: 0 values and files (can be taken out)" in said
    stored = columns()
    assert len(stored) > 2 * ROWS
    assert {key_version(value) for value, _ in stored} == {2}

    settings.ENCRYPTION_KEYS = NEW
    assert all(payloads.unpack(value, place=place) for value, place in stored)

    imports.jobs.run(waiting.job_id)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.received) == ("done", 1)
    event = AuditEvent.objects.get(action="keys.rotated")
    assert event.detail["version"] == 2
    assert event.detail["values"] >= ROWS + 2


@pytest.mark.django_db
def test_a_rotation_that_was_stopped_goes_on_and_rows_that_others_hold_come_later(settings: object) -> None:
    settings.ENCRYPTION_KEYS = OLD
    cast = Cast()
    send(cast.shop, *rows("Byron", 10), resolve=False)
    settings.ENCRYPTION_KEYS = f"{NEW},{OLD}"
    steps = rotation.rotate(batch=4)
    assert next(steps) == ("profiles_sourcerecord.payload", 4)
    steps.close()
    assert rotation.versions_in_use() == {1: 6, 2: 4}
    assert dict(rotation.rotate(batch=100)) == {"profiles_sourcerecord.payload": 6}
    assert list(rotation.rotate()) == []


@pytest.mark.django_db
def test_a_wrong_key_stops_a_rotation_and_changes_nothing(settings: object) -> None:
    settings.ENCRYPTION_KEYS = OLD
    cast = Cast()
    send(cast.shop, *rows("Byron", 3), resolve=False)
    before = columns()
    settings.ENCRYPTION_KEYS = f"{NEW},{keyring.new_key(1)}"
    with pytest.raises(CommandError, match="not the key"):
        rotate()
    assert columns() == before
    with pytest.raises(WrongKey):
        SourceRecord.objects.first().cells()


def test_every_column_of_sealed_values_is_found_and_no_hash_is_taken_for_one(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name || '.' || column_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'public' AND data_type = 'bytea'"
        )
        there = dict(cursor.fetchall())
    found = {column.name for column in rotation.columns()}
    assert found == {name for name, column in there.items() if column not in rotation.NEVER_SEALED}
    assert set(rotation.SEALED) <= found
    assert {"profiles_sourcerecord.payload_hash", "governance_auditseal.root"} & found == set()


def test_uploads_are_sealed_and_gone_when_their_import_closes_or_after_seven_days(db: None, settings: object) -> None:
    cast = Cast()
    batch, _ = imports.receive_file(
        source=cast.shop, name="a.csv", content=io.BytesIO(b"id,name\n1,Canary Quux\n"), by=None
    )
    path = Path(batch.stored_file)
    assert b"Canary" not in path.read_bytes()
    assert (batch.file_size, path.stat().st_mode & 0o777) == (22, 0o600)
    old, _ = imports.receive_file(source=cast.crm, name="b.csv", content=io.BytesIO(b"id,name\n1,Bo\n"), by=None)
    left = Path(old.stored_file)
    week_ago = timezone.now().timestamp() - 7 * 86_400 - 60
    os.utime(left, (week_ago, week_ago))
    assert uploads.remove_old(timezone.now()) >= 1
    assert (path.exists(), left.exists()) == (True, False)
    for waiting in (batch, old):
        imports.jobs.run(waiting.job_id)
        waiting.refresh_from_db()
    assert (batch.state, old.state, path.exists()) == ("done", "failed", False)
    assert "send it again" in old.message

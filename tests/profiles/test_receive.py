"""Receiving files: nothing is lost or doubled, what cannot be read is set aside with line, field and reason."""

from pathlib import Path

import pytest

from profiles import imports, jobs
from profiles.models import Batch, Job, QuarantinedRow, SourceRecord
from tests.cast import Cast, profile_of, record, send, send_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def test_every_row_is_accounted_for(cast: Cast) -> None:
    content = b'{"id":"1","name":"Ada Byron"}\nnot json\n{"name":"no id"}\n{"id":"1","name":"Ada King"}\n[1]\n'
    batch = send_bytes(cast.shop, content, name="a.jsonl")
    assert (batch.received, batch.accepted, batch.superseded, batch.quarantined) == (5, 1, 1, 3)
    assert batch.state == Batch.State.DONE
    rows = {row.line: row.code for row in batch.quarantine.all()}
    assert rows == {2: "broken_json", 3: "missing_id", 5: "not_an_object"}


def test_a_csv_line_with_a_wrong_number_of_cells_is_set_aside_with_its_line(cast: Cast) -> None:
    batch = send_bytes(cast.shop, b"id,name,mail\n1,Ada,a@example.com\n2,Bob\n3,Cy,c@example.com\n", name="a.csv")
    assert (batch.accepted, batch.quarantined) == (2, 1)
    row = batch.quarantine.get()
    assert (row.line, row.code) == (3, "column_count")


def test_the_same_file_is_a_no_op(cast: Cast) -> None:
    first = send(cast.shop, {"id": "1", "name": "Ada Byron"})
    assert send(cast.shop, {"id": "1", "name": "Ada Byron"}).id == first.id


def test_a_changed_record_keeps_its_old_state(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    send(cast.shop, {"id": "1", "name": "Ada Lovelace"}, name="b.jsonl")
    changed = record(cast.shop, "1")
    assert changed.attributes["family_name"] == ["Lovelace"]
    assert changed.versions.get().attributes["family_name"] == ["Byron"]


def test_an_unchanged_record_is_counted_and_left(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    batch = send(cast.shop, {"id": "1", "name": "Ada Byron"}, {"id": "2", "name": "Cy Day"}, name="b.jsonl")
    assert (batch.unchanged, batch.accepted) == (1, 1)


def test_an_older_version_never_overwrites_a_newer(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada New", "v": "10"})
    batch = send(cast.shop, {"id": "1", "name": "Ada Old", "v": "9"}, name="b.jsonl")
    assert batch.superseded == 1
    assert record(cast.shop, "1").attributes["family_name"] == ["New"]


def test_an_older_version_does_not_win_within_a_file_either(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": "1", "name": "Ada New", "v": "10"}, {"id": "1", "name": "Ada Old", "v": "9"}]
    assert send(cast.shop, *rows).superseded == 1
    monkeypatch.setattr(imports, "CHUNK", 1)
    assert send(cast.crm, *rows, name="b.jsonl").superseded == 1
    assert (
        record(cast.shop, "1").attributes["family_name"] == record(cast.crm, "1").attributes["family_name"] == ["New"]
    )


def test_a_snapshot_withdraws_what_it_does_not_hold(cast: Cast) -> None:
    cast.shop.import_mode = "snapshot"
    cast.shop.save()
    send(cast.shop, {"id": "1", "name": "Ada Byron"}, {"id": "2", "name": "Cy Day"})
    batch = send(cast.shop, {"id": "1", "name": "Ada Byron"}, {"id": "3", "name": "Eve Fox"}, name="b.jsonl")
    assert batch.withdrawn == 1
    assert record(cast.shop, "2").state == SourceRecord.State.WITHDRAWN
    assert not profile_of(cast.shop, "2").golden_values.exists()


def test_a_set_aside_row_can_be_mended_and_replayed(cast: Cast) -> None:
    batch = send(cast.shop, {"name": "Ada Byron"})
    row = batch.quarantine.get()
    again = imports.replay(batch=batch, mended={row.id: {"id": "7", "name": "Ada Byron"}}, by=cast.ada)
    row.refresh_from_db()
    assert (again.accepted, row.state) == (1, QuarantinedRow.State.REPLAYED)
    with pytest.raises(imports.ImportNotAllowed):
        imports.replay(batch=batch, mended={row.id: {"id": "7"}}, by=cast.ada)


def test_a_whole_import_can_be_undone(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    batch = send(cast.shop, {"id": "1", "name": "Ada King"}, {"id": "2", "name": "Cy Day"}, name="b.jsonl")
    counts = imports.undo_counts(batch)
    assert (counts.withdrawn, counts.restored, counts.kept) == (1, 1, 0)
    undo(batch, cast)
    assert record(cast.shop, "1").attributes["family_name"] == ["Byron"]
    assert record(cast.shop, "2").state == SourceRecord.State.WITHDRAWN


def undo(batch: Batch, cast: Cast) -> None:
    imports.undo_import(batch=batch, by=cast.ada)
    jobs.run(Job.objects.get(kind="undo_import", args={"batch": batch.id}).id)


def test_an_undo_does_not_bring_back_what_an_import_undone_before_it_said(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"}, name="1.jsonl")
    second = send(cast.shop, {"id": "1", "name": "Ada Wrong"}, {"id": "2", "name": "Carl Wrong"}, name="2.jsonl")
    third = send(cast.shop, {"id": "1", "name": "Ada Lovelace"}, {"id": "2", "name": "Carl Gauss"}, name="3.jsonl")
    undo(second, cast)
    assert record(cast.shop, "1").attributes["family_name"] == ["Lovelace"]
    counts = imports.undo_counts(third)
    assert (counts.withdrawn, counts.restored) == (1, 1)
    undo(third, cast)
    assert record(cast.shop, "1").attributes["family_name"] == ["Byron"]
    assert record(cast.shop, "2").state == "withdrawn"


def test_the_same_file_can_be_imported_again_after_an_undo(cast: Cast) -> None:
    rows = [{"id": "1", "name": "Ada Byron"}, {"id": "2", "name": "Cy Day"}]
    first = send(cast.shop, *rows)
    undo(first, cast)
    again = send(cast.shop, *rows)
    assert (again.id != first.id, again.accepted, again.unchanged) == (True, 2, 0)
    assert record(cast.shop, "1").state == SourceRecord.State.RESOLVED
    undo(again, cast)
    assert record(cast.shop, "1").state == SourceRecord.State.WITHDRAWN


def test_a_file_that_is_refused_stores_nothing_says_why_and_is_not_kept(cast: Cast) -> None:
    batch = send_bytes(cast.shop, b"key,name\n1,Ada\n", name="a.csv")
    assert (batch.state, batch.received) == (Batch.State.FAILED, 0)
    assert "no column “id”" in batch.message
    assert Job.objects.get(id=batch.job_id).message == batch.message
    assert not Path(batch.stored_file).exists()
    mended = send_bytes(cast.shop, b"id,name\n1,Ada\n", name="a.csv")
    assert (mended.state, mended.rows_total) == (Batch.State.DONE, 1)


def test_a_snapshot_of_which_no_row_can_be_read_withdraws_nothing(cast: Cast) -> None:
    cast.shop.import_mode = "snapshot"
    cast.shop.save()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    batch = send_bytes(cast.shop, b"id,name\n", name="b.csv")
    assert (batch.state, batch.message) == (
        Batch.State.FAILED,
        "No row of this snapshot can be read; nothing was withdrawn.",
    )
    assert record(cast.shop, "1").state == SourceRecord.State.RESOLVED


def test_a_snapshot_keeps_what_a_row_set_aside_names(cast: Cast) -> None:
    cast.shop.import_mode = "snapshot"
    cast.shop.save()
    send(cast.shop, {"id": "1", "name": "Ada Byron"}, {"id": "2", "name": "Cy Day"}, {"id": "3", "name": "Eve Fox"})
    batch = send_bytes(cast.shop, b"id,name\n1,Ada,x\n2,Cy Day\n", name="b.csv")
    assert (batch.quarantined, batch.withdrawn) == (1, 1)
    assert record(cast.shop, "1").state == SourceRecord.State.RESOLVED
    assert record(cast.shop, "3").state == SourceRecord.State.WITHDRAWN


def test_what_cannot_be_stored_is_set_aside_readable_and_can_be_mended(cast: Cast) -> None:
    batch = send_bytes(cast.shop, b"id,name\n1,Ad\xff,\x00\n", name="a.csv")
    row = batch.quarantine.get()
    cells = imports.quarantined_cells(row)
    assert (row.code, cells) == ("column_count", {"id": "1", "name": "Ad\ufffd", "column 3": "\ufffd"})
    again = imports.replay(batch=batch, mended={row.id: {"id": "1", "name": "Ada Byron"}}, by=cast.ada)
    assert again.accepted == 1


def test_an_interrupted_import_goes_on_where_it_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imports, "CHUNK", 2)
    rows = "\n".join(f'{{"id":"{n}","name":"Person Number{n}"}}' for n in range(7)).encode()
    store, calls = imports._store_chunk, []

    def dies_at_the_third(*args: object) -> None:
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("killed")
        store(*args)

    monkeypatch.setattr(imports, "_store_chunk", dies_at_the_third)
    batch = send_bytes(cast.shop, rows, name="a.jsonl")
    assert (batch.received, batch.state) == (4, Batch.State.RUNNING)
    jobs.run(batch.job_id)
    batch.refresh_from_db()
    assert (batch.received, batch.accepted, batch.state) == (7, 7, Batch.State.DONE)


def test_bad_bytes_are_set_aside(cast: Cast) -> None:
    batch = send_bytes(cast.shop, b"id,name\n1,Ad\xffa\n2,Cy\x00Day\n3,Eve Fox\n", name="a.csv")
    assert {row.line: row.code for row in batch.quarantine.all()} == {2: "encoding", 3: "nul_character"}
    assert batch.accepted == 1

"""Which of two imports of a record wins, whatever the order in which their workers get to it."""

import io
from collections.abc import Callable

import psycopg
import pytest

from profiles import corrections, imports, jobs
from profiles.models import Batch
from tests.cast import Cast, record, send
from tests.databases import TestDatabase


def receive(cast: Cast, text: str) -> Batch:
    return imports.receive_file(source=cast.shop, name="a.jsonl", content=io.BytesIO(text.encode()), by=None)[0]


@pytest.mark.django_db
def test_the_later_import_wins_although_the_earlier_one_is_done_last() -> None:
    cast = Cast()
    early = receive(cast, '{"id":"1","name":"Ada Byron"}\n')
    late = receive(cast, '{"id":"1","name":"Ada Lovelace"}\n')
    jobs.run(late.job_id)
    jobs.run(early.job_id)
    early.refresh_from_db()
    assert record(cast.shop, "1").attributes["family_name"] == ["Lovelace"]
    assert (early.received, early.superseded) == (1, 1)


@pytest.mark.django_db
def test_a_newer_version_wins_whatever_the_order_of_imports() -> None:
    cast = Cast()
    early = receive(cast, '{"id":"1","name":"Ada Lovelace","v":"2"}\n')
    late = receive(cast, '{"id":"1","name":"Ada Byron","v":"1"}\n')
    jobs.run(late.job_id)
    jobs.run(early.job_id)
    assert record(cast.shop, "1").attributes["family_name"] == ["Lovelace"]


@pytest.mark.django_db
def test_a_record_of_a_later_snapshot_is_not_brought_back_by_an_earlier_import() -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    early = receive(cast, '{"id":"1","name":"Ada Lovelace"}\n')
    cast.shop.import_mode = "snapshot"
    send(cast.shop, {"id": "2", "name": "Carl Gauss"}, name="s.jsonl")
    jobs.run(early.job_id)
    assert record(cast.shop, "1").state == "withdrawn"


def test_a_file_is_taken_in_while_another_import_of_the_source_runs(
    fresh_database: Callable[[], None], django_db_setup: TestDatabase
) -> None:
    cast = Cast()
    with psycopg.connect(django_db_setup.url) as importing:
        importing.execute("SELECT 1 FROM profiles_source WHERE id = %s FOR NO KEY UPDATE", [cast.shop.id])
        assert receive(cast, '{"id":"1","name":"Ada Byron"}\n').state == Batch.State.WAITING


def test_a_correction_is_refused_in_words_while_the_record_is_worked_on(
    fresh_database: Callable[[], None], django_db_setup: TestDatabase
) -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    row = record(cast.shop, "1")
    with psycopg.connect(django_db_setup.url) as resolving:
        resolving.execute("SELECT 1 FROM profiles_sourcerecord WHERE id = %s FOR NO KEY UPDATE", [row.id])
        with pytest.raises(corrections.CorrectionNotAllowed, match="at this moment"):
            corrections.correct(record=row, field="family_name", values=["King"], reason="", by=cast.ada)

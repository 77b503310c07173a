"""Which of two imports of a record wins, whatever the order in which their workers get to it."""

import io

import pytest

from profiles import imports, jobs
from profiles.models import Batch
from tests.cast import Cast, record, send

pytestmark = pytest.mark.django_db


def receive(cast: Cast, text: str) -> Batch:
    return imports.receive_file(source=cast.shop, name="a.jsonl", content=io.BytesIO(text.encode()), by=None)[0]


def test_the_later_import_wins_although_the_earlier_one_is_done_last() -> None:
    cast = Cast()
    early = receive(cast, '{"id":"1","name":"Ada Byron"}\n')
    late = receive(cast, '{"id":"1","name":"Ada Lovelace"}\n')
    jobs.run(late.job_id)
    jobs.run(early.job_id)
    early.refresh_from_db()
    assert record(cast.shop, "1").attributes["family_name"] == ["Lovelace"]
    assert (early.received, early.superseded) == (1, 1)


def test_a_newer_version_wins_whatever_the_order_of_imports() -> None:
    cast = Cast()
    early = receive(cast, '{"id":"1","name":"Ada Lovelace","v":"2"}\n')
    late = receive(cast, '{"id":"1","name":"Ada Byron","v":"1"}\n')
    jobs.run(late.job_id)
    jobs.run(early.job_id)
    assert record(cast.shop, "1").attributes["family_name"] == ["Lovelace"]


def test_a_record_of_a_later_snapshot_is_not_brought_back_by_an_earlier_import() -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    early = receive(cast, '{"id":"1","name":"Ada Lovelace"}\n')
    cast.shop.import_mode = "snapshot"
    send(cast.shop, {"id": "2", "name": "Carl Gauss"}, name="s.jsonl")
    jobs.run(early.job_id)
    assert record(cast.shop, "1").state == "withdrawn"

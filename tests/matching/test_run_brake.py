"""The run brake: an import that would merge unusually many customers of before stops, and a person is asked."""

import pytest
from django.test import Client

from matching import brakes
from matching.models import RunBrake
from matching.run import resolve_all
from profiles import imports, jobs
from profiles.models import AuditEvent, Batch, IdentityOperation, Job, SourceRecord, WorkItem
from tests.cast import Cast, same, send

pytestmark = pytest.mark.django_db

PEOPLE = [("Ada Byron", "1815-12-10"), ("Carl Gauss", "1777-04-30"), ("Emmy Noether", "1882-03-23")]
BY_MAIL = [{"id": f"m{n}", "name": name, "mail": f"p{n}@post.example"} for n, (name, _) in enumerate(PEOPLE)]
BY_PHONE = [
    {"id": f"t{n}", "name": name, "tel": f"020 7946 001{n}", "born": born} for n, (name, born) in enumerate(PEOPLE)
]
BRIDGES = [{**mail, **phone, "id": f"b{n}"} for n, (mail, phone) in enumerate(zip(BY_MAIL, BY_PHONE, strict=True))]


@pytest.fixture
def cast(monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Three people, each known as two customers, where two merges at once are unusual."""
    monkeypatch.setattr(brakes, "FROM", 5)
    monkeypatch.setattr(brakes, "SHARE", 0.2)
    cast = Cast()
    send(cast.shop, *BY_MAIL)
    send(cast.crm, *BY_PHONE)
    assert not any(same((cast.shop, f"m{n}"), (cast.crm, f"t{n}")) for n in range(3))
    return cast


def waiting() -> set[str]:
    return set(SourceRecord.objects.filter(state="received").values_list("external_id", flat=True))


def test_an_import_that_would_merge_too_much_stops_and_merges_nothing(cast: Cast) -> None:
    batch = send(cast.shop, *BRIDGES, {"id": "x", "name": "Grace Hopper"}, name="bridges.jsonl")
    brake = RunBrake.objects.get()
    assert (brake.batch, brake.state, brake.merged, brake.wanted, brake.limit) == (batch, "on", 0, 3, 1)
    assert not IdentityOperation.objects.filter(kind="merge").exists()
    assert waiting() == {"b0", "b1", "b2", "x"}
    assert WorkItem.objects.get(kind="run_brake", state="open").subject_id == str(batch.pk)
    assert AuditEvent.objects.get(action="run_brake.stopped").detail == {"wanted": 3, "limit": 1}
    send(cast.crm, {"id": "y", "name": "Alan Turing"}, name="another.jsonl")
    assert waiting() == {"b0", "b1", "b2", "x"}  # other imports go on


def test_a_person_lets_it_go_on(cast: Cast) -> None:
    send(cast.shop, *BRIDGES, name="bridges.jsonl")
    brakes.release(brake=RunBrake.objects.get(), by=cast.ada, reason="a new till")
    with pytest.raises(brakes.ReleaseNotAllowed):
        brakes.release(brake=RunBrake.objects.get(), by=cast.ada, reason="twice")
    jobs.run(Job.objects.get(kind="resolve", state="queued").id)
    assert all(same((cast.shop, f"m{n}"), (cast.crm, f"t{n}"), (cast.shop, f"b{n}")) for n in range(3))
    assert RunBrake.objects.get().merged == 3
    assert not WorkItem.objects.filter(kind="run_brake", state="open").exists()


def test_merges_add_up_over_the_batches_of_an_import(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("matching.run.BATCH", 1)
    send(cast.shop, *BRIDGES, name="bridges.jsonl")
    brake = RunBrake.objects.get()
    assert (brake.state, brake.merged, brake.wanted) == ("on", 1, 2)
    assert waiting() == {"b1", "b2"}
    imports.undo_import(batch=Batch.objects.get(pk=brake.batch_id), by=cast.ada)
    jobs.run(Job.objects.get(kind="undo_import").id)
    resolve_all()
    assert waiting() == set()


def test_customers_that_came_with_the_import_do_not_count(cast: Cast) -> None:
    rows = [row | {"id": f"n{n}", "name": f"{row['name']} Jr"} for n, row in enumerate([*BY_MAIL, *BY_PHONE, *BRIDGES])]
    send(cast.shop, *rows, name="first.jsonl")
    assert not RunBrake.objects.filter(state="on").exists()


def test_the_page_tells_what_would_be_merged_and_who_may_lets_it_go_on(cast: Cast) -> None:
    lea = cast._user("lea", "lead steward", cast.shop, cast.crm)
    batch = send(cast.shop, *BRIDGES, name="bridges.jsonl")
    url = f"/queue/brakes/{batch.pk}/"
    for who, listed in ((lea, True), (cast.eve, False)):
        client = Client()
        client.force_login(who)
        assert (client.get(url).status_code == 200) is listed
        assert ("bridges.jsonl" in client.get("/queue/other/").content.decode()) is listed
    client.force_login(cast.ada)
    assert client.post(f"{url}release/", {"reason": "right"}).status_code == 403
    client.force_login(lea)
    page = client.get(url).content.decode()
    assert "It would merge 3 of 6 customers" in page
    assert all(name in page for name, _ in PEOPLE)
    assert "Import stopped" in client.get(f"/imports/{batch.pk}/").content.decode()
    item = WorkItem.objects.get(kind="run_brake")
    assert client.post(f"/queue/other/{item.pk}/close/").status_code == 404
    assert client.post(f"{url}release/", {"reason": ""}).status_code == 422
    assert client.post(f"{url}release/", {"reason": "a new till"}).status_code == 302
    written = AuditEvent.objects.filter(actor_name="lea").values_list("action", flat=True)
    assert {"run_brake.read", "run_brake.released"} <= set(written)
    assert RunBrake.objects.get().released_by == lea


@pytest.mark.parametrize(
    ("customers", "earlier", "limit"),
    [
        (999, [0] * 8, None),
        (1_000, [], 10),
        (5_000, [0] * 7, 50),
        (100_000, [0] * 8, 10),
        (100_000, [50] * 8, 100),
        (100_000, [0, 0, 0, 0, 60, 60, 60, 60], 60),
        (100_000, [5_000] * 8, 1_000),
    ],
)
def test_what_is_usual(customers: int, earlier: list[int], limit: int | None) -> None:
    assert brakes.allowed(customers, earlier) == limit

"""A worker killed in mid-batch, a Redis that forgets all, and the whole file once more: the same end, nothing doubled."""

import io
import json
import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import pytest
from celery import Celery
from django.utils import timezone

from matching.models import Proposal
from matching.run import resolve_all
from profiles import imports, jobs
from profiles.models import AuditEvent, Batch, GoldenValue, Job, Membership, SourceRecord
from tests.cast import Cast
from tests.databases import TestDatabase
from tests.live import LiveSite
from tests.matching.invariants import broken

PEOPLE = 3_000
SYLLABLES = ("ba", "du", "fe", "gi", "ho", "ju", "ka", "li", "mo", "nu", "pe", "ri", "so", "tu", "va", "wi")


def rows() -> list[dict[str, str]]:
    """People who are all different; every third is there twice, and of every seventh a doubtful second row."""
    dice, found = random.Random(7), []
    for n in range(PEOPLE):
        name = f"{_word(dice, 2)} {_word(dice, 5)}"
        one = {
            "id": f"a{n}",
            "name": name,
            "mail": f"m{n}@post.example",
            "born": f"{1930 + n % 70}-0{n % 9 + 1}-1{n % 9}",
        }
        found.append(one)
        if n % 3 == 0:
            found.append({**one, "id": f"b{n}"})
        if n % 7 == 0:
            found.append({"id": f"c{n}", "name": name, "town": "London"})
    return found


def _word(dice: random.Random, syllables: int) -> str:
    return "".join(dice.choices(SYLLABLES, k=syllables)).title()


def content(of: list[dict[str, str]]) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in [*of, {"name": "has no id"}]).encode()


def end_state() -> dict[str, object]:
    """Who is with whom and what is said of them, by the sources' own ids."""
    names = dict(SourceRecord.objects.values_list("id", "external_id"))
    together: dict[object, list[str]] = {}
    links = {}
    for record_id, profile_id, link_class in Membership.objects.values_list("record_id", "profile_id", "link_class"):
        together.setdefault(profile_id, []).append(names[record_id])
        links[names[record_id]] = link_class
    label = {profile_id: min(found) for profile_id, found in together.items()}
    values = GoldenValue.objects.values_list("profile_id", "field", "rank", "value")
    return {
        "states": sorted(SourceRecord.objects.values_list("external_id", "state", "revision")),
        "customers": sorted(sorted(found) for found in together.values()),
        "links": links,
        "golden": sorted((label[row[0]], *row[1:]) for row in values),
        "proposals": sorted(
            sorted((label[left], label[right])) for left, right in
            Proposal.objects.awaiting_review().values_list("left_id", "right_id")
        ),
    }  # fmt: skip


def receive(cast: Cast, of: list[dict[str, str]]) -> Batch:
    return imports.receive_file(source=cast.shop, name="a.jsonl", content=io.BytesIO(content(of)), by=None)[0]


@cache
def undisturbed(renew: Callable[[], None]) -> dict[str, object]:
    """The end state when nothing happens in between: the same for every kind of job that is killed."""
    cast = Cast()
    jobs.run(receive(cast, rows()).job_id)
    resolve_all()
    found = end_state()
    renew()
    return found


def wait(what: Callable[[], bool], seconds: float) -> float:
    """Wait until it is so; how long it took."""
    begin = time.monotonic()
    while not what():
        assert time.monotonic() - begin < seconds, "waited in vain"
        time.sleep(0.02)
    return time.monotonic() - begin


def in_mid(kind: str) -> Callable[[], bool]:
    """Whether a job of the kind has done some of its work, and has more to do."""
    if kind == "import":
        return lambda: Batch.objects.filter(state="running", next_line__gt=1).exists()
    return lambda: (
        Job.objects.filter(kind="resolve", state="running").exists()
        and SourceRecord.objects.filter(state="resolved").exists()
        and SourceRecord.objects.filter(state="received").exists()
    )


def killed(kind: str) -> Callable[[], bool]:
    """Whether the killed job was claimed again."""
    fences = dict(Job.objects.filter(kind=kind, state="running").values_list("id", "fence"))
    assert fences, f"no {kind} was running when the worker was killed"
    return lambda: any(Job.objects.filter(id=job_id, fence__gt=fence).exists() for job_id, fence in fences.items())


def let_leases_run_out() -> float:
    """Spare the test the rest of the dead worker's leases: it is over now. How many seconds that would have been."""
    held = Job.objects.filter(state="running")
    now, until = timezone.now(), max(held.values_list("lease_until", flat=True))
    held.update(lease_until=now - timedelta(seconds=1))
    return max(0.0, (until - now).total_seconds())


@pytest.mark.parametrize("kind", ["import", "resolve"])
def test_the_work_ends_as_if_nothing_had_happened(
    kind: str, fresh_database: Callable[[], None], django_db_setup: TestDatabase, tmp_path, long: bool
) -> None:
    expected = undisturbed(fresh_database)
    cast = Cast()
    with LiveSite(django_db_setup, tmp_path) as site:
        batch = receive(cast, rows())
        broker = Celery(broker=django_db_setup.redis_url)
        broker.send_task("profiles.tasks.run_job", [str(batch.job_id)])
        wait(in_mid(kind), 60)
        site.kill("worker")
        again = killed(kind)
        with broker.connection() as connection:
            connection.default_channel.client.flushdb()  # all there is of this process's Redis
        site.start("worker")
        skipped = 0 if long else let_leases_run_out()
        assert skipped + wait(again, 90) < 90
        wait(lambda: is_done(), 120)
    assert end_state() == expected
    check_counts(batch)
    replayed = receive(cast, list(reversed(rows())))
    jobs.run(replayed.job_id)
    resolve_all()
    replayed.refresh_from_db()
    assert (replayed.received, replayed.unchanged, replayed.quarantined) == (len(rows()) + 1, len(rows()), 1)
    assert end_state() == expected
    assert broken() == []


def is_done() -> bool:
    """Whether nothing waits any more."""
    busy = Job.objects.filter(state__in=["queued", "running"]).exists()
    return not busy and not SourceRecord.objects.filter(state="received").exists()


def check_counts(batch: Batch) -> None:
    """Nothing was lost or doubled: counters, audit rows, and each record resolved once."""
    batch.refresh_from_db()
    assert batch.state == "done"
    assert (batch.received, batch.accepted, batch.created) == (len(rows()) + 1, len(rows()), len(rows()))
    assert (batch.quarantined, batch.unchanged, batch.superseded, batch.suppressed) == (1, 0, 0, 0)
    assert AuditEvent.objects.filter(action="batch.finished", object_id=str(batch.id)).count() == 1
    resolved = AuditEvent.objects.filter(action="records.resolved").values_list("detail__records", flat=True)
    assert sum(resolved) == len(rows())

"""A worker killed in mid-batch, a Redis that forgets all, and the whole file once more: the same end, nothing doubled.

So it is with a worker killed while it calculates a full run, and while it publishes it.
"""

import io
import json
import random
import time
from collections.abc import Callable
from datetime import timedelta
from functools import cache

import psycopg
import pytest
from celery import Celery
from django.conf import settings
from django.utils import timezone

from matching.fullrun import actions
from matching.locks import RESOLVE_LOCK
from matching.models import FullRun, FullRunEdge, MatchModel, Proposal
from matching.run import resolve_all
from profiles import imports, jobs
from profiles.models import AuditEvent, Batch, GoldenValue, Job, JobStep, Membership, SourceRecord
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


def test_a_full_run_goes_on_when_its_worker_is_killed(
    fresh_database: Callable[[], None], django_db_setup: TestDatabase, tmp_path
) -> None:
    expected = undisturbed(fresh_database)
    cast = Cast()
    jobs.run(receive(cast, rows()).job_id)
    Job.objects.filter(kind="resolve").delete()  # the run is to do it
    run = actions.start(model=MatchModel.objects.get(state="published"), train=False, by=cast.root, parts=1)
    jobs.run(run.job_ids[0])
    with LiveSite(django_db_setup, tmp_path, only=("worker", "scheduler")) as site:
        kill_at(site, run, "SELECT FROM matching_fullrun FOR UPDATE")  # taken when a part is done
        wait(lambda: in_state(run, "reported"), 60)
        assert FullRunEdge.objects.filter(run_id=run.id).count() == run.figures["counts"]["pairs"] > 0
        actions.publish(run=run, by=cast.root, reason="", despite_brake=True)
        ring(run)
        wait(lambda: JobStep.objects.filter(job__kind="full_run_publish").exists(), 60)
        kill_at(site, run, f"SELECT pg_advisory_xact_lock({RESOLVE_LOCK})")  # each batch takes it
        wait(lambda: in_state(run, "published"), 60)
    fences = Job.objects.filter(kind__startswith="full_run").order_by("id").values_list("args__step", "fence")
    assert list(fences) == [("read", 1), ("pairs", 2), ("decide", 1), ("report", 1), ("publish", 2)]
    assert end_state() == expected
    resolved = AuditEvent.objects.filter(action="records.resolved").values_list("detail__records", flat=True)
    assert sum(resolved) == len(rows())
    assert broken() == []


def kill_at(site: LiveSite, run: FullRun, statement: str) -> None:
    """Take a lock, wait until the worker stands there in mid-transaction, and kill it; another goes on."""
    with psycopg.connect(site.env["DATABASE_URL"]) as connection:
        connection.execute(statement)
        ring(run)
        wait(lambda: connection.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)").fetchone()[0], 60)
        site.kill("worker")
    let_leases_run_out()
    site.start("worker")
    ring(run)


def ring(run: FullRun) -> None:
    """Tell the workers of the run's open jobs: this process has no doorbell."""
    run.refresh_from_db()
    broker = Celery(broker=settings.REDIS_URL)
    for job in run.open_jobs():
        broker.send_task("profiles.tasks.run_job", [str(job.id)])


def in_state(run: FullRun, state: str) -> bool:
    run.refresh_from_db()
    return run.state == state

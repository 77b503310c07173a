"""`run.py bench full`: a full run from the database and back, as the product does it: jobs taken by worker processes.

The demo's records are received and none is resolved; the version in force is the shipped one with priors for that many
records, as training gives them. Measured are the run up to its report (records read, pairs found and weighed, everything
decided, pairs and clusters written), with one worker and with all, its publication (memberships, ledger, audit, golden and
search rows), a second run over what is resolved by then, and the undo of the first. The server syncs to disk.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import django
import psutil

HEAD = ("what", "workers", "seconds", "processor seconds of workers", "records/s", "peak MB of workers")
REPORT_FLOOR, APPLY_FLOOR = 15.0, 120.0  # seconds for a million records


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench full", description=__doc__)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument(
        "--workers", type=int, default=os.cpu_count(), help="processes that take jobs (default: all processors)"
    )
    parser.add_argument("--train", action="store_true", help="train the model first")
    parser.add_argument("--alone", action="store_true", help="report with one worker first")
    parser.add_argument("--only-report", action="store_true", help="do not publish")
    parser.add_argument("--only-first", action="store_true", help="end when the first run is published")
    parser.add_argument("--reported", action="store_true", help=argparse.SUPPRESS)  # and a run waits to be published
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--received", action="store_true", help=argparse.SUPPRESS)  # the database holds them already
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    if options.worker:
        return work()
    if not options.received:
        receive(options.records)
    if not options.reported:
        fit()
    return measure(options)


def receive(records: int) -> None:
    from django.db import connection

    from tests.benchmarks import _demo

    with TemporaryDirectory() as folder:
        _demo.write(Path(folder), records)
        _demo.receive(Path(folder))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def fit() -> None:
    """Put the shipped version in force with priors for the records that there are, as training would."""
    from matching import models_in_force
    from matching.engine.model import Model
    from matching.models import MatchModel
    from profiles.models import Job, SourceRecord

    shipped = MatchModel.objects.get(state="published")
    model = Model.from_json(shipped.content).for_population(SourceRecord.objects.count())
    fitted = MatchModel.objects.create(label="fitted", content={**model.to_json(), "label": "fitted"})
    models_in_force.publish(model=fitted, by=None)
    Job.objects.filter(state="queued").delete()


# --- workers ---------------------------------------------------------------------------------------------------------
def work() -> int:
    """Take jobs of full runs until the input ends, as a worker of the pool does."""
    import threading

    from profiles import jobs
    from profiles.models import Job

    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    while not ended.is_set():
        waiting = Job.objects.filter(state="queued", kind__startswith="full_run").order_by("id")
        ids = list(waiting.values_list("id", flat=True)[:4])
        for job_id in ids:
            jobs.run(job_id)
        if not ids:
            time.sleep(0.02)
    return 0


@contextmanager
def workers(count: int) -> Iterator[None]:
    argv = [sys.executable, "-m", "tests.benchmarks.full", "--worker"]
    started = [subprocess.Popen(argv, stdin=subprocess.PIPE) for _ in range(count)]
    time.sleep(4)  # their imports are not measured
    try:
        yield
    finally:
        for process in started:
            process.stdin.close()
        for process in started:
            process.wait()


# --- measuring -------------------------------------------------------------------------------------------------------
class Measured:
    """What was measured, line by line."""

    def __init__(self, records: int) -> None:
        self.records = records
        self.lines: list[tuple[object, ...]] = []

    def time(self, what: str, count: int, act: Callable[[], object]) -> float:
        """Seconds that an act took with so many workers."""
        from tests.benchmarks._table import watched_children

        with watched_children() as most:
            begin, own = time.perf_counter(), processor_seconds()
            act()
            seconds, own = time.perf_counter() - begin, processor_seconds() - own
        rate = self.records / seconds
        self.lines.append((what, count, f"{seconds:,.1f}", f"{own:,.1f}", f"{rate:,.0f}", f"{most[0]:,}"))
        return seconds


def processor_seconds() -> float:
    """Of the workers, which are this process's children, since they began."""
    return sum(sum(child.cpu_times()[:2]) for child in psutil.Process().children())


def measure(options: argparse.Namespace) -> int:
    from profiles.models import SourceRecord
    from tests.benchmarks._table import machine, print_table

    found = Measured(SourceRecord.objects.filter(state="received").count())
    alone = 0.0
    if options.alone:
        with workers(1):
            alone = found.time("first run, to its report", 1, lambda: start(options, 1))
            discard()
    with workers(options.workers):
        reported, applied = _runs(options, found)
    print(f"{machine()}; {found.records:,} records; PostgreSQL syncs to disk.\n")
    print_table(HEAD, found.lines)
    print()
    for line in told():
        print(line)
    return _verdict(found.records / 1_000_000, alone, reported, applied)


def _runs(options: argparse.Namespace, found: Measured) -> tuple[float, float]:
    """Seconds to the report, and of publication."""
    count, reported = options.workers, 0.0
    if not options.reported:
        reported = found.time("first run, to its report", count, lambda: start(options, count))
        steps("first run")
    if options.only_report:
        return reported, 0.0
    applied = found.time("published", count, publish)
    steps("publication")
    if not options.only_first:
        again = "second run over resolved records, to its report"
        found.time(again, count, lambda: start(options, count))
        steps("second run")
        discard()
        found.time("the first undone", count, undo)
    return reported, applied


def _verdict(scale: float, alone: float, reported: float, applied: float) -> int:
    both = reported + applied
    if reported:
        print(f"\nReport: {reported / scale:.1f} s a million (wanted: {REPORT_FLOOR:.0f}).")
    if alone:
        print(f"With all workers {alone / reported:.2f} times as fast as with one (wanted: 1.7).")
    if applied:
        print(f"Applied: {both / scale:.1f} s a million (wanted: {APPLY_FLOOR:.0f}).")
    return 0 if reported <= REPORT_FLOOR * scale and both <= APPLY_FLOOR * scale else 1


def start(options: argparse.Namespace, parts: int) -> None:
    from matching.fullrun import actions
    from matching.models import MatchModel

    actions.start(model=MatchModel.objects.get(state="published"), train=options.train, by=None, parts=parts)
    wait()


def publish() -> None:
    from matching.fullrun import actions

    actions.publish(run=latest(), by=None, reason="", despite_brake=True)
    wait()


def discard() -> None:
    from matching.fullrun import actions

    actions.discard(run=latest(), by=None)


def undo() -> None:
    from matching.fullrun import actions
    from matching.models import FullRun

    actions.undo(run=FullRun.objects.get(state="published"), by=None)
    wait()


def latest() -> object:
    from matching.models import FullRun

    return FullRun.objects.order_by("-id").first()


def wait() -> None:
    """Until no run is under way."""
    from matching.models import FullRun
    from profiles.models import Job

    while FullRun.objects.filter(state__in=FullRun.BUSY).exists():
        failed = Job.objects.filter(kind__startswith="full_run", state="failed").first()
        if failed:
            sys.exit(f"A job failed: {failed.message}")
        time.sleep(0.02)


def steps(what: str) -> None:
    """When each job began and ended, for whoever looks for what is slow."""
    from django.utils import timezone

    from profiles.models import Job

    run = latest()
    found = list(Job.objects.filter(id__in=run.job_ids).order_by("started_at"))
    for job in found:
        took, since = (job.finished_at or timezone.now()) - job.started_at, job.started_at - found[0].started_at
        name = f"{job.args['step']} {job.args['part']}"
        print(f"{what}: {name}: after {since.total_seconds():.2f} s, {took.total_seconds():.2f} s", file=sys.stderr)


def told() -> Iterator[str]:
    from matching.models import FullRun

    for run in FullRun.objects.order_by("id"):
        counts = ", ".join(f"{name} {n:,}" for name, n in run.figures.get("counts", {}).items())
        done = ", ".join(f"{name} {n:,}" for name, n in run.figures.get("published", {}).items())
        yield f"Run {run.id} ({run.state}): reported: {counts}; published: {done or 'nothing'}."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

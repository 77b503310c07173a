"""`run.py bench resolve`: records a second through the whole product path of resolving, and the time of one record.

Database to engine to database, with ledger, audit, golden and search rows, committed, on a server that syncs to disk.
The demo's records are received, all but some are resolved as a first load, and the rest arrive in batches of 500 and
one by one; last comes a batch in which far too many share one value. With `--placed` the stored ones are not resolved but
placed in bulk with their true customers (see _million.py): that is how a million are had within the hour.
"""

import argparse
import os
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

import django

HEAD = ("what", "records", "stored before", "records/s", "processor records/s", "ms median", "ms p99")
BATCH, BATCHES, SINGLES, HOT = 500, 20, 1_000, 5_000
HELD = BATCH * BATCHES + SINGLES
RATE_FLOOR, SINGLE_CEILING = 3_000, 25.0  # records/s; ms p99


@dataclass(slots=True)
class Line:
    """One kind of work: seconds of wall clock, and of this process's own work, per step of it."""

    what: str
    stored: int
    records: int = 0
    walls: list[float] = field(default_factory=list)
    own: float = 0.0

    def add(self, records: int, work: Callable[[], object]) -> None:
        wall, own = time.perf_counter(), time.process_time()
        work()
        self.walls.append(time.perf_counter() - wall)
        self.own += time.process_time() - own
        self.records += records

    @property
    def rate(self) -> float:
        return self.records / sum(self.walls)

    @property
    def p99(self) -> float:
        return 1000 * (quantiles(self.walls, n=100)[98] if len(self.walls) > 1 else self.walls[0])

    def cells(self) -> list[str]:
        figures = (self.records, self.stored, self.rate, self.records / self.own)
        times = (1000 * median(self.walls), self.p99)
        return [self.what, *(f"{figure:,.0f}" for figure in figures), *(f"{figure:,.1f}" for figure in times)]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench resolve")
    parser.add_argument("--stored", type=int, default=50_000, help="records resolved before the batches arrive")
    parser.add_argument(
        "--placed", action="store_true", help="they are placed in bulk with their true customers instead"
    )
    parser.add_argument("--received", action="store_true", help=argparse.SUPPRESS)  # the database holds them already
    options = parser.parse_args(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    if not options.received:
        (place if options.placed else receive)(options.stored + HELD)
    return measure(0 if options.placed else options.stored)


def place(records: int) -> None:
    """Records in bulk, all but those that the benchmark resolves with their true customers."""
    from tests.benchmarks._million import fill

    took = fill(records, HELD)
    print(f"{'; '.join(f'{stage} in {seconds:,.0f} s' for stage, seconds in took.items())}.\n", flush=True)


def receive(records: int) -> None:
    """The demo's five sources, imported by the job that an upload starts."""
    from tests.benchmarks import _demo

    with TemporaryDirectory() as folder:
        _demo.write(Path(folder), records)
        _demo.receive(Path(folder))
    vacuum()


def vacuum() -> None:
    """What autovacuum does in the background of a real load."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def measure(stored: int) -> int:
    from tests.benchmarks._table import machine, print_table

    waiting = ids_waiting()
    held = random.Random(7).sample(waiting, HELD)
    first = sorted(set(waiting) - set(held))[:stored]
    lines = list(first_load(first))
    batches, singles = in_batches(held[: BATCH * BATCHES]), one_by_one(held[BATCH * BATCHES :])
    print(f"{machine()}; PostgreSQL syncs to disk.\n")
    print_table(HEAD, [line.cells() for line in [*lines, batches, singles, *hot()]])
    print(f"\n{batches.rate:,.0f} records/s (wanted: {RATE_FLOOR:,}).")
    print(f"One record: p99 {singles.p99:.1f} ms (wanted: {SINGLE_CEILING}).")
    return 0 if batches.rate >= RATE_FLOOR and singles.p99 <= SINGLE_CEILING else 1


def ids_waiting() -> list[int]:
    from profiles.models import SourceRecord

    return list(SourceRecord.objects.filter(state="received").order_by("id").values_list("id", flat=True))


def resolved() -> int:
    from profiles.models import SourceRecord

    return SourceRecord.objects.filter(state="resolved").count()


def in_steps(what: str, ids: Sequence[int], size: int) -> Line:
    """Resolve the records in steps of `size`, each in a transaction of its own."""
    from django.db import transaction

    from matching.run import resolve_batch

    def step(chunk: Sequence[int]) -> None:
        with transaction.atomic():
            resolve_batch(chunk)

    line = Line(what, resolved())
    for start in range(0, len(ids), size):
        chunk = ids[start : start + size]
        line.add(len(chunk), lambda chunk=chunk: step(chunk))
    return line


def first_load(ids: Sequence[int]) -> Iterator[Line]:
    """Records that were never resolved, in five parts, in the order received."""
    part = -(-len(ids) // 5) or 1
    for start in range(0, len(ids), part):
        yield in_steps("first load, in batches of 500", ids[start : start + part], BATCH)
        vacuum()


def in_batches(ids: Sequence[int]) -> Line:
    return in_steps("batches of 500", ids, BATCH)


def one_by_one(ids: Sequence[int]) -> Line:
    from matching.run import resolve_now

    line = Line("one record", resolved())
    for record_id in ids:
        line.add(1, lambda record_id=record_id: resolve_now([record_id]))
    return line


def hot() -> Iterator[Line]:
    """Thousands of people at one till and postcode, then 300 records of one e-mail."""
    till = [
        {"till_ref": f"hot-{n}", "customer_name": name(n), "till_device": "kiosk-1", "post_code": "SW1A 1AA"}
        for n in range(HOT)
    ]
    yield in_steps(f"{HOT:,} of one device and postcode", arrive("pos", till), BATCH)
    shared = [{"id": f"hot-{n}", "email": "family@post.example", "lastName": name(n).split()[1]} for n in range(300)]
    yield in_steps("300 of one e-mail", arrive("shop", shared), BATCH)


def name(n: int) -> str:
    from cdv_site.demo.names import BRITISH

    given, family = BRITISH.male, BRITISH.family
    return f"{given[n % len(given)][1]} {family[n // len(given) % len(family)][1]}"


def arrive(source: str, rows: Sequence[dict[str, str]]) -> list[int]:
    """Records of a source, received."""
    from django.db import transaction

    from profiles import schema
    from profiles.connectors import Row
    from profiles.models import Batch, Source
    from profiles.records import store_chunk
    from profiles.standardising import standardise

    with transaction.atomic():
        batch = Batch.objects.create(
            source=Source.objects.get(key=source), file_name="hot", file_hash="", import_mode="delta"
        )
        numbered = [Row(line, cells) for line, cells in enumerate(rows, 1)]
        version = schema.published()
        read = standardise(numbered, version.sources[source], {})
        return store_chunk(batch=batch, rows=numbered, standardised=read, schema=version).touched


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

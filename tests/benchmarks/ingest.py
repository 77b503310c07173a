"""`run.py bench ingest`: rows a second through receive and standardise, and memory against the size of the files.

The whole product path: the import job reads the file, and records, keys, quarantine and counters are committed chunk by
chunk, on a server that syncs to disk. Each line is a process of its own on a database of its own; its memory is that of the
import and of the process that standardises beside it, together.
"""

import argparse
import io
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

import django

FLOOR, LEEWAY = 5_000, 100  # rows a second; MB between the small files and the large ones
HEAD = ("files", "rows", "MB", "seconds", "rows/s", "set aside", "keys", "peak memory, MB")


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="run.py bench ingest")
    parser.add_argument("--small", type=int, default=20_000)
    parser.add_argument("--large", type=int, default=2_000_000)
    parser.add_argument("--distinct", type=int, default=200_000)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    parser.add_argument("--rows", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args(argv)
    if options.child:
        print(json.dumps(CHILDREN[options.child](Path(options.folder), options.rows)))
        return 0
    return _compare(options)


def _compare(options: argparse.Namespace) -> int:
    from tests.benchmarks._table import machine, print_table

    small = _measure("demo", options.small)
    large = _measure("demo", options.large)
    distinct = _measure("distinct", options.distinct)
    results = [*small, *large, *distinct]
    print(f"{machine()}; PostgreSQL syncs to disk.\n")
    print_table(HEAD, [_line(result) for result in results])
    rate, apart = large[0]["rows"] / large[0]["seconds"], abs(large[0]["memory"] - small[0]["memory"])
    print(f"\n{rate:,.0f} rows/s (wanted: {FLOOR:,}); memory {apart} MB apart (wanted: within {LEEWAY}).")
    return 0 if rate >= FLOOR and apart <= LEEWAY else 1


def _line(result: dict) -> list[str]:
    rate = result["rows"] / result["seconds"]
    figures = (result["rows"], result["size"] / 1e6, result["seconds"], rate, result["quarantined"], result["keys"])
    return [result["files"], *(f"{figure:,.0f}" for figure in figures), f"{result['memory']:,}"]


def _measure(child: str, rows: int) -> list[dict]:
    """Write the files in one process and import them in another, so that each has its own memory."""
    from tests.databases import TestDatabase

    database = TestDatabase(os.environ["DATABASE_URL"], "ingest")
    database.renew()
    environ = os.environ | {"DATABASE_URL": database.url}
    with TemporaryDirectory() as folder:
        _run(f"write_{child}", folder, rows, environ)
        found = _run(f"import_{child}", folder, rows, environ)
    database.drop()
    return found


def _run(child: str, folder: str, rows: int, environ: dict[str, str]) -> list[dict]:
    argv = [sys.executable, "-m", "tests.benchmarks.ingest", "--child", child, "--folder", folder, "--rows", str(rows)]
    done = subprocess.run(argv, env=environ, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


# --- in the child processes --------------------------------------------------
def _write_demo(folder: Path, rows: int) -> list[dict]:
    from cdv_site.demo.generate import generate

    generate(folder, seed=7, scale=rows)
    return []


def _write_distinct(folder: Path, rows: int) -> list[dict]:
    from tests.benchmarks import _distinct

    for name, changed in (("first", False), ("second", True)):
        (folder / name).mkdir()
        _distinct.write(folder / name, rows, changed=changed)
    return []


def _import_demo(folder: Path, rows: int) -> list[dict]:
    from cdv_site.demo.sources import SOURCES

    _set_up(SOURCES)
    return [_timed("demo, five sources", folder, [(source["key"], source["file"]) for source in SOURCES])]


def _import_distinct(folder: Path, rows: int) -> list[dict]:
    from tests.benchmarks import _distinct

    _set_up([_distinct.SOURCE])
    files = [("distinct", _distinct.SOURCE["file"])]
    return [
        _timed("90 % distinct values, new", folder / "first", files),
        _timed("the same again, every second row changed", folder / "second", files),
    ]


def _set_up(sources: Iterable[dict]) -> None:
    from django.core.management import call_command

    from cdv_site.demo.loading import add_source
    from profiles import schema

    call_command("setup_roles", stdout=io.StringIO())
    for source in sources:
        add_source(source)
    schema.publish(by=None)


def _timed(files: str, folder: Path, deliveries: list[tuple[str, str]]) -> dict:
    from profiles import imports, jobs
    from profiles.models import Batch, Source
    from tests.benchmarks._table import peak_memory, watched_children

    batches, start = [], time.perf_counter()
    with watched_children() as beside:
        for key, name in deliveries:
            with (folder / name).open("rb") as content:
                batch, _ = imports.receive_file(source=Source.objects.get(key=key), name=name, content=content, by=None)
            jobs.run(batch.job_id)
            batches.append(batch.id)
    seconds = time.perf_counter() - start
    done = list(Batch.objects.filter(id__in=batches, state=Batch.State.DONE))
    assert len(done) == len(deliveries), "An import did not finish."
    return {
        "files": files, "seconds": seconds, "memory": peak_memory() + beside[0], "keys": _count("matching_blockkey"),
        "rows": sum(batch.received for batch in done), "size": sum(batch.file_size for batch in done),
        "quarantined": sum(batch.quarantined for batch in done),
    }  # fmt: skip


def _count(table: str) -> int:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {table}")
        return cursor.fetchone()[0]


CHILDREN = {
    "write_demo": _write_demo, "write_distinct": _write_distinct,
    "import_demo": _import_demo, "import_distinct": _import_distinct,
}  # fmt: skip

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    sys.exit(main(sys.argv[1:]))

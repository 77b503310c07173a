"""Backup: one snapshot of the database, the files beside it, and a manifest; sealed, made while the site works."""

import os
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from profiles.models import SchemaVersion
from profiles.sealed_files import SealedWriter

from . import pg_tools
from .manifest import DATABASE, FILES, FORMAT, BadBackup, Hashed, Manifest, key_fingerprints, write

PIECE = 1 << 20
TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1
"""


def make(target: Path, now: datetime) -> tuple[Path, Manifest]:
    """Write a backup into a new folder below `target`; the folder and its manifest. What fails leaves no manifest.

    The rows are counted in the very snapshot that is dumped; files are taken while it is held.
    """
    folder = target / f"backup-{now:%Y-%m-%dT%H-%M-%SZ}"
    folder.mkdir(parents=True, mode=0o700)
    with _snapshot() as snapshot:
        manifest = _describe(now)
        manifest.parts[FILES] = _seal(folder, FILES, manifest, _write_files)
        manifest.parts[DATABASE] = _seal(folder, DATABASE, manifest, lambda writer: _write_dump(writer, snapshot))
    write(manifest, folder)
    return folder, manifest


@contextmanager
def _snapshot() -> Iterator[str]:
    """A snapshot that pg_dump can join, held open; nothing is locked by it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        yield cursor.fetchone()[0]


def _describe(now: datetime) -> Manifest:
    last: dict[str, str] = {}
    for app, name in sorted(MigrationRecorder(connection).applied_migrations()):
        last[app] = name
    newest = SchemaVersion.objects.order_by("-number").values_list("number", flat=True).first()
    return Manifest(
        format=FORMAT, id=uuid4().hex, made_at=now.isoformat(), postgres=connection.pg_version // 10_000, migrations=last,
        schema_version=newest, rows=count_rows(), files=len(_files()), keys=key_fingerprints(),
    )  # fmt: skip


def count_rows() -> dict[str, int]:
    """Rows by table. 1 query each."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        names = [row[0] for row in cursor.fetchall()]
        return {name: _count(cursor, name) for name in names}


def _count(cursor: object, table: str) -> int:
    cursor.execute(f'SELECT count(*) FROM "{table}"')  # noqa: S608  (a name from the catalogue)
    return cursor.fetchone()[0]


def _seal(folder: Path, name: str, manifest: Manifest, fill: Callable[[SealedWriter], None]) -> object:
    """Write a part sealed, so that no copy of it lies in clear on any disk."""
    path = folder / name
    with path.open("xb") as file:
        path.chmod(0o600)
        hashed = Hashed(file)
        with SealedWriter(hashed, place=manifest.place(name)) as writer:
            fill(writer)
        file.flush()
        os.fsync(file.fileno())
    return hashed.part()


def _files() -> list[Path]:
    root = Path(settings.MEDIA_ROOT)
    return [path for path in sorted(root.rglob("*")) if path.is_file() and not path.name.endswith(".rotating")]


def _write_files(writer: SealedWriter) -> None:
    root = Path(settings.MEDIA_ROOT)
    with tarfile.open(fileobj=writer, mode="w|") as archive:
        for path in _files():
            if path.exists():  # its import may have closed meanwhile
                archive.add(path, str(path.relative_to(root)), recursive=False)


def _write_dump(writer: SealedWriter, snapshot: str) -> None:
    argv = [pg_tools.tool("pg_dump", connection.pg_version // 10_000), "--format=custom", "--compress=gzip:1"]
    argv += ["--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}"]
    with subprocess.Popen(
        argv, env=pg_tools.environment(pg_tools.owner(), connection.settings_dict["NAME"]), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        while piece := process.stdout.read(PIECE):
            writer.write(piece)
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise BadBackup(f"pg_dump failed: {said[-500:]}")

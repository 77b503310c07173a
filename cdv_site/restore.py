"""Restore: a backup is proved, brought into an empty database, held against its manifest, and what followed it is done again.

The site is closed from before the first table is there until the last step is done: see closing.py.
"""

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection

from governance import after_restore
from profiles import audit
from profiles.sealed_files import SealedReader, opened_chunks

from . import closing, database_roles, pg_tools
from .backup import count_rows
from .manifest import DATABASE, FILES, Manifest, check_parts, read

Say = Callable[[str], None]


class NotRestored(Exception):
    """The restore cannot begin, or did not come right; the message says why."""


def restore(folder: Path, say: Say) -> Manifest:
    """Bring a backup into the empty database of the settings, and open the site. Raises BadBackup or NotRestored."""
    manifest = read(folder)
    check_parts(manifest, folder)
    say(f"The backup of {manifest.made:%Y-%m-%d %H:%M} UTC is whole; its keys are here.")
    closing.let_in()
    database_roles.become_owner()
    _refuse_unless_empty_and_alone()
    _execute(closing.CLOSE)
    _load_database(manifest, folder)
    _compare(manifest)
    _load_files(manifest, folder)
    say(
        f"{sum(manifest.rows.values()):,} rows in {len(manifest.rows)} tables, {manifest.files:,} files: as the manifest says."
    )
    finish(say, made_at=manifest.made_at)
    return manifest


def finish(say: Say, *, made_at: str = "") -> None:
    """What follows a restore, again if it was stopped: migrations, erasures done again, nobody signed in; then open."""
    closing.let_in()
    database_roles.become_owner()
    if not closing.is_closed(connection):
        raise NotRestored("The site is open: there is no restore to finish.")
    call_command("prepare", stdout=io.StringIO())
    Session.objects.all().delete()
    after_restore.run(say)
    audit.record("site.restored", detail={"made_at": made_at or "an earlier try"})
    _execute(closing.OPEN)
    say("The site is open.")


def _refuse_unless_empty_and_alone() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        )
        if cursor.fetchone()[0]:
            raise NotRestored("The database is not empty. Restore into a new one; this one is left as it is.")
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        if others := cursor.fetchone()[0]:
            raise NotRestored(f"{others} others are connected to the database: stop the site first.")


def _load_database(manifest: Manifest, folder: Path) -> None:
    """All in one transaction: a restore that fails leaves the database empty, and closed."""
    argv = [pg_tools.tool("pg_restore", manifest.postgres), "--no-owner", "--no-privileges", "--single-transaction"]
    argv += ["--exit-on-error", f"--dbname={connection.settings_dict['NAME']}"]
    with (folder / DATABASE).open("rb") as sealed, subprocess.Popen(
        argv, env=pg_tools.environment(pg_tools.owner(), connection.settings_dict["NAME"]), stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    ) as process:  # fmt: skip
        try:
            for piece in opened_chunks(sealed, place=manifest.place(DATABASE)):
                process.stdin.write(piece)
        except BrokenPipeError:
            pass  # it has said why
        process.stdin.close()
        said = process.stderr.read().decode(errors="replace").strip()
    if process.returncode:
        raise NotRestored(f"pg_restore failed: {said[-500:]}")


def _compare(manifest: Manifest) -> None:
    found = count_rows()
    found.pop(closing.MARK, None)
    differ = [name for name in {**manifest.rows, **found} if manifest.rows.get(name) != found.get(name)]
    if differ:
        raise NotRestored(
            f"Other rows than the manifest says, in: {', '.join(sorted(differ)[:10])}. The site stays closed."
        )


def _load_files(manifest: Manifest, folder: Path) -> None:
    root = Path(settings.MEDIA_ROOT)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    sealed = SealedReader(folder / FILES, place=manifest.place(FILES))
    with io.BufferedReader(sealed, 1 << 16) as content, tarfile.open(fileobj=content, mode="r|") as archive:
        archive.extractall(root, filter="data")  # noqa: S202  (no path leads out of the folder)


def _execute(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)

"""A backup is whole, sealed and comes back whole; nobody gets in before what followed it is done again."""

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as site
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import OperationalError, connection, connections
from django.test import Client
from django.utils import timezone

from cdv_site import backup, closing, manifest, restore
from governance import after_restore
from profiles import keyring
from profiles.models import AuditEvent
from tests.cast import Cast, profile_of, send
from tests.databases import TestDatabase, as_owner, dump
from tests.governance.erasing import erase

CANARY = "Quuxcanary"


@pytest.fixture
def empty(django_db_setup: TestDatabase) -> Iterator[str]:
    """The name of an empty database beside."""
    name = f"{django_db_setup.name}_restored"
    with psycopg.connect(django_db_setup.admin_url, autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
        yield name
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


def manage(
    database: TestDatabase, name: str, media: Path, *arguments: str, **more: str
) -> "subprocess.CompletedProcess[str]":
    environ = os.environ | more | {
        "DATABASE_URL": database.url.replace(f"/{database.name}", f"/{name}"), "DATABASE_OWNER_URL": database.url_of(name),
        "CDV_MEDIA": str(media),
    }  # fmt: skip
    argv = [sys.executable, "manage.py", *arguments]
    return subprocess.run(argv, env=environ, cwd=site.BASE_DIR, capture_output=True, text=True, timeout=120)


def test_a_backup_comes_back_whole_without_whom_was_erased_since_and_nobody_is_signed_in(
    fresh_database: Callable[[], None], django_db_setup: TestDatabase, empty: str, settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT, settings.ERASURE_LEDGER = tmp_path / "media", str(tmp_path / "ledger.jsonl")
    cast = Cast()
    for user in (cast.ada, cast.root):
        user.groups.add(Group.objects.get(name="privacy officer"))
    send(
        cast.shop,
        {"id": "1", "name": f"Ada {CANARY}", "mail": f"{CANARY}@post.example"},
        {"id": "2", "name": "Cy Stays"},
    )
    Client().force_login(cast.root)
    call_command("backup", str(tmp_path / "backups"), stdout=io.StringIO())
    (folder,) = (tmp_path / "backups").iterdir()
    made = manifest.read(folder)
    told = AuditEvent.objects.get(action="site.backed_up").detail
    assert told == {"backup": made.id, "rows": sum(made.rows.values())}
    assert (folder.stat().st_mode & 0o777, made.rows["profiles_sourcerecord"], made.rows["django_session"]) == (
        0o700,
        2,
        1,
    )
    assert not any(CANARY.encode() in path.read_bytes() for path in folder.iterdir())
    erase(profile_of(cast.shop, "1"), cast.ada, cast.root)

    done = manage(django_db_setup, empty, tmp_path / "other", "restore", str(folder))
    assert "bring it back first" not in done.stderr and "Set ERASURE_LEDGER" in done.stderr
    assert "The site is closed" in manage(django_db_setup, empty, tmp_path / "other", "prepare").stderr
    done = manage(
        django_db_setup, empty, tmp_path / "other", "restore", "--finish", ERASURE_LEDGER=settings.ERASURE_LEDGER
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 done again" in done.stdout and "The site is open." in done.stdout
    assert CANARY.casefold() not in dump(empty)
    with psycopg.connect(django_db_setup.url_of(empty)) as there:
        kept = ("profiles_source", "profiles_user", "profiles_batch", "profiles_sourcerecord", "profiles_schemaversion")
        for table in kept:
            assert there.execute(f'SELECT count(*) FROM "{table}"').fetchone() == (made.rows[table],), table
        assert there.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        last = there.execute("SELECT action FROM profiles_auditevent ORDER BY id DESC LIMIT 1").fetchone()
        assert last == ("site.restored",)
        states = there.execute("SELECT external_id = '2', state FROM profiles_sourcerecord ORDER BY 1").fetchall()
        assert states == [(False, "erased"), (True, "resolved")]
    again = manage(django_db_setup, empty, tmp_path / "other", "restore", str(folder))
    assert "The database is not empty" in again.stderr


def test_a_backup_that_is_not_as_it_was_made_is_refused(
    fresh_database: Callable[[], None], settings: object, tmp_path: Path
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    folder, made = backup.make(tmp_path, timezone.now())
    manifest.check_parts(manifest.read(folder), folder)
    kept, text = settings.ENCRYPTION_KEYS, (folder / manifest.NAME).read_text()
    for keys, says in ((keyring.new_key(1), "is another key here"), (keyring.new_key(2), "is not configured here")):
        settings.ENCRYPTION_KEYS = keys
        with pytest.raises(manifest.BadBackup, match=says):
            manifest.read(folder)
    settings.ENCRYPTION_KEYS = f"{keyring.new_key(2)},{kept}"
    assert manifest.read(folder) == made  # keys may have been added since
    (folder / manifest.NAME).write_text(text.replace('"files": 0', '"files": 1'))
    with pytest.raises(manifest.BadBackup, match="was changed since"):
        manifest.read(folder)
    for name in (manifest.DATABASE, manifest.FILES):
        path = folder / name
        content = path.read_bytes()
        path.write_bytes(content[:-1])
        with pytest.raises(manifest.BadBackup, match=f"{name} was changed or cut off"):
            manifest.check_parts(made, folder)
        path.write_bytes(content)
    (folder / manifest.NAME).unlink()
    with pytest.raises(manifest.BadBackup, match="this is no backup"):
        manifest.read(folder)


def test_while_a_restore_is_not_finished_nobody_gets_in(
    fresh_database: Callable[[], None], django_db_setup: TestDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(closing, "_let_in", False)
    cast, client = Cast(), Client()
    client.force_login(cast.root)
    assert client.get("/").status_code == 200
    with as_owner():
        restore._execute(closing.CLOSE)
    connections.close_all()
    for response in (
        client.get("/"), client.get("/readyz"), client.get("/accounts/login/"),
        client.post("/accounts/login/", {"login": "root", "password": "a-long-password"}),
    ):  # fmt: skip
        assert (response.status_code, b"a backup is being restored" in response.content) == (503, True)
    assert Client().get("/healthz").status_code == 200
    with pytest.raises(OperationalError, match="The site is closed"):
        AuditEvent.objects.count()
    refused = manage(django_db_setup, django_db_setup.name, tmp_path, "prepare")
    assert "The site is closed" in refused.stderr

    for name in list(after_restore.STEPS):
        monkeypatch.delitem(after_restore.STEPS._entries, name)
    steps: list[str] = []

    def step() -> str:
        steps.append("done")
        if len(steps) == 1:
            raise RuntimeError("killed in the middle")
        return "1 erasure done again"

    monkeypatch.setitem(after_restore.STEPS._entries, "erasures", step)
    said: list[str] = []
    closing.let_in()
    with as_owner():
        with pytest.raises(RuntimeError):
            restore.finish(said.append)
        assert closing.is_closed(connection)
        restore.finish(said.append)
    assert "erasures: 1 erasure done again" in said
    monkeypatch.setattr(closing, "_let_in", False)
    connections.close_all()
    assert client.get("/accounts/login/").status_code == 200
    assert client.get("/").status_code == 302  # nobody is signed in any more
    assert AuditEvent.objects.filter(action="site.restored").count() == 1

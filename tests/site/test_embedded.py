"""The launcher: nothing it started outlives it, and it starts again after anything."""

import fcntl
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from cdv_site import embedded, throwaway
from cdv_site.processes import Roster
from profiles.models import User
from tests.databases import TestDatabase
from tests.launcher import Launcher, all_ready, launching, readiness

COUNT_ROLES = "from django.contrib.auth.models import Group; print(Group.objects.count())"

# a folder from before there were two roles in the database
ONE_ROLE = """
from cdv_site import database_roles
from django.db import connection
database_roles.become_owner()
connection.cursor().execute("DROP OWNED BY cdv_app; DROP ROLE cdv_app")
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that every account can enter, unlike pytest's."""
    home = Path(tempfile.mkdtemp(prefix="cdv-launcher-", dir="/var/tmp"))
    home.chmod(0o711)
    yield home
    shutil.rmtree(home)


@pytest.fixture
def launcher(home: Path) -> Iterator[Launcher]:
    with launching(home / "state of a checkout with spaces") as launcher:
        yield launcher


def test_killed_launcher_leaves_no_orphan_and_the_next_start_recovers(launcher: Launcher) -> None:
    address = launcher.start("--no-demo")
    assert readiness(address) == {"database": "ok", "migrations": "ok", "broker": "ok"}
    family = launcher.family()
    assert {"postgres", "redis", "worker", "scheduler", "web"} == set(launcher.names())

    launcher.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []

    assert readiness(launcher.start("--no-demo"))["database"] == "ok"
    family = launcher.family()
    assert launcher.end(signal.SIGINT) == 0
    assert psutil.wait_procs(family, timeout=0)[1] == []
    assert launcher.names() == {}


def test_killed_services_and_servers_are_started_again_and_their_children_end(launcher: Launcher) -> None:
    address = launcher.start("--no-demo")
    before, family = launcher.names(), launcher.family()

    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    assert psutil.wait_procs(family, timeout=60)[1] == []
    deadline = time.monotonic() + 90
    while launcher.names().items() & before.items() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert launcher.names().keys() == before.keys()
    assert all_ready(address, deadline)


def test_second_checkout_runs_beside_and_a_second_start_of_one_is_refused(launcher: Launcher, home: Path) -> None:
    address = launcher.start("--no-demo")
    with launching(home / "another") as other:
        assert other.start("--no-demo") != address
        assert readiness(address) == readiness(other.address)
    again = Launcher(launcher.state).run("--no-demo")
    assert (again.returncode, again.stderr.strip()) == (1, "This checkout is running already.")


def test_management_command_brings_up_the_database_it_needs(launcher: Launcher) -> None:
    done = launcher.run("manage", "prepare")
    assert done.returncode == 0, done.stdout + done.stderr
    before = launcher.run("manage", "shell", "--verbosity", "0", "-c", ONE_ROLE)
    assert before.returncode == 0, before.stdout + before.stderr
    counted = launcher.run("manage", "shell", "--verbosity", "0", "-c", COUNT_ROLES)
    assert counted.stdout.strip() == "9"
    assert launcher.names() == {}


def test_own_database_gets_neither_demo_nor_known_passwords(
    home: Path, fresh_database: object, django_db_setup: TestDatabase
) -> None:
    own = {
        "DATABASE_URL": django_db_setup.url,
        "REDIS_URL": django_db_setup.redis_url,
        "SECRET_KEY": "of-a-throw-away-server-that-nobody-else-reaches",
    }
    with launching(home / "state", **own) as launcher:
        address = launcher.start()
        launcher.wait_for("Ctrl-C")
        assert "Nobody can sign in yet: python3 run.py manage createsuperuser" in launcher.output.read_text()
        assert {"worker", "scheduler", "web"} == set(launcher.names())
        page = urllib.request.urlopen(f"{address}accounts/login/", timeout=10).read().decode()
    assert "steward-demo" not in launcher.output.read_text() + page
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("environ", "word"),
    [
        ({"DATABASE_URL": "postgresql://host/name"}, "SECRET_KEY must be set too"),
        ({"DATABASE_URL": "mysql://host/name", "SECRET_KEY": "x"}, "DATABASE_URL must look like"),
        ({"CDV_HTTPS": "perhaps"}, "CDV_HTTPS must be yes or no"),
    ],
)
def test_unusable_setting_is_told_in_a_sentence(home: Path, environ: dict[str, str], word: str) -> None:
    done = Launcher(home / "state", **environ).run()
    assert done.returncode == 1
    assert word in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


def test_older_postgres_is_refused(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "pg_version", 170_004)
    with pytest.raises(CommandError, match="PostgreSQL 18 is needed; DATABASE_URL leads to 17"):
        call_command("prepare")


def test_killed_test_run_is_cleaned_up_by_the_next(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(home))
    abandoned, fresh, held = (home / f"{throwaway.PREFIX}{name}" for name in ("abandoned", "fresh", "held"))
    for directory in (abandoned, fresh, held):
        directory.mkdir()
        (directory / "lock").touch()
        if directory != fresh:
            os.utime(directory, (0, 0))
    with (held / "lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        throwaway.remove_abandoned()
    assert (abandoned.exists(), fresh.exists(), held.exists()) == (False, True, True)


def test_lock_file_of_a_reused_process_number_does_not_stop_postgres(launcher: Launcher) -> None:
    server = embedded.Postgres(launcher.state)
    server.prepare()
    (server.data / "postmaster.pid").write_text(f"{os.getpid()}\n{server.data}\n")
    server.prepare()
    assert not (server.data / "postmaster.pid").exists()


def test_roster_spares_a_stranger_who_got_the_number(tmp_path: Path) -> None:
    ours, stranger = (subprocess.Popen(["sleep", "60"]) for _ in range(2))
    started = psutil.Process(ours.pid).create_time()
    path = tmp_path / "processes.json"
    path.write_text(
        json.dumps([[ours.pid, started, "ours"], [stranger.pid, started - 500, "reused"], [2**22 + 1, 1.0, "gone"]])
    )

    assert Roster(path).end_leftovers(timeout=5) == ["ours"]
    assert stranger.poll() is None
    assert ours.poll() is not None
    stranger.kill()
    stranger.wait()


def test_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").symlink_to(tmp_path)
    with pytest.raises(embedded.EmbeddedFailed, match="somebody else"):
        embedded.private_dir(tmp_path / "theirs")


def test_trigrams_of_cyrillic_are_not_empty(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('Иван')")
        assert cursor.fetchone()[0]

"""Private servers for tests and benchmarks, in a directory that goes with them."""

import contextlib
import fcntl
import os
import secrets
import shutil
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from profiles import keyring

from . import embedded, processes
from .supervisor import Supervisor

PREFIX = "cdv-test-"
REPLACED = (
    "DATABASE_URL",
    "DATABASE_OWNER_URL",
    "REDIS_URL",
    "CDV_DEMO",
    "CDV_DEBUG",
    "CDV_HTTPS",
    "CDV_MEDIA",
    "ALLOWED_HOSTS",
)


def run_on_throw_away_servers(
    argv: Sequence[str], *, options: Mapping[str, str], say: Callable[[str], None], as_owner: bool = False
) -> int:
    """Run a command with an environment that leads to a migrated, empty database and a Redis of its own; as the site's
    role in the database, unless told otherwise."""
    remove_abandoned()
    with _directory() as base, _supervised(base, say) as supervisor:
        environ = _start(supervisor, base, options)
        if as_owner:
            environ["DATABASE_URL"] = environ["DATABASE_OWNER_URL"]
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        return processes.run(migrate, env=environ, cwd=embedded.CHECKOUT) or processes.run(
            argv, env=environ, cwd=embedded.CHECKOUT
        )


@contextmanager
def _directory() -> Iterator[Path]:
    """A directory locked for as long as we live; whoever finds it unlocked may remove it."""
    base = Path(tempfile.mkdtemp(prefix=PREFIX))
    with (base / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield base
        finally:
            _remove(base)


@contextmanager
def _supervised(base: Path, say: Callable[[str], None]) -> Iterator[Supervisor]:
    supervisor = Supervisor(processes.Roster(base / "processes.json"), say)
    supervisor.listen()
    try:
        yield supervisor
    finally:
        supervisor.stop()


def _start(supervisor: Supervisor, base: Path, options: Mapping[str, str]) -> dict[str, str]:
    embedded.serve(embedded.Postgres(base, options), supervisor, base)
    embedded.serve(embedded.Redis(base), supervisor, base)
    kept = {name: value for name, value in os.environ.items() if name not in REPLACED}
    return kept | {
        "DATABASE_URL": embedded.database_url(base),
        "DATABASE_OWNER_URL": embedded.owner_url(base),
        "REDIS_URL": embedded.redis_url(base),
        "SECRET_KEY": "of-a-throw-away-server-that-nobody-else-reaches",
        "ENCRYPTION_KEYS": keyring.new_key(),
        "DIGEST_KEYS": keyring.new_key(),
        "AUDIT_SIGNING_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "CDV_SECOND_FACTOR": "no",
        "CDV_PRODUCTION": "no",
        "CDV_MEDIA": str(base / "media"),
        "CDV_TEST_BASE": str(base),
    }


def remove_abandoned() -> None:
    """Remove what launchers that were killed have left: directories of ours that nobody holds locked."""
    for base in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            if base.stat().st_uid == os.geteuid() and time.time() - base.stat().st_mtime > 60:  # one just made
                _remove_unless_locked(base)


def _remove_unless_locked(base: Path) -> None:
    with (base / "lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        processes.Roster(base / "processes.json").end_leftovers()
        _remove(base)


def _remove(base: Path) -> None:
    shutil.rmtree(base, ignore_errors=True)
    shutil.rmtree(embedded.socket_dir(base), ignore_errors=True)

"""Private servers for tests and benchmarks: fast because nothing on them has to survive."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from . import embedded
from .processes import Roster
from .supervisor import Supervisor

REPLACED = ("DATABASE_URL", "REDIS_URL", "CDV_DEMO", "CDV_DEBUG", "CDV_HTTPS", "CDV_MEDIA", "ALLOWED_HOSTS")


@contextmanager
def throw_away_servers(say: Callable[[str], None]) -> Iterator[dict[str, str]]:
    """Start both servers with a migrated database; yields the environment that leads to it."""
    base = Path(tempfile.mkdtemp(prefix="cdv-test-"))
    supervisor = Supervisor(Roster(base / "processes.json"), say)
    supervisor.listen()
    try:
        environ = _start(supervisor, base)
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            env=environ,
            cwd=embedded.CHECKOUT,
            check=True,
        )
        yield environ
    finally:
        supervisor.stop()
        shutil.rmtree(base, ignore_errors=True)
        shutil.rmtree(embedded.socket_dir(base), ignore_errors=True)


def _start(supervisor: Supervisor, base: Path) -> dict[str, str]:
    for server in (embedded.Postgres(base, embedded.THROW_AWAY), embedded.Redis(base)):
        server.prepare()
        process = supervisor.add(server.command(base / f"{type(server).__name__.lower()}.log"))
        server.wait(process)
    kept = {name: value for name, value in os.environ.items() if name not in REPLACED}
    return kept | {
        "DATABASE_URL": embedded.database_url(base),
        "REDIS_URL": embedded.redis_url(base),
        "SECRET_KEY": "of-a-throw-away-server-that-nobody-else-reaches",
        "CDV_MEDIA": str(base / "media"),
        "CDV_TEST_BASE": str(base),
    }

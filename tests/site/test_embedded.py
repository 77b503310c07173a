"""The launcher: nothing it started outlives it, and it starts again after anything."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cdv_site import embedded
from cdv_site.processes import Roster

REPLACING = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")


class Launcher:
    """`run.py` on a state directory of its own, as a child process."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.output = state.parent / "output"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> str:
        """Start and wait for the address it prints."""
        env = {name: value for name, value in os.environ.items() if name not in REPLACING}
        env |= {"CDV_STATE_DIR": str(self.state)}
        with self.output.open("wb") as output:
            argv = [sys.executable, "-m", "cdv_site.launch", "--no-demo"]
            self.process = subprocess.Popen(argv, env=env, cwd=embedded.CHECKOUT, stdout=output, stderr=output)
        return self._address()

    def family(self) -> list[psutil.Process]:
        """Everything it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def names(self) -> dict[str, int]:
        """The noted services and their process numbers."""
        return {name: pid for pid, _, name in json.loads((self.state / "processes.json").read_text())}

    def end(self, signum: int) -> int:
        self.process.send_signal(signum)
        return self.process.wait(40)

    def _address(self, seconds: float = 60) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := re.search(r"http://\S+:\d+/", self.output.read_text()):
                return found.group()
            assert self.process.poll() is None, self.output.read_text()
            time.sleep(0.1)
        raise AssertionError(self.output.read_text())


@pytest.fixture
def launcher() -> Iterator[Launcher]:
    home = Path("/var/tmp") / f"cdv-launcher-{os.getpid()}"  # every account can enter it, unlike pytest's directories
    home.mkdir(mode=0o711)
    launcher = Launcher(home / "state of a checkout with spaces")
    yield launcher
    if launcher.process and launcher.process.poll() is None:
        launcher.end(signal.SIGTERM)
    subprocess.run(["rm", "-rf", str(home), str(embedded.socket_dir(launcher.state))], check=True)


def readiness(address: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{address}readyz", timeout=10) as response:
        return json.load(response)


def test_killed_launcher_leaves_no_orphan_and_the_next_start_recovers(launcher: Launcher) -> None:
    address = launcher.start()
    assert readiness(address) == {"database": "ok", "migrations": "ok", "broker": "ok"}
    family = launcher.family()
    assert {"postgres", "redis", "worker", "scheduler", "web"} == set(launcher.names())

    launcher.end(signal.SIGKILL)
    _, alive = psutil.wait_procs(family, timeout=30)
    assert alive == []

    assert readiness(launcher.start())["database"] == "ok"
    family = launcher.family()
    assert launcher.end(signal.SIGINT) == 0
    assert psutil.wait_procs(family, timeout=0)[1] == []
    assert launcher.names() == {}


def test_killed_service_is_started_again_and_its_children_end(launcher: Launcher) -> None:
    launcher.start()
    worker = launcher.names()["worker"]
    pool = psutil.Process(worker).children(recursive=True)

    os.kill(worker, signal.SIGKILL)
    assert psutil.wait_procs(pool, timeout=10)[1] == []
    deadline = time.monotonic() + 20
    while launcher.names()["worker"] == worker and time.monotonic() < deadline:
        time.sleep(0.2)
    assert psutil.pid_exists(launcher.names()["worker"])


def test_second_start_of_the_same_checkout_is_refused(launcher: Launcher) -> None:
    launcher.start()
    second = Launcher(launcher.state)
    second.output = launcher.output.with_name("second")
    with pytest.raises(AssertionError, match="running already"):
        second.start()


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
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT show_trgm('Иван')")
        assert cursor.fetchone()[0]

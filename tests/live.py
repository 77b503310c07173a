"""The real site for journeys and for tests that kill things."""

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Self

from cdv_site import services
from cdv_site.processes import Command, start, stop
from tests.databases import TestDatabase


class LiveSite:
    """Web, worker and scheduler on one test database. `processes` holds them by name: web, worker, scheduler."""

    def __init__(self, database: TestDatabase, logs: Path) -> None:
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.logs = logs
        self.env = {**os.environ, "DATABASE_URL": database.url, "REDIS_URL": database.redis_url}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        for name in ("worker", "scheduler", "web"):
            self.start(name)
        self.wait_for_page()
        return self

    def __exit__(self, *_: object) -> None:
        for name in ("web", "scheduler", "worker"):
            stop(self.processes[name], timeout=10)

    def start(self, name: str) -> None:
        """Start one service, again after `kill`."""
        self.processes[name] = start(self._command(name))

    def kill(self, name: str) -> None:
        """kill -9."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def wait_for_page(self, seconds: float = 30) -> None:
        """Wait until the web answers."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/healthz", timeout=5):
                return
            time.sleep(0.1)
        raise AssertionError((self.logs / "web.log").read_text()[-4000:])

    def _command(self, name: str) -> Command:
        parts = {"logs": self.logs, "env": self.env}
        if name == "web":
            return services.web(bind=f"127.0.0.1:{self.port}", **parts)
        return services.worker(**parts) if name == "worker" else services.scheduler(**parts)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]

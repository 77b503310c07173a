"""The real site for journeys and for tests that kill things."""

import os
import signal
import socket
import subprocess
from pathlib import Path
from typing import Self

from cdv_site import services
from cdv_site.addresses import wait_until_answered
from cdv_site.processes import Command, start, stop_together
from tests.databases import TestDatabase

NAMES = ("worker", "scheduler", "web")


class LiveSite:
    """Web, worker and scheduler (or some of them) on one test database. `processes` holds them by name: web, worker, scheduler."""

    def __init__(self, database: TestDatabase, logs: Path, *, only: tuple[str, ...] = NAMES) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.logs, self.only = logs, only
        self.env = {**os.environ, "DATABASE_URL": database.url, "REDIS_URL": database.redis_url}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        for name in self.only:
            self.start(name)
        if "web" in self.only:
            wait_until_answered(self.listener)
        return self

    def __exit__(self, *_: object) -> None:
        stop_together(self.processes.values(), timeout=10)
        self.listener.close()

    def start(self, name: str) -> None:
        """Start one service, again after `kill`."""
        self.processes[name] = start(self._command(name))

    def kill(self, name: str) -> None:
        """kill -9."""
        self.processes[name].send_signal(signal.SIGKILL)
        self.processes[name].wait()

    def _command(self, name: str) -> Command:
        parts = {"logs": self.logs, "env": self.env}
        if name == "web":
            return services.web(listener=self.listener, **parts)
        return services.worker(**parts) if name == "worker" else services.scheduler(**parts)

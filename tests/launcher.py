"""The launcher as a child process, for tests that start, kill and look at it from outside."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from cdv_site import embedded

REPLACING = ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "SECRET_KEY", "CDV_MEDIA")


class Launcher:
    """`run.py` on a state directory of its own, as a child process; by default on embedded servers."""

    def __init__(self, state: Path, **environ: str) -> None:
        self.state = state
        self.output = state.parent / f"{state.name}.output"
        self.process: subprocess.Popen[bytes] | None = None
        self.env = {name: value for name, value in os.environ.items() if name not in REPLACING}
        self.env |= {"CDV_STATE_DIR": str(state)} | environ

    def start(self, *arguments: str) -> str:
        """Start and wait for the address it prints."""
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                self._argv(*arguments),
                env=self.env,
                cwd=embedded.CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )
        self.wait_for("http://")
        return self.address

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """A verb that ends by itself."""
        argv = self._argv(*arguments)
        return subprocess.run(argv, env=self.env, cwd=embedded.CHECKOUT, capture_output=True, text=True, timeout=120)

    @staticmethod
    def _argv(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "cdv_site.launch", *arguments]

    def family(self) -> list[psutil.Process]:
        """Everything it has started."""
        return psutil.Process(self.process.pid).children(recursive=True)

    def names(self) -> dict[str, int]:
        """The noted services and their process numbers."""
        return {name: pid for pid, _, name in json.loads((self.state / "processes.json").read_text())}

    def end(self, signum: int) -> int:
        self.process.send_signal(signum)
        return self.process.wait(40)

    @property
    def address(self) -> str:
        return re.search(r"http://\S+:\d+/", self.output.read_text()).group()

    def wait_for(self, word: str, seconds: float = 60) -> None:
        """Wait until it has said this."""
        deadline = time.monotonic() + seconds
        while word not in (said := self.output.read_text()):
            assert self.process.poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.1)


@contextmanager
def launching(state: Path, **environ: str) -> Iterator[Launcher]:
    """A launcher that is ended whatever the test comes to."""
    launcher = Launcher(state, **environ)
    try:
        yield launcher
    finally:
        if launcher.process and launcher.process.poll() is None:
            launcher.end(signal.SIGTERM)
        shutil.rmtree(embedded.socket_dir(state), ignore_errors=True)


def readiness(address: str) -> dict[str, str]:
    with urllib.request.urlopen(f"{address}readyz", timeout=10) as response:
        return json.load(response)


def all_ready(address: str, deadline: float) -> bool:
    """Whether every part is ready before the deadline (of the monotonic clock)."""
    while time.monotonic() < deadline:
        with suppress(OSError):
            if set(readiness(address).values()) == {"ok"}:
                return True
        time.sleep(0.2)
    return False

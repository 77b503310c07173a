"""The three services of the product as commands: web, worker, scheduler."""

import socket
import sys
from collections.abc import Mapping
from pathlib import Path

from .embedded import CHECKOUT
from .processes import Command

CELERY = (sys.executable, "-m", "celery", "-A", "cdv_site.celery")


def web(*, listener: socket.socket, logs: Path, env: Mapping[str, str]) -> Command:
    """Gunicorn with threads: requests wait for the database most of the time. It inherits the listening socket, so the
    port stays ours while it is started again."""
    number = listener.fileno()
    argv = [sys.executable, "-m", "gunicorn", "cdv_site.wsgi", "--bind", f"fd://{number}", "--worker-class", "gthread"]
    argv += ["--workers", "2", "--threads", "4", "--preload", "--timeout", "60", "--graceful-timeout", "10"]
    argv += ["--no-control-socket", "--logger-class", "cdv_site.logs.GunicornLogger"]
    return Command("web", argv, logs / "web.log", env=env, cwd=CHECKOUT, pass_fds=[number])


def worker(*, logs: Path, env: Mapping[str, str], concurrency: int = 2) -> Command:
    """A worker that does not gossip: start and stop stay quick."""
    argv = [*CELERY, "worker", "--without-mingle", "--without-gossip", "--concurrency", str(concurrency)]
    return Command("worker", argv, logs / "worker.log", env=env, cwd=CHECKOUT)


def scheduler(*, logs: Path, env: Mapping[str, str]) -> Command:
    """Celery beat; its schedule is in the settings, the file only remembers when it last ran."""
    argv = [*CELERY, "beat", "--schedule", str(logs / "schedule"), "--pidfile", ""]
    return Command("scheduler", argv, logs / "scheduler.log", env=env, cwd=CHECKOUT)

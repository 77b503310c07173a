"""The three services of the product as commands: web, worker, scheduler."""

import sys
from collections.abc import Mapping
from pathlib import Path

from .embedded import CHECKOUT
from .processes import Command

CELERY = (sys.executable, "-m", "celery", "-A", "cdv_site.celery")


def web(*, bind: str, logs: Path, env: Mapping[str, str]) -> Command:
    """Gunicorn with threads: requests wait for the database most of the time."""
    argv = [sys.executable, "-m", "gunicorn", "cdv_site.wsgi", "--bind", bind, "--worker-class", "gthread"]
    argv += ["--workers", "2", "--threads", "4", "--timeout", "60", "--no-control-socket"]
    return Command("web", argv, logs / "web.log", env=env, cwd=CHECKOUT)


def worker(*, logs: Path, env: Mapping[str, str], concurrency: int = 2) -> Command:
    """A worker that does not gossip: start and stop stay quick. It logs to a file, for with a closed pipe as stdout it
    would ignore SIGTERM."""
    argv = [*CELERY, "worker", "--without-mingle", "--without-gossip", "--concurrency", str(concurrency)]
    argv += ["--loglevel", "INFO", "--logfile", str(logs / "worker.log")]
    return Command("worker", argv, logs / "worker.out.log", env=env, cwd=CHECKOUT)


def scheduler(*, logs: Path, env: Mapping[str, str]) -> Command:
    """Celery beat; its schedule is in the settings, the file only remembers when it last ran."""
    argv = [*CELERY, "beat", "--loglevel", "INFO", "--logfile", str(logs / "scheduler.log")]
    argv += ["--schedule", str(logs / "schedule"), "--pidfile", ""]
    return Command("scheduler", argv, logs / "scheduler.out.log", env=env, cwd=CHECKOUT)

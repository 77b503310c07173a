"""Several processes that do random things to a few hot customers at once, through the real code."""

import logging
import multiprocessing
import random
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, connections, transaction

from matching import blocking, identity, locks, review, run, second_person, upheld
from matching import undo as undoing
from matching.locks import Busy
from profiles import jobs
from profiles.models import Job
from tests.matching.invariants import broken
from tests.matching.world import REFUSALS, World

PROCESSES = 8
FIELDS = [("family_name", ["Lovelace"]), ("given_name", ["Ada"]), ("email", [])]


@dataclass(slots=True)
class Blows:
    """What came of the acts: done and refused by verb, and the errors that nobody should see."""

    done: Counter = field(default_factory=Counter)
    refused: Counter = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)


def strike(world: World, dice: random.Random) -> str:
    """One random act; its name. Cannot-links are revoked often, or soon nothing could meet any more."""
    n, mask, flag = (lambda: dice.randrange(8)), dice.randrange(1, 16), dice.random() < 0.3
    verbs: dict[str, Callable[[], object]] = {
        "merge": lambda: world.merge(n(), n(), flag),
        "split": lambda: world.split(n(), mask, flag),
        "move": lambda: world.move(n(), mask, n()),
        "undo": lambda: world.undo(n(), flag),
        "decide": lambda: world.decide(n(), dice.choice(["same", "not_same", "unsure"])),
        "compare": lambda: world.compare(n(), n(), dice.choice(["same", "not_same"])),
        "revoke": lambda: world.revoke(n()),
        "correct": lambda: world.correct(n(), *dice.choice(FIELDS)),
        "ingest": lambda: _ingest(world, dice),
    }
    name = dice.choices(list(verbs), [4, 4, 3, 4, 2, 2, 4, 1, 3])[0]
    try:
        verbs[name]()
    except (*REFUSALS, Busy) as refused:
        raise Refused(name) from refused
    return name


class Refused(Exception):
    """The act named was refused, as it may be."""


def _ingest(world: World, dice: random.Random) -> None:
    rows = [world.row(dice.randrange(1, 6), dice.randrange(6), dice.randrange(32), "") for _ in range(2)]
    world.ingest(dice.randrange(2), rows, snapshot=dice.random() < 0.2)
    world.resolve()


def _hammer(seed: int, seconds: float, least: int, bare: bool, results: Any) -> None:
    """A process: strike until the time is over (and at least so often), then say what came of it."""
    for alias in connections:
        connections[alias].connection = None  # the parent's
    if bare:
        drop_application_locks()
    blows, dice, end = Blows(), random.Random(seed), time.monotonic() + seconds
    with errors_logged(blows.errors):
        world = World()
        while time.monotonic() < end or sum(blows.done.values()) < least:
            try:
                blows.done[strike(world, dice)] += 1
            except Refused as refused:
                blows.refused[str(refused)] += 1
            except Exception:
                blows.errors.append(traceback.format_exc(limit=-4))
    connections.close_all()
    results.put(blows)


@contextmanager
def errors_logged(errors: list[str]) -> Iterator[None]:
    """What the job runner logs instead of raising."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            errors.append(self.format(record))

    handler, logger = Keep(logging.WARNING), logging.getLogger("profiles.jobs")
    logger.addHandler(handler)
    yield
    logger.removeHandler(handler)


def hammer(
    *, seconds: float, least: int = 0, bare: bool = False, until_broken: bool = False
) -> tuple[Blows, list[str]]:
    """Let the processes loose; their blows together, and the invariants found broken while they struck or after.

    `until_broken`: the first break ends it, and nobody is waited for: in a broken world some acts have no end, as a
    record that waits for a customer who is no more is resolved for ever.
    """
    connections.close_all()
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    striking = [
        context.Process(target=_hammer, args=(seed, seconds, least, bare, results), daemon=True)
        for seed in range(PROCESSES)
    ]
    for process in striking:
        process.start()
    deadline = time.monotonic() + seconds + 90
    try:
        found = watch(lambda: results.qsize() < PROCESSES and time.monotonic() < deadline)
        total = Blows() if found and until_broken else gathered(results, deadline)
    finally:
        for process in striking:
            process.kill()  # who has reported has nothing left to do
            process.join()
    return total, found or settle() or broken()


def gathered(results: Any, deadline: float) -> Blows:
    """The blows of all processes together; each must report before the deadline (of the monotonic clock)."""
    total = Blows()
    for _ in range(PROCESSES):
        blows = results.get(timeout=max(0, deadline - time.monotonic()))
        total.done += blows.done
        total.refused += blows.refused
        total.errors += blows.errors
    return total


def watch(busy: Callable[[], bool]) -> list[str]:
    """Look at the invariants in one snapshot, again and again, while the processes strike, until the first break."""
    while busy():
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            found = broken()
        if found:
            return found
        time.sleep(0.3)
    return []


def settle() -> list[str]:
    """What was given back is done now, so that nothing is left in the middle."""
    for job_id in Job.objects.filter(state="queued").exclude(kind="resolve").values_list("id", flat=True):
        jobs.run(job_id)
    run.resolve_all()
    return []


def drop_application_locks() -> None:
    """In this process only: the functions that take locks take none. The product has no such switch."""
    nothing = lambda *_: None  # noqa: E731
    for module in (locks, identity, undoing, review, second_person, upheld):
        module.lock_profiles = nothing
    run.lock_resolution = nothing
    blocking.lock_homes = locks._homes


def deadlocks() -> int:
    """Deadlocks that the server has counted in this database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        return cursor.fetchone()[0]

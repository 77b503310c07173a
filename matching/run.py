"""The shell around the engine: takes what waits, lets the pure engine decide, and has its plan carried out.

The same for one record, a batch of an import or a nightly run, and for several workers at once. Keys are visible from
receive on, and records are claimed by row locks, so no two workers take the same. Reading and scoring need no lock. The
plan is applied under one short lock, after a look at what was resolved since it was read: what hangs on that is left out
and looked at again, so two workers cannot both miss the same new person.
"""

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager

from django.db import connection, transaction

from profiles import jobs
from profiles.bulk import array
from profiles.collecting import without_collecting
from profiles.context import acting, current_actor
from profiles.models import SourceRecord

from .brakes import braked
from .locks import atomic_with_retry, lock_resolution, wait_patiently
from .models import RunBrake
from .outcome import carry_out
from .picture import look
from .upheld import still_true

Effect = Callable[[], AbstractContextManager[None]]

BATCH = 500
NOT_STOPPED = "NOT EXISTS (SELECT FROM matching_runbrake k WHERE k.batch_id = r.batch_id AND k.state = 'on')"
PAUSE = 0.2  # seconds to wait for records that others hold
SHOW = 5.0  # seconds between two counts of what waits


def run_resolve(claim: jobs.Claim) -> None:
    """The resolve job: batches of what waits, oldest first, until nothing waits."""
    shown = float("-inf")
    for done in resolve_waiting(claim.effect):
        progress = {"resolved": done}
        if time.monotonic() - shown > SHOW:
            shown = time.monotonic()
            progress["waiting"] = SourceRecord.objects.filter(state=SourceRecord.State.RECEIVED).count()
        claim.beat(**progress)


def resolve_waiting(effect: Effect = transaction.atomic) -> Iterator[int]:
    """Resolve batch by batch, each in its own transaction; yields how many records are done, until none waits.

    A batch of which others took the greater part is followed by one that locks before it reads, so that all get on. Where
    not even that gets anywhere, or others hold all that waits, it pauses.
    """
    total, after, firmly = 0, 0, False
    while True:
        ids, done = _resolve_some(effect, after, firmly)
        total += done
        if ids:
            yield total
        elif not after and not is_waiting():
            return
        if is_stuck(len(ids), done, after=after, firmly=firmly):
            time.sleep(PAUSE)
        firmly = done * 2 < len(ids)
        after = ids[-1] if ids and done == len(ids) else 0


def is_stuck(claimed: int, done: int, *, after: int, firmly: bool) -> bool:
    """Whether to pause: others hold all that waits, or not even a batch that locked before it read got anywhere."""
    return done == 0 and firmly if claimed else after == 0


@atomic_with_retry
def _resolve_some(effect: Effect, after: int, firmly: bool) -> tuple[list[int], int]:
    """Claim a batch behind a record and resolve it: the records claimed, and how many were resolved."""
    with effect():
        ids = claim_waiting(BATCH, after)
        return ids, resolve_batch(ids, firmly=firmly)


def claim_waiting(limit: int, after: int = 0) -> list[int]:
    """Lock the oldest records that wait and that nobody else has locked, for this transaction. 1 query.

    Records of an import that the run brake stopped wait for a person.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT r.id FROM profiles_sourcerecord r WHERE r.state = 'received' AND r.id > %s AND {NOT_STOPPED}"  # noqa: S608
            " ORDER BY r.id LIMIT %s FOR NO KEY UPDATE OF r SKIP LOCKED",
            [after, limit],
        )
        return [row[0] for row in cursor.fetchall()]


def is_waiting() -> bool:
    """Whether any record waits to be resolved, and not for a person. 1 query."""
    waiting = SourceRecord.objects.filter(state=SourceRecord.State.RECEIVED)
    return waiting.exclude(
        batch__in=RunBrake.objects.filter(state=RunBrake.State.ON, batch__isnull=False).values("batch")
    ).exists()


def resolve_batch(record_ids: Sequence[int], *, firmly: bool = False, apart_from: Collection[int] = ()) -> int:
    """Resolve records that the caller's transaction has claimed; returns how many. A fixed number of queries.

    What others changed meanwhile is left out and stays received. `firmly` locks first: only stewards come between.
    `apart_from`: records that these were split from; they are matched against all others.
    """
    if not record_ids:
        return 0
    with without_collecting(), acting(current_actor().automatic):
        wait_patiently()
        if firmly:
            lock_resolution()
        picture = look(record_ids, apart_from)
        if not firmly:
            lock_resolution()
        picture = still_true(picture)
        if not apart_from:
            picture = braked(picture)
        if picture.fresh:
            carry_out(picture)
        return len(picture.fresh)


def resolve_now(record_ids: Sequence[int]) -> None:
    """Resolve these records at once, where a door must answer with the customer; those resolved already stay.

    Call it outside a transaction: each try is one of its own, so that customers are locked in one round.
    """
    for firmly in (False, True, True):
        if _resolve_once(record_ids, firmly):
            return


@atomic_with_retry
def _resolve_once(record_ids: Sequence[int], firmly: bool) -> bool:
    """Claim those that wait still and resolve them; whether none is left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM profiles_sourcerecord WHERE id = ANY(%s::bigint[]) AND state = 'received' ORDER BY id"
            " FOR NO KEY UPDATE",
            [array(record_ids)],
        )
        waiting = [row[0] for row in cursor.fetchall()]
    return not waiting or resolve_batch(waiting, firmly=firmly) == len(waiting)


def resolve_all() -> int:
    """Resolve everything that waits, outside a job: for commands and tests. Returns how many records."""
    return max(resolve_waiting(), default=0)

"""Transaction locks on profiles, taken in one order by everybody, and the retry of what databases refuse for a moment."""

import hashlib
import random
import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError, connection, transaction

P = ParamSpec("P")
R = TypeVar("R")

TRANSIENT = {"40001", "40P01", "55P03", "23505"}  # serialisation, deadlock, lock timeout, our own unique keys
ATTEMPTS = 5


class Busy(Exception):
    """Others changed the same customers again and again; nothing was done."""


def lock_key(profile_id: UUID) -> int:
    """The signed 64-bit advisory key of a profile."""
    return int.from_bytes(hashlib.sha256(profile_id.bytes).digest()[:8], "big", signed=True)


def lock_profiles(profile_ids: Iterable[UUID]) -> None:
    """Lock profiles until the transaction ends, in ascending order of their keys. 1 query."""
    keys = sorted({lock_key(profile_id) for profile_id in profile_ids})
    if keys:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) WITH ORDINALITY AS wanted(key, n) ORDER BY n",
                [keys],
            )


def atomic_with_retry(action: Callable[P, R]) -> Callable[P, R]:
    """Run an action in a transaction; transient refusals (also at commit) retry the whole of it, with jitter.

    Inside a caller's transaction it runs once, since only the outermost transaction can be repeated.
    """

    @wraps(action)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            with transaction.atomic():
                return action(*args, **kwargs)
        for attempt in range(ATTEMPTS):
            try:
                with transaction.atomic():
                    return action(*args, **kwargs)
            except DatabaseError as error:
                if getattr(error.__cause__, "sqlstate", None) not in TRANSIENT:
                    raise
                time.sleep(random.uniform(0, 0.02 * 2**attempt))  # noqa: S311  (jitter, not a secret)
        raise Busy("Someone else is changing the same customers. Nothing was done; please try again.")

    return run

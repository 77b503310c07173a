"""Locks of matching, and the one under which resolutions are applied. Locks on profiles, and the retry, are profiles/locks.py's."""

from collections.abc import Collection
from uuid import UUID

from django.db import connection, transaction

from profiles.locks import ATTEMPTS, Busy, atomic_with_retry, lock_key, lock_profiles
from profiles.models import Membership

__all__ = [
    "RESOLVE_LOCK", "Busy", "atomic_with_retry", "lock_homes", "lock_key", "lock_order", "lock_profiles",
    "lock_resolution", "wait_patiently",
]  # fmt: skip

RESOLVE_LOCK = 7_305_912_001
ORDER_LOCK = 7_305_912_002


def wait_patiently() -> None:
    """A job may wait longer for locks than a person would, and reads without parallel workers, which take longer to start
    than a batch takes to read, until its transaction ends. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '30s'; SET LOCAL max_parallel_workers_per_gather = 0")


def lock_resolution() -> None:
    """The short lock under which resolutions are applied one after another. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [RESOLVE_LOCK])


def lock_order() -> None:
    """The lock under which those who share the lock of resolution number what they resolved, until they commit: whoever has
    read a number has seen all lower ones. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [ORDER_LOCK])


def lock_homes(record_ids: Collection[int]) -> dict[int, UUID]:
    """Record → its profile, with the profiles locked: read again under the locks, until nobody was quicker."""
    for _ in range(ATTEMPTS):
        homes = _homes(record_ids)
        if not homes:
            return homes
        before = transaction.savepoint()
        lock_profiles(set(homes.values()))
        if _homes(record_ids) == homes:
            transaction.savepoint_commit(before)
            return homes
        transaction.savepoint_rollback(before)  # gives the locks back
    raise Busy("The customers are being changed again and again; the records wait for another turn.")


def _homes(record_ids: Collection[int]) -> dict[int, UUID]:
    return dict(Membership.objects.filter(record_id__in=record_ids).values_list("record_id", "profile_id"))

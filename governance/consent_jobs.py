"""What follows a statement later: a NO reaches customers that came to hold its value meanwhile, and grants end in time."""

import time
from datetime import datetime

from django.db import connection
from django.utils import timezone

from matching.locks import atomic_with_retry, lock_profiles, wait_patiently
from profiles import jobs

from . import consent_store, contacts
from .models import CONTACT_FIELDS, ConsentEvent, ConsentState

PAUSE, PATIENCE = 0.2, 120.0  # seconds
TOGETHER = 500


def run_spread(claim: jobs.Claim) -> None:
    """The job behind a NO on a contact value.

    A transaction that was under way when the NO was written did not see it, and may have given the value to a customer:
    once all of those have ended, whoever holds the value is worked out again.
    """
    _let_others_end(claim)
    notes = ConsentEvent.objects.filter(id__in=claim.args["events"], note__contact_value__gt="")
    said_no = {
        (CONTACT_FIELDS[channel], value) for channel, value in notes.values_list("channel", "note__contact_value")
    }
    holding = sorted(contacts.holders(said_no))
    for start in range(0, len(holding), TOGETHER):
        _refresh(claim, holding[start : start + TOGETHER])
        claim.beat(customers=start)


def _let_others_end(claim: jobs.Claim) -> None:
    """Wait until every transaction that writes and runs now has ended."""
    begun, deadline = _writing(), time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if not begun & _writing():
            return
        claim.beat()
        time.sleep(PAUSE)
    raise TimeoutError("A transaction goes on and on; the job is tried again.")


def _writing() -> set[str]:
    """The other transactions of this database that write now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.transactionid::text FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
            " WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted"
            " AND a.datname = current_database() AND a.pid <> pg_backend_pid()"
        )
        return {row[0] for row in cursor.fetchall()}


@atomic_with_retry
def _refresh(claim: jobs.Claim, profile_ids: list) -> None:
    with claim.effect():
        wait_patiently()
        lock_profiles(profile_ids)
        consent_store.refresh(profile_ids)


def refresh_lapsed(now: datetime | None = None) -> int:
    """Work out anew what was stored until now: grants that ended. Bounded; returns how many customers."""
    moment = now or timezone.now()
    rows = ConsentState.objects.filter(valid_until__lte=moment).order_by("valid_until")
    ids = sorted(set(rows.values_list("profile_id", flat=True)[:TOGETHER]))
    return _refresh_lapsed(ids, moment) if ids else 0


@atomic_with_retry
def _refresh_lapsed(profile_ids: list, moment: datetime) -> int:
    lock_profiles(profile_ids)
    consent_store.refresh(profile_ids, moment)
    return len(profile_ids)

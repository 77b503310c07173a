"""Checkpoints of seals outside the database: appended to a file, and handed to a command that stores them elsewhere.

Only what is kept where the database's owner cannot reach shows a tail that was cut off.
"""

import json
import os
import shlex
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from .models import AuditSeal, CheckpointDelivery

AT_MOST = 1_000  # checkpoints in one delivery
SECONDS = 10  # below what a transaction may idle
OURS = {  # secrets
    "SECRET_KEY", "DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "AUDIT_SIGNING_KEY", "ENCRYPTION_KEYS", "DIGEST_KEYS",
    "EMAIL_PASSWORD",
}  # fmt: skip


def line(seal: AuditSeal) -> str:
    """What is kept of a seal: enough to know that it was there."""
    return json.dumps(
        {
            "number": seal.number, "at": seal.at.isoformat(), "events": len(seal.event_ids), "key_id": seal.key_id,
            "digest": bytes(seal.digest).hex(), "signature": bytes(seal.signature).hex(),
        }
    )  # fmt: skip


def lines(after: int = 0) -> Iterator[str]:
    """Checkpoints of the seals behind a number, in order. Reads a thousand at a time."""
    seals = AuditSeal.objects.filter(number__gt=after).order_by("number").defer("leaves")
    yield from map(line, seals.iterator(1_000))


def append(seal: AuditSeal) -> None:
    """To the file of checkpoints, if one is configured."""
    if settings.AUDIT_CHECKPOINTS:
        path = Path(settings.AUDIT_CHECKPOINTS)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.write(f"{line(seal)}\n")


@transaction.atomic
def deliver() -> int:
    """Hand what was not delivered yet to AUDIT_CHECKPOINT_COMMAND. Returns how many; a failure is noted, the next call
    tries again. One delivery at a time."""
    if not settings.AUDIT_CHECKPOINT_COMMAND:
        return 0
    CheckpointDelivery.objects.bulk_create([CheckpointDelivery()], ignore_conflicts=True)
    row = CheckpointDelivery.objects.select_for_update(skip_locked=True).first()
    seals = AuditSeal.objects.filter(number__gt=row.number).order_by("number").defer("leaves")[:AT_MOST] if row else []
    waiting = list(seals)
    if not waiting:
        return 0
    failure = _run(waiting[0].number, waiting[-1].number, map(line, waiting))
    if failure:
        row.failing_since, row.failure = row.failing_since or timezone.now(), failure
    else:
        row.number, row.delivered_at, row.failing_since, row.failure = waiting[-1].number, timezone.now(), None, ""
    row.save()
    return 0 if failure else len(waiting)


def _run(first: int, last: int, content: Iterable[str]) -> str:
    """Run the command with the lines on its standard input, without a shell; what went wrong, or nothing. Our own
    secrets are not in its environment."""
    named = {"{first}": f"{first:012d}", "{last}": f"{last:012d}"}
    argv = shlex.split(settings.AUDIT_CHECKPOINT_COMMAND)
    for key, value in named.items():
        argv = [word.replace(key, value) for word in argv]
    environ = {name: value for name, value in os.environ.items() if name not in OURS}
    try:
        done = subprocess.run(  # noqa: S603
            argv,
            input="".join(f"{one}\n" for one in content).encode(),
            env=environ,
            capture_output=True,
            timeout=SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return type(error).__name__
    return f"exit status {done.returncode}" if done.returncode else ""

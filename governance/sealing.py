"""Sealing the audit: what was written is hashed, chained and signed, outside the transactions that wrote it.

A seal covers events of transactions that have all ended (those below the snapshot's horizon), in order of transaction and
id, so no event can slip in behind it. One sealer works at a time.
"""

from dataclasses import dataclass
from hashlib import sha256

from django.db import connection, transaction
from django.utils import timezone

from . import checkpoints, merkle
from .models import AuditSeal
from .signing import Signer, signer

SEAL_LOCK = 7_305_912_002
SIZE = 1_000

CONTENT = """jsonb_build_array(e.id, e.txid, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), e.actor_id,
 e.actor_name, e.request_id, e.action, e.object_type, e.object_id, e.subject_ids, e.detail, e.outcome)::text"""
"""The one form in which an event is hashed; a change of it would break every seal."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An event to be sealed."""

    id: int
    txid: int
    content: str


def seal_waiting(*, limit: int = 100) -> int:
    """Seal what waits, at most `limit` seals at a time. Returns how many seals were made."""
    made = 0
    while made < limit and (seal := seal_next()):
        checkpoints.append(seal)
        made += 1
    return made


@transaction.atomic
def seal_next() -> AuditSeal | None:
    """Make the next seal; None when nothing waits or another sealer is at work. 5 queries."""
    key = signer()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEAL_LOCK])
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        cluster = cursor.fetchone()[0]
    last = AuditSeal.objects.order_by("-number").first()
    events = _waiting(last, cluster)
    return _make(events, last, cluster, key) if events else None


def _waiting(last: AuditSeal | None, cluster: int) -> list[Waiting]:
    """The next events whose transactions, and all before them, have ended."""
    if last and last.cluster != cluster:  # a restored database: transaction ids began anew
        where, params = "e.id NOT IN (SELECT unnest(event_ids) FROM governance_auditseal)", []
    elif last:
        where, params = (
            "(e.txid, e.id) > (%s, %s) AND e.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint",
            [last.last_txid, last.last_event],
        )
    else:
        where, params = "e.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint", []
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.id, e.txid, {CONTENT} FROM profiles_auditevent e WHERE {where} ORDER BY e.txid, e.id LIMIT {SIZE}",
            params,
        )
        return [Waiting(*row) for row in cursor.fetchall()]


def _make(events: list[Waiting], last: AuditSeal | None, cluster: int, key: Signer) -> AuditSeal:
    leaves = [merkle.leaf(event.content.encode()) for event in events]
    seal = AuditSeal(
        number=last.number + 1 if last else 1, at=timezone.now(), cluster=cluster, last_txid=events[-1].txid,
        event_ids=[event.id for event in events], leaves=merkle.joined(leaves), root=merkle.root(leaves),
        previous=bytes(last.digest) if last else b"", key_id=key.key_id,
    )  # fmt: skip
    seal.digest = sha256(seal.statement()).digest()
    seal.signature = key.sign(seal.statement())
    seal.save(force_insert=True)
    return seal


def count_waiting(last: AuditSeal | None) -> int:
    """How many events came after the newest seal, counted up to 100,000. 1 query."""
    after = (last.last_txid, last.last_event) if last else (0, 0)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT FROM profiles_auditevent e WHERE (e.txid, e.id) > (%s, %s) LIMIT 100000) w",
            after,
        )
        return cursor.fetchone()[0]

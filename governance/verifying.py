"""Checking the audit: every event against its seal, every seal against the one before, all against the checkpoints.

Tamper-evident, not tamper-proof: it shows that something was changed, and names the first row it finds of each kind.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from django.db import connection

from . import merkle
from .models import AuditSeal
from .sealing import CONTENT
from .signing import is_signed, trusted_keys

LATE = timedelta(minutes=15)  # longer than any transaction may last
BATCH = 20  # seals read at a time


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was sealed."""

    seal: int
    event: int | None
    message: str

    def __str__(self) -> str:
        where = f"seal {self.seal}" + (f", event {self.event}" if self.event is not None else "")
        return f"{where}: {self.message}"


@dataclass(slots=True)
class Report:
    """What a check has looked at and what it found."""

    seals: int = 0
    events: int = 0
    unsealed: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.findings


def verify(checkpoints: Iterable[str] = ()) -> Report:
    """Check everything. Reads each event once, 20,000 at a time. `checkpoints`: lines of the file kept outside."""
    report = Report()
    last: AuditSeal | None = None
    keys, kept, digests = trusted_keys(), _kept(checkpoints, report), {}
    for seals in _batches():
        contents = _contents([pk for seal in seals for pk in seal.event_ids])
        for seal in seals:
            report.findings += _check_seal(seal, last, keys)
            report.findings += _check_events(seal, contents)
            report.seals, report.events = report.seals + 1, report.events + len(seal.event_ids)
            digests[seal.number] = bytes(seal.digest)
            last = seal
    report.findings += _check_twice_and_late()
    report.findings += _check_kept(kept, digests)
    report.unsealed = _count_unsealed()
    report.findings += _check_unsealed(last)
    return report


def _batches() -> Iterator[list[AuditSeal]]:
    after = None
    while True:
        rows = AuditSeal.objects.all() if after is None else AuditSeal.objects.filter(number__gt=after)
        batch = list(rows.order_by("number")[:BATCH])
        if not batch:
            return
        after = batch[-1].number
        yield batch


def _contents(event_ids: Sequence[int]) -> dict[int, bytes]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT e.id, {CONTENT} FROM profiles_auditevent e WHERE e.id = ANY(%s)", [list(event_ids)])
        return {row[0]: row[1].encode() for row in cursor.fetchall()}


def _check_seal(seal: AuditSeal, last: AuditSeal | None, keys: Mapping[str, object]) -> Iterator[Finding]:
    """The seal itself: its place in the chain, its digest, its key and signature."""
    if seal.number != (last.number + 1 if last else 1):
        yield Finding(seal.number, None, "a seal before it is missing")
    if bytes(seal.previous) != (bytes(last.digest) if last else b""):
        yield Finding(seal.number, None, "does not follow the seal before it")
    if sha256(seal.statement()).digest() != bytes(seal.digest):
        yield Finding(seal.number, None, "its content does not fit its digest")
    if seal.key_id not in keys:
        yield Finding(seal.number, None, f"signed by a key that is not trusted ({seal.key_id})")
    elif not is_signed(keys[seal.key_id], bytes(seal.signature), seal.statement()):
        yield Finding(seal.number, None, "the signature is not of its key")
    if last and seal.at < last.at:
        yield Finding(seal.number, None, "is older than the seal before it")


def _check_events(seal: AuditSeal, contents: Mapping[int, bytes]) -> Iterator[Finding]:
    """The events: each as it was hashed, and together under the root."""
    try:
        leaves = merkle.parted(bytes(seal.leaves))
    except ValueError as error:
        yield Finding(seal.number, None, str(error))
        return
    if len(leaves) != len(seal.event_ids) or merkle.root(leaves) != bytes(seal.root):
        yield Finding(seal.number, None, "its leaves do not fit its root")
    for pk, leaf in zip(seal.event_ids, leaves, strict=False):
        if pk not in contents:
            yield Finding(seal.number, pk, "the event is gone")
        elif merkle.leaf(contents[pk]) != leaf:
            yield Finding(seal.number, pk, "the event was changed")


def _check_twice_and_late() -> Iterator[Finding]:
    """Events under two seals, and events that claim to be older than the seal before theirs. 2 queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(number), id FROM (SELECT number, unnest(event_ids) AS id FROM governance_auditseal) s"
            " GROUP BY id HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
        )
        yield from [Finding(number, pk, "the event is under two seals") for number, pk in cursor.fetchall()]
        cursor.execute(
            "SELECT s.number, e.id FROM (SELECT number, lag(at) OVER (ORDER BY number) AS before, unnest(event_ids) AS id"
            " FROM governance_auditseal) s JOIN profiles_auditevent e ON e.id = s.id WHERE e.at < s.before - %s"
            " ORDER BY 1, 2 LIMIT 100",
            [LATE],
        )
        message = "the event claims to be older than the seal before"
        yield from [Finding(number, pk, message) for number, pk in cursor.fetchall()]


def _kept(lines: Iterable[str], report: Report) -> dict[int, bytes]:
    """Checkpoints by number; two different ones of one number are a fork."""
    kept: dict[int, bytes] = {}
    for line in filter(str.strip, lines):
        entry = json.loads(line)
        number, digest = int(entry["number"]), bytes.fromhex(entry["digest"])
        if kept.setdefault(number, digest) != digest:
            report.findings.append(Finding(number, None, "two checkpoints of this number differ"))
    return kept


def _check_kept(kept: Mapping[int, bytes], digests: Mapping[int, bytes]) -> Iterator[Finding]:
    for number, digest in sorted(kept.items()):
        if number not in digests:
            yield Finding(number, None, "was kept outside and is gone from the database")
        elif digests[number] != digest:
            yield Finding(number, None, "is not the one that was kept outside")


UNSEALED = "profiles_auditevent e WHERE NOT EXISTS (SELECT FROM sealed s WHERE s.id = e.id)"
SEALED = "WITH sealed AS MATERIALIZED (SELECT unnest(event_ids) AS id FROM governance_auditseal)"


def _count_unsealed() -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"{SEALED} SELECT count(*) FROM {UNSEALED}")
        return cursor.fetchone()[0]


def _check_unsealed(last: AuditSeal | None) -> Iterator[Finding]:
    """Events no seal covers although a later one does: they were put in behind it. 2 queries."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier FROM pg_control_system()")
        if last is None or last.cluster != cursor.fetchone()[0]:  # elsewhere, transaction ids say nothing
            return
        cursor.execute(
            f"{SEALED} SELECT (SELECT min(number) FROM governance_auditseal WHERE cluster = %s AND last_txid >= e.txid), e.id"
            f" FROM {UNSEALED} AND (e.txid, e.id) <= (%s, %s) ORDER BY e.id LIMIT 100",
            [last.cluster, last.last_txid, last.last_event],
        )
        message = "the event was put in among those of the seal"
        yield from [Finding(number, pk, message) for number, pk in cursor.fetchall()]

"""The ledger of erasures outside the database: what a backup taken before does not know is done again after a restore.

One line of JSON for each erasure and each lift: ids and keyed hashes only. Reading it twice does nothing twice.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from governance.models import Erasure, SuppressionEntry
from governance.suppression import gate
from governance.suppression.identifiers import PURPOSE, at_source
from profiles import audit
from profiles.encryption import digest
from profiles.models import Membership, Profile, SourceRecord


def line(erasure: Erasure) -> dict[str, Any]:
    """What is kept of an erasure. Made when it begins, while its records still have their ids."""
    entries = erasure.suppressions.order_by("id")
    return {
        "what": "erasure", "id": str(erasure.id), "at": erasure.started_at.isoformat(), "basis": erasure.basis,
        "reference": erasure.reference, "plan_hash": erasure.plan_hash, "profiles": [str(pk) for pk in erasure.profiles],
        "records": list(erasure.records), "kept": list(erasure.kept),
        "suppressed": [[e.kind, bytes(e.digest).hex(), e.key_version, e.is_unique] for e in entries],
    }  # fmt: skip


def lift_line(entry: SuppressionEntry) -> dict[str, Any]:
    """What is kept of a lift."""
    return {
        "what": "lift", "erasure": str(entry.erasure_id), "kind": entry.kind, "digest": bytes(entry.digest).hex(),
        "at": entry.lifted_at.isoformat(), "why": entry.lift,
    }  # fmt: skip


def append(lines: Iterable[Mapping[str, Any]]) -> None:
    """To the file, if one is configured."""
    if settings.ERASURE_LEDGER:
        path = Path(settings.ERASURE_LEDGER)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.writelines(f"{json.dumps(each)}\n" for each in lines)


def export_waiting() -> int:
    """Write what is not outside yet. Twice the same line does no harm. Returns how many."""
    with transaction.atomic():
        rows = list(Erasure.objects.filter(exported_at__isnull=True).select_for_update(skip_locked=True).order_by("id"))
        append(map(line, rows))
        Erasure.objects.filter(id__in=[row.id for row in rows]).update(exported_at=timezone.now())
    return len(rows)


def replay(lines: Iterable[str]) -> int:
    """Do again what the database does not know of. Returns how many erasures were done again."""
    done = 0
    for text in lines:
        if text.strip():
            said = json.loads(text)
            done += _replay_erasure(said) if said["what"] == "erasure" else _replay_lift(said)
    return done


def _replay_erasure(said: Mapping[str, Any]) -> int:
    from .execute import SWEEP, clear
    from .targets import TARGETS

    erasure = _written_again(said)
    if erasure.done_at:
        return 0
    for name in (*TARGETS, SWEEP):
        clear(erasure.id, name)
    return 1


@transaction.atomic
def _written_again(said: Mapping[str, Any]) -> Erasure:
    """The erasure as it is known, or written anew from the line, its suppressions first."""
    from .execute import open_targets

    gate.lock_out()
    known = Erasure.objects.filter(pk=said["id"]).first()
    if known:
        return known
    records = _still_the_same(said)
    profiles = list(Profile.objects.filter(id__in=said["profiles"]).values_list("id", flat=True))
    home = Membership.objects.filter(record__in=records).values_list("profile_id", flat=True).first()
    first = next((pk for pk in map(UUID, said["profiles"]) if pk in profiles), home)
    erasure = Erasure(
        pk=UUID(said["id"]), profile_id=first, profiles=profiles, records=records, kept=said["kept"],
        basis=said["basis"], reference=said["reference"], plan={}, plan_hash=said["plan_hash"],
        started_at=timezone.now(), exported_at=timezone.now(), replayed_at=timezone.now(),
    )  # fmt: skip
    erasure.save(force_insert=True)
    at = parse_datetime(said["at"])
    SuppressionEntry.objects.bulk_create(
        SuppressionEntry(
            kind=kind, digest=bytes.fromhex(hashed), key_version=version, is_unique=is_unique, basis=said["basis"],
            erasure=erasure, created_at=at,
        )
        for kind, hashed, version, is_unique in said["suppressed"]
    )  # fmt: skip
    open_targets(erasure)
    audit.record("erasure.replayed", obj=erasure, subjects=profiles, detail={"records": len(records)})
    return erasure


def _still_the_same(said: Mapping[str, Any]) -> list[int]:
    """Records of the line that are whom it means: an id may have been given again since the backup was restored."""
    hashes = {
        (bytes.fromhex(hashed), version) for kind, hashed, version, _ in said["suppressed"] if kind == "external_id"
    }
    versions = {version for _, version in hashes}
    rows = SourceRecord.objects.filter(id__in=said["records"]).exclude(state=SourceRecord.State.ERASED)
    return [
        row.pk
        for row in rows.select_related("source").order_by("id")
        if any(
            (digest(at_source(row.source.key, row.external_id).text(), purpose=PURPOSE, version=version), version)
            in hashes
            for version in versions
        )
    ]


def _replay_lift(said: Mapping[str, Any]) -> int:
    entries = SuppressionEntry.objects.in_force().filter(
        Q(erasure_id=said["erasure"], kind=said["kind"], digest=bytes.fromhex(said["digest"]))
    )
    entries.update(lifted_at=parse_datetime(said["at"]), lift=SuppressionEntry.Lift.BEFORE)
    return 0

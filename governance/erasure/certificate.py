"""The certificate: what was erased, when, by whom and what stayed; ids, codes and counts, never a value."""

import hashlib
import json
from typing import Any

from governance.models import Erasure
from governance.signing import NoSigningKey, is_signed, signer, trusted_keys
from governance.suppression import entries

from . import stores
from .targets import TARGETS, subject_of


def issue(erasure: Erasure) -> None:
    """Write the certificate of an erasure that is done, and sign it with the key that seals the audit. Caller saves."""
    erasure.certificate = content(erasure)
    erasure.certificate_digest = digest(erasure.certificate)
    try:
        key = signer()
    except NoSigningKey:
        return
    erasure.signature, erasure.key_id = key.sign(erasure.certificate_digest.encode()).hex(), key.key_id


def content(erasure: Erasure) -> dict[str, Any]:
    """What the certificate says."""
    approval, subject = erasure.approval, subject_of(erasure)
    return {
        "erasure": str(erasure.id),
        "customer": str(erasure.profile_id or ""),
        "merged_ids": [str(pk) for pk in erasure.profiles if pk != erasure.profile_id],
        "records": list(erasure.records),
        "basis": erasure.get_basis_display(),
        "request": erasure.reference,
        "plan_hash": erasure.plan_hash,
        "approval": approval.pk if approval else None,
        "requested_by": approval.requested_by_id if approval else None,
        "approved_by": approval.decided_by_id if approval else None,
        "started_at": erasure.started_at.isoformat(),
        "done_at": erasure.done_at.isoformat() if erasure.done_at else None,
        "replayed": erasure.replayed_at.isoformat() if erasure.replayed_at else None,
        "targets": [
            {"target": TARGETS[row.name].title, "done_at": row.done_at.isoformat(), "rows": row.cleared}
            for row in erasure.targets.all()
            if row.name in TARGETS and row.done_at
        ],
        "sweep": {"looked_at": len(TARGETS), "left": 0},
        "kept_by_law": (erasure.plan or {}).get("kept", []),
        "stays": [{"store": label, "rows": n, "reason": reason} for label, n, reason in stores.kept(subject)],
        "suppressed": entries.counted(erasure),
        "told": [
            {"who": str(notice), "at": notice.told_at.isoformat() if notice.told_at else None, "how": notice.method}
            for notice in erasure.notices.select_related("source")
        ],
    }


def digest(certificate: dict[str, Any]) -> str:
    """SHA-256 of the content, whatever the order of its keys."""
    return hashlib.sha256(json.dumps(certificate, sort_keys=True).encode()).hexdigest()


def is_genuine(erasure: Erasure) -> bool:
    """Whether the certificate is as it was issued, and signed by a key we trust."""
    if erasure.certificate is None or digest(erasure.certificate) != erasure.certificate_digest:
        return False
    key = trusted_keys().get(erasure.key_id)
    return bool(key) and is_signed(key, bytes.fromhex(erasure.signature), erasure.certificate_digest.encode())

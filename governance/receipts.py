"""Receipts: what was agreed, objected or withdrawn, in the fields of ISO/IEC TS 27560."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from .models import ConsentEvent

SCHEMA = "ISO/IEC TS 27560:2023"
STATES = {"grant": "given", "withdraw": "withdrawn", "object": "objected", "expire": "expired"}


def receipt(event: ConsentEvent) -> dict[str, Any]:
    """One event as a receipt. The principal is the record's random customer id; no contact value, no proof. Caller has
    selected purpose and the record's membership."""
    home = getattr(event.record, "membership", None) if event.record_id else None
    return {
        "schema_version": SCHEMA,
        "receipt_id": f"consent-{event.pk}",
        "record_id": str(event.pk),
        "pii_principal_id": str(home.profile_id) if home else "",
        "pii_processing": {
            "privacy_notice": event.purpose.notice_url,
            "notice_version": event.notice_version,
            "language": event.language or "en",
            "purposes": [_purpose(event)],
        },
        "party_identification": [{"party_name": settings.ORGANISATION, "party_role": "PII controller"}],
        "event": {
            "event_time": event.at.isoformat(),
            "recorded_time": event.recorded_at.isoformat(),
            "validity_duration": event.until.isoformat() if event.until else "until withdrawn",
            "entity_id": "PII principal" if event.is_by_subject or event.method == "gpc" else "PII controller",
            "event_type": "explicit" if event.is_by_subject else "notice",
            "event_state": "requested" if event.awaits_confirmation else STATES[event.act],
        },
    }


def _purpose(event: ConsentEvent) -> dict[str, Any]:
    purpose = event.purpose
    return {
        "purpose": purpose.name,
        "purpose_description": purpose.description,
        "lawful_basis": purpose.get_lawful_basis_display(),
        "pii_information": [purpose.data_categories] if purpose.data_categories else [],
        "pii_controllers": [settings.ORGANISATION],
        "collection_method": event.get_method_display(),
        "processing_method": event.get_channel_display(),
        "retention_period": f"{purpose.expires_after_days} days" if purpose.expires_after_days else "until withdrawn",
        "jurisdictions": [event.jurisdiction] if event.jurisdiction else [],
        "recipient_third_parties": [purpose.recipients] if purpose.recipients else [],
        "withdrawal_method": "The preference page, by the link in every message; or ask us.",
        "privacy_rights": ["access", "correction", "deletion", "restriction", "objection", "portability"],
    }


def receipts(events: Sequence[ConsentEvent]) -> list[dict[str, Any]]:
    return [receipt(event) for event in events]

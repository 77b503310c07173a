"""What each field of this app's models is as personal data. See profiles/personal_data.py."""

from profiles.personal_data import declare, nothing

declare(
    "governance.AuditSeal",
    nothing("number at cluster last_txid event_ids leaves root previous digest key_id signature"),
)

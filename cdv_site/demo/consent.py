"""What the people of the demo agreed to: five purposes, and some statements by forms, calls, files and browsers."""

import random
from datetime import timedelta

from django.utils import timezone

from governance import consent
from governance.models import Purpose
from profiles.models import SourceRecord, User

PURPOSES = (
    {
        "key": "newsletter", "name": "Newsletter", "description": "News and offers, about twice a month.",
        "channels": ["email", "sms"], "expires_after_days": 730, "confirms_twice": True,
        "data_categories": "Contact data, purchases",
    },
    {
        "key": "telephone", "name": "Offers by telephone", "description": "Calls with offers that may suit you.",
        "channels": ["phone"], "expires_after_days": 365, "data_categories": "Contact data",
    },
    {
        "key": "profiling", "name": "Profiling", "description": "We work out from your purchases what you may like.",
        "channels": ["general"], "lawful_basis": "legitimate_interests", "needs_consent": False, "honours_gpc": True,
        "data_categories": "Purchases, visits",
    },
    {
        "key": "sharing", "name": "Sharing with partners", "description": "Partners get your data for their own advertising.",
        "channels": ["general", "email"], "lawful_basis": "consent", "honours_gpc": True,
        "data_categories": "Contact data", "recipients": "Partner retailers",
    },
    {
        "key": "service", "name": "Service messages", "description": "Messages about orders, deliveries and your account.",
        "channels": ["email", "sms", "post"], "lawful_basis": "contract", "needs_consent": False,
        "data_categories": "Contact data, orders",
    },
)  # fmt: skip
PEOPLE, TOGETHER = 400, 100
# purpose, channel, act, method and how many of a hundred said so
SAID = (
    ("newsletter", "email", "grant", "double_opt_in", 45),
    ("newsletter", "email", "withdraw", "preference_page", 12),
    ("newsletter", "sms", "grant", "written", 12),
    ("telephone", "phone", "grant", "spoken", 15),
    ("telephone", "phone", "object", "spoken", 8),
    ("profiling", "general", "object", "gpc", 10),
    ("sharing", "general", "object", "written", 6),
    ("sharing", "email", "grant", "written", 4),
)
FIELDS = {"email": "email", "sms": "phone", "phone": "phone"}
PROOF = {
    "double_opt_in": "Link in the message", "preference_page": "Signed link", "written": "Form, archive of the shop",
    "spoken": "Recording of the call", "gpc": "Sec-GPC: 1",
}  # fmt: skip


def agree(*, seed: int) -> int:
    """Set the purposes up and write statements down; once. Returns how many there are."""
    if Purpose.objects.exists():
        return 0
    purposes = {row["key"]: Purpose.objects.create(**row) for row in PURPOSES}
    chance = random.Random(seed)  # noqa: S311  (the demo is the same each time)  # nosec B311
    officer = User.objects.get(username="privacy")
    records = SourceRecord.objects.filter(state=SourceRecord.State.RESOLVED, party_kind="person")
    said = [
        statement
        for record in records.order_by("external_id", "source_id")[:PEOPLE]
        for statement in _of(record, purposes, chance)
    ]
    for start in range(0, len(said), TOGETHER):
        consent.record_all(said[start : start + TOGETHER], by=officer)
    return len(said)


def _of(record: SourceRecord, purposes: dict[str, Purpose], chance: random.Random) -> list[consent.Statement]:
    found = []
    for key, channel, act, method, share in SAID:
        values = record.attributes.get(FIELDS.get(channel, ""), [])
        if chance.randrange(100) >= share or (channel in FIELDS and not values):
            continue
        found.append(
            consent.Statement(
                purpose=purposes[key], channel=channel, act=act, method=method, record_id=record.pk,
                contact=values[0] if values else "", at=timezone.now() - timedelta(days=chance.randrange(1, 360)),
                language="en", jurisdiction="GB", proof=PROOF[method], site="shop.example" if method == "gpc" else "",
            )
        )  # fmt: skip
    return found

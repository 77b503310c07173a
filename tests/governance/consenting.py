"""Purposes for tests, and statements in few words."""

from datetime import datetime, timedelta

from django.utils import timezone

from governance import consent
from governance.consent_gate import allowed
from governance.models import ConsentEvent, ConsentState, Purpose
from profiles.models import Profile, SourceRecord, User


def purposes() -> tuple[Purpose, Purpose]:
    """A newsletter, which takes consent, and profiling, which an objection ends."""
    news = Purpose.objects.create(
        key="newsletter", name="Newsletter", description="News by e-mail and SMS.", channels=["email", "sms"]
    )
    insight = Purpose.objects.create(
        key="profiling", name="Profiling", description="We work out what you may like.", channels=["general", "email"],
        lawful_basis="legitimate_interests", needs_consent=False, honours_gpc=True,
    )  # fmt: skip
    return news, insight


def days_ago(n: float) -> datetime:
    return timezone.now() - timedelta(days=n)


def say(
    record: SourceRecord | None, act: str, purpose: Purpose, contact: str = "", *, channel: str = "email",
    method: str = "written", ago: float = 0, by: User | None = None, **more: object,
) -> ConsentEvent:  # fmt: skip
    """One statement, some days ago."""
    said = consent.Statement(
        purpose=purpose, channel=channel, act=act, method=method, record_id=record.pk if record else None,
        contact=contact, at=days_ago(ago), proof="call 7", **more,
    )  # fmt: skip
    return consent.record(said, by=by)


def states(profile: Profile, purpose: Purpose, channel: str = "email") -> list[str]:
    """The stored states of a customer, one per contact value."""
    rows = ConsentState.objects.filter(profile=profile, purpose=purpose, channel=channel)
    return sorted(rows.values_list("state", flat=True))


def may(profile: Profile, purpose: Purpose, channel: str = "email", **more: object) -> bool:
    """Whether the gate lets a customer through."""
    return allowed(Profile.objects.filter(pk=profile.pk), purpose, channel, **more).exists()

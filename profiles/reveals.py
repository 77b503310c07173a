"""Revealing: what is masked to a reader is shown for some minutes, for a purpose, and so many times a day."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from . import audit
from .masking import mask_of
from .models import Profile, Reveal, User


class RevealNotAllowed(Exception):
    """Nothing is revealed; the message says why."""


def left_today(user: User, now: datetime) -> int:
    """How many more customers the reader may reveal before midnight. 1 query."""
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    return max(0, settings.REVEALS_PER_DAY - Reveal.objects.filter(user=user, at__gte=midnight).count())


@transaction.atomic
def reveal(*, profile: Profile, purpose: str, ticket: str, by: User) -> Reveal:
    """Show the masked values of one customer to `by` for some minutes. Counted under a lock on the account."""
    if not mask_of(by).has_masked:
        raise RevealNotAllowed("Nothing is masked that you could reveal.")
    User.objects.select_for_update().get(pk=by.pk)
    now = timezone.now()
    if not left_today(by, now):
        raise RevealNotAllowed(
            f"You have revealed {settings.REVEALS_PER_DAY} customers today, which is as many as a day has. Ask a colleague."
        )
    until = now + timedelta(minutes=settings.REVEAL_MINUTES)
    made = Reveal.objects.create(user=by, profile=profile, purpose=purpose, ticket=ticket, at=now, until=until)
    audit.record("customer.revealed", obj=made, subjects=[profile.id], detail={"purpose": purpose, "ticket": ticket})
    return made

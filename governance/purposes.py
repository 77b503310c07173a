"""Purposes are set up by stewards: a new one, a changed one; what statements rest on stays."""

from django.db import transaction

from profiles import audit
from profiles.models import User

from .models import ConsentEvent, Purpose

FIXED = ("key", "lawful_basis", "needs_consent")  # once anybody said anything


class PurposeNotAllowed(Exception):
    """The purpose cannot be saved so; the message says why."""


@transaction.atomic
def save(*, purpose: Purpose, by: User | None) -> Purpose:
    """Save a purpose, new or changed; its history says who changed what. About 5 queries."""
    before = Purpose.objects.filter(pk=purpose.pk).first()
    changed = [name for name in FIXED if before and getattr(before, name) != getattr(purpose, name)]
    if changed and ConsentEvent.objects.filter(purpose=purpose).exists():
        raise PurposeNotAllowed("People have said something about it: its key and its basis stay. Make a new purpose.")
    purpose._history_user = by
    purpose.save()
    audit.record("purpose.saved", obj=purpose, detail={"purpose": purpose.key})
    return purpose

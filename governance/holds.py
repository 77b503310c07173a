"""Legal holds: a mark on every record of a customer, which neither erasure nor pruning passes until it is released."""

from django.db import transaction
from django.utils import timezone

from profiles import audit
from profiles.locks import atomic_with_retry, lock_profiles
from profiles.models import Mark, Membership, Profile, User

from .models import LegalHold


class HoldNotAllowed(Exception):
    """The hold cannot be placed or released; the message says why."""


@atomic_with_retry
def place(*, profile: Profile, reason: str, matter: str, by: User) -> LegalHold:
    """Hold a customer: its records are marked, under its lock."""
    lock_profiles([profile.id])
    records = list(Membership.objects.filter(profile=profile).order_by("record_id").values_list("record_id", flat=True))
    if not records:
        raise HoldNotAllowed("The customer has no records any more.")
    if LegalHold.objects.filter(profile=profile, matter=matter, released_at__isnull=True).exists():
        raise HoldNotAllowed("There is a hold for this matter already.")
    now = timezone.now()
    hold = LegalHold.objects.create(
        profile=profile, records=records, reason=reason, matter=matter, placed_by=by, placed_at=now
    )
    Mark.objects.bulk_create(
        Mark(record_id=pk, kind=Mark.Kind.HOLD, reason=hold.get_reason_display(), since=now, reference=hold.reference)
        for pk in records
    )
    audit.record(
        "hold.placed", obj=hold, subjects=[profile.id],
        detail={"reason": hold.get_reason_display(), "records": len(records)},
    )  # fmt: skip
    return hold


@transaction.atomic
def release(*, hold: LegalHold, by: User) -> LegalHold:
    """End a hold: its marks close, on whatever customer the records are now."""
    hold = LegalHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.released_at:
        raise HoldNotAllowed("It was released already.")
    hold.released_at, hold.released_by = timezone.now(), by
    hold.save(update_fields=["released_at", "released_by"])
    Mark.objects.filter(reference=hold.reference, until__isnull=True).update(until=hold.released_at)
    homes = set(Membership.objects.filter(record__in=hold.records).values_list("profile_id", flat=True))
    audit.record(
        "hold.released", obj=hold, subjects=homes or [hold.profile_id], detail={"reason": hold.get_reason_display()}
    )
    return hold

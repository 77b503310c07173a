"""The one gate: whom a purpose may reach by a channel. Every export, segment and API use goes through it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from profiles.models import Mark, Profile, User
from profiles.models.mark import kinds_that_stop
from profiles.reach import Count

from . import contacts
from .models import CONTACT_FIELDS, Channel, ConsentState, Purpose


def allowed(
    profiles: QuerySet[Profile], purpose: Purpose, channel: str, *, now: datetime | None = None
) -> QuerySet[Profile]:
    """Those that may be reached for the purpose by the channel: a filter, read from the stored states. No query of its own.

    Where consent is needed, nothing said is a NO. What was stored until before now counts as a NO until it is worked out
    anew. Customers whose data is restricted are out for every purpose.
    """
    if not purpose.is_active or channel not in purpose.channels:
        return profiles.none()
    moment = now or timezone.now()
    said = ConsentState.objects.filter(profile=OuterRef("pk"), purpose=purpose, channel=channel)
    usable = Q(Exists(said.filter(_in_force(moment))))
    if not purpose.needs_consent:
        usable |= ~Exists(said)
    stopped = Mark.objects.filter(
        record__membership__profile=OuterRef("pk"), kind__in=kinds_that_stop("use"), until__isnull=True
    )
    return profiles.filter(usable & ~Exists(stopped), state=Profile.State.ACTIVE)


def _in_force(moment: datetime) -> Q:
    return Q(state__in=ConsentState.USABLE) & (Q(valid_until__isnull=True) | Q(valid_until__gt=moment))


def usable_values(
    profile_ids: Collection[UUID], purpose: Purpose, channel: str, *, now: datetime | None = None
) -> dict[UUID, list[str]]:
    """For customers that the gate let through, the contact values of theirs that the channel may use. 2 queries."""
    moment = now or timezone.now()
    said: dict[UUID, dict[str, bool]] = {}
    states = ConsentState.objects.filter(profile_id__in=profile_ids, purpose=purpose, channel=channel)
    for state in states:
        is_usable = state.state in ConsentState.USABLE and (not state.valid_until or state.valid_until > moment)
        said.setdefault(state.profile_id, {})[state.contact] = is_usable
    silence = not purpose.needs_consent
    field = CONTACT_FIELDS.get(channel, "")
    return {
        profile_id: [
            value
            for digest, value in values.get(field, {}).items()
            if said.get(profile_id, {}).get(digest, silence and profile_id not in said)
        ]
        for profile_id, values in contacts.held(profile_ids).items()
    }


def reach(user: User) -> dict[int, list[tuple[str, Count]]]:
    """Purpose → (channel, how many customers of the reader's sources may be reached), small numbers not told exactly.

    1 query for each purpose and channel.
    """
    visible = Profile.objects.visible_to(user).active().filter(record_count__gt=0)
    return {
        purpose.id: [
            (channel, Count(Channel(channel).label, allowed(visible, purpose, channel).count()))
            for channel in purpose.channels
        ]
        for purpose in Purpose.objects.in_use()
    }

"""The stored projection of consent: written anew, in sets, in the transaction that changed what it depends on.

It depends on a customer's records, on their events and link classes, and on the contact values it holds. All of them
change where golden values are rebuilt, so it is worked out there; and where an event is recorded. Caller holds the locks of
the profiles.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from profiles.bulk import array, copy_models
from profiles.models import Membership
from profiles.survivorship import Candidate

from . import consent_conflicts, contacts
from .consent_projection import Answer, Customer, Said, project
from .models import ConsentEvent, ConsentState, Purpose

CONCERNED = """
SELECT m.profile_id, NULL FROM profiles_membership m WHERE m.profile_id = ANY(%(ids)s::uuid[])
    AND EXISTS (SELECT FROM governance_consentevent e WHERE e.record_id = m.record_id)
UNION SELECT s.profile_id, NULL FROM governance_consentstate s WHERE s.profile_id = ANY(%(ids)s::uuid[])
UNION SELECT NULL, e.contact FROM governance_consentevent e
    WHERE e.contact = ANY(%(contacts)s) AND e.act IN ('withdraw', 'object')
"""


def after_golden(profile_ids: Collection[UUID], ranked: Mapping[UUID, Sequence[Candidate]]) -> None:
    """Golden values were rebuilt: work out the consent of those customers that any event concerns.

    1 query when there are none; the contact values are taken from the values just ranked.
    """
    holding: dict[str, set[UUID]] = {}
    for profile_id, candidates in ranked.items():
        for one in candidates:
            if one.field in contacts.FIELDS:
                holding.setdefault(contacts.digest(one.field, one.value), set()).add(profile_id)
    with connection.cursor() as cursor:
        cursor.execute(CONCERNED, {"ids": array(profile_ids), "contacts": list(holding)})
        rows = cursor.fetchall()
    found = {profile_id for profile_id, _ in rows if profile_id}
    for _, contact in rows:
        found |= holding.get(contact, set())
    refresh(found)


@dataclass(slots=True)
class Ground:
    """What the answers of some customers depend on."""

    members: dict[UUID, dict[int, str]]
    held: dict[UUID, dict[str, dict[str, str]]] = field(default_factory=dict)
    events: list[ConsentEvent] = field(default_factory=list)

    def customer(self, profile_id: UUID) -> Customer:
        return Customer(self.members.get(profile_id, {}), contacts.by_channel(self.held.get(profile_id, {})))


def ground_of(profile_ids: Collection[UUID]) -> Ground:
    """Members with their link classes, contact values held, and every event that concerns any of them. 3 queries."""
    ground = Ground({profile_id: {} for profile_id in profile_ids})
    rows = Membership.objects.filter(profile_id__in=profile_ids)
    for profile_id, record_id, link_class in rows.values_list("profile_id", "record_id", "link_class"):
        ground.members[profile_id][record_id] = link_class
    ground.held = contacts.held(profile_ids)
    records = [record_id for members in ground.members.values() for record_id in members]
    digests = {digest for values in ground.held.values() for found in values.values() for digest in found}
    ground.events = list(events_about(records, digests))
    return ground


def events_about(record_ids: Collection[int], digests: Collection[str]) -> Iterable[ConsentEvent]:
    """Events of these records, and restrictions on these contact values wherever they were recorded. 1 query."""
    elsewhere = Q(contact__in=digests, act__in=ConsentEvent.RESTRICTIONS)
    return ConsentEvent.objects.filter(Q(record_id__in=record_ids) | elsewhere).order_by("id")


def said(event: ConsentEvent) -> Said:
    """An event as the projection reads it."""
    return Said(
        id=event.id, record=event.record_id, purpose=event.purpose_id, channel=event.channel, contact=event.contact,
        act=event.act, at=event.at, by_subject=event.is_by_subject, until=event.until,
        awaits=event.awaits_confirmation, lifts=frozenset(event.lifts), lifted_by=frozenset(event.lifted_by),
        origin=event.carried_from_id, recorded_at=event.recorded_at,
    )  # fmt: skip


def needs_consent() -> dict[int, bool]:
    """Purpose → whether silence is a NO. 1 query."""
    return dict(Purpose.objects.values_list("id", "needs_consent"))


def answers(ground: Ground, now: datetime) -> dict[UUID, list[Answer]]:
    """The answers of each customer of the ground, at a time. 1 query."""
    rules = needs_consent() if ground.events else {}
    by_record: dict[int | None, list[Said]] = {}
    by_contact: dict[str, list[Said]] = {}
    for event in ground.events:
        one = said(event)
        by_record.setdefault(one.record, []).append(one)
        if one.restricts and one.contact:
            by_contact.setdefault(one.contact, []).append(one)
    found = {}
    for profile_id, members in ground.members.items():
        customer = ground.customer(profile_id)
        own = {one.id: one for record in members for one in by_record.get(record, ())}
        digests = {digest for values in customer.held.values() for digest in values}
        own |= {one.id: one for digest in digests for one in by_contact.get(digest, ())}
        found[profile_id] = project([own[pk] for pk in sorted(own)], customer, rules, now)
    return found


def refresh(profile_ids: Collection[UUID], now: datetime | None = None) -> None:
    """Write the states of these customers anew, and what contradicts itself to the queue. About 8 queries, none for none."""
    if not profile_ids:
        return
    ground = ground_of(profile_ids)
    found = answers(ground, now or timezone.now())
    ConsentState.objects.filter(profile_id__in=profile_ids).delete()
    copy_models(
        [
            ConsentState(
                profile_id=profile_id, purpose_id=one.purpose, channel=one.channel, contact=one.contact,
                state=str(one.state), event_id=one.event, since=one.since, valid_until=one.valid_until,
            )
            for profile_id, rows in found.items()
            for one in rows
        ]
    )  # fmt: skip
    consent_conflicts.follow(profile_ids, found)

"""A customer's consent as one reader sees it: the matrix of purposes and channels, and the evidence behind a cell."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from profiles.history import members_at
from profiles.masking import Mask
from profiles.models import Membership, Profile, SourceRecord
from profiles.schema import Schema, published

from . import consent_store, contacts
from .consent_projection import Answer, Customer, project
from .models import CONTACT_FIELDS, Channel, ConsentEvent, ConsentState, Purpose

State = ConsentState.State


@dataclass(frozen=True, slots=True)
class Line:
    """The state for one contact value as the reader sees it (empty: the person), and since when."""

    value: str
    digest: str
    state: str
    since: datetime | None = None
    event_id: int | None = None

    @property
    def label(self) -> str:
        return State(self.state).label


@dataclass(frozen=True, slots=True)
class Cell:
    """One purpose and channel."""

    purpose: Purpose
    channel: str
    lines: Sequence[Line]

    @property
    def channel_label(self) -> str:
        return Channel(self.channel).label


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks: the sources granted, and how values are seen."""

    granted: Collection[int]
    mask: Mask


Values = Mapping[str, Mapping[str, str]]  # field → digest → value as it is seen


def visible_values(profile_id: UUID, reader: Reader) -> dict[str, dict[str, str]]:
    """The customer's contact values that the reader may see, as they see them. 2 queries."""
    found = contacts.held([profile_id], reader.granted).get(profile_id, {})
    return {field: seen_values(field, values, reader.mask, published()) for field, values in found.items()}


def seen_values(field: str, values: Mapping[str, str], mask: Mask, schema: Schema) -> dict[str, str]:
    return {digest: seen for digest, value in values.items() if (seen := mask.value(field, value, schema)) is not None}


def matrix(profile: Profile, reader: Reader, moment: datetime | None = None) -> list[tuple[Purpose, list[Cell]]]:
    """Every purpose in use with its channels, as things stand or stood at a moment. About 9 queries."""
    answers = _answers_at(profile.id, moment) if moment else _answers_now(profile.id)
    values = visible_values(profile.id, reader)
    return [
        (purpose, [cell_of(purpose, channel, answers, values) for channel in purpose.channels])
        for purpose in Purpose.objects.in_use()
    ]


def channels_of(rows: Iterable[tuple[Purpose, list[Cell]]]) -> list[tuple[str, str]]:
    """The channels that any purpose uses, in their order."""
    used = {cell.channel for _, cells in rows for cell in cells}
    return [(value, label) for value, label in Channel.choices if value in used]


def _answers_now(profile_id: UUID) -> list[Answer]:
    return consent_store.answers(consent_store.ground_of([profile_id]), timezone.now())[profile_id]


def _answers_at(profile_id: UUID, moment: datetime) -> list[Answer]:
    """What was known at a moment of the records that were the customer's then, for the values that it holds now."""
    then = members_at(profile_id, moment)
    classes = dict(Membership.objects.filter(record_id__in=then).values_list("record_id", "link_class"))
    channels = contacts.by_channel(contacts.held([profile_id]).get(profile_id, {}))
    digests = {digest for values in channels.values() for digest in values}
    events = [event for event in consent_store.events_about(then, digests) if event.recorded_at <= moment]
    customer = Customer({record: classes.get(record, "") for record in then}, channels)
    return project(map(consent_store.said, events), customer, consent_store.needs_consent(), moment)


def cell_of(purpose: Purpose, channel: str, answers: Iterable[Answer], values: Values) -> Cell:
    """The cell of the matrix: a line per value that the reader sees, or one for the person."""
    said = {one.contact: one for one in answers if (one.purpose, one.channel) == (purpose.id, channel)}
    silence = State.NEVER_ASKED if purpose.needs_consent else State.NOT_OBJECTED
    held = values.get(CONTACT_FIELDS[Channel(channel)], {}) if channel in CONTACT_FIELDS else {}
    shown = held or ({"": ""} if "" in said or not said else {})
    return Cell(purpose, channel, [_line(digest, value, said.get(digest), silence) for digest, value in shown.items()])


def _line(digest: str, value: str, answer: Answer | None, silence: str) -> Line:
    if answer is None:
        return Line(value, digest, silence)
    return Line(value, digest, str(answer.state), answer.since, answer.event)


# ---- the evidence ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """One event with what the reader may see of it."""

    event: ConsentEvent
    value: str
    proof: str
    reason: str
    is_elsewhere: bool

    @property
    def is_restriction(self) -> bool:
        return self.event.act in ConsentEvent.RESTRICTIONS


def visible_events(profile: Profile, reader: Reader, values: Values) -> QuerySet[ConsentEvent]:
    """Events of the customer's records that the reader may see, and NOs on values of theirs recorded elsewhere."""
    own = Q(record__membership__profile=profile, record__source_id__in=reader.granted)
    digests = [digest for found in values.values() for digest in found]
    elsewhere = Q(contact__in=digests, act__in=ConsentEvent.RESTRICTIONS)
    rows = ConsentEvent.objects.filter(own | elsewhere)
    return rows.select_related(
        "purpose", "actor", "note", "record__source", "record__membership", "batch", "carried_from"
    )


def evidence(profile: Profile, reader: Reader, purpose: Purpose, channel: str, values: Values) -> list[Evidence]:
    """What was said about a purpose and channel, newest first. 2 queries."""
    rows = visible_events(profile, reader, values).filter(purpose=purpose, channel=channel).order_by("-at", "-id")
    schema = published()
    return [_evidence(event, profile, reader, values, schema) for event in rows]


def _evidence(event: ConsentEvent, profile: Profile, reader: Reader, values: Values, schema: Schema) -> Evidence:
    home = getattr(event.record, "membership", None)
    is_elsewhere = home is None or home.profile_id != profile.id or event.record.source_id not in reader.granted
    note = getattr(event, "note", None) if not is_elsewhere else None
    return Evidence(
        event, _seen_contact(event, reader, values, schema), reader.mask.note(note.proof) if note else "",
        reader.mask.note(note.reason) if note else "", is_elsewhere,
    )  # fmt: skip


def _seen_contact(event: ConsentEvent, reader: Reader, values: Values, schema: Schema) -> str:
    """The value that an event names, as the reader sees it: one that the customer holds, or one that it held once."""
    if not event.contact:
        return ""
    field = CONTACT_FIELDS[Channel(event.channel)]
    held = values.get(field, {}).get(event.contact)
    if held is not None:
        return held
    note = getattr(event, "note", None)
    known = reader.mask.value(field, note.contact_value, schema) if note and note.contact_value else None
    return known or "a value that it no longer holds"


def anchor_of(profile: Profile, granted: Collection[int], field: str, value: str) -> SourceRecord:
    """The record that a statement is about: the first of a granted source that holds the value, else the first. 2 queries."""
    rows = SourceRecord.objects.filter(membership__profile=profile, source_id__in=granted).order_by("id")
    holding = rows.filter(attributes__contains={field: [value]}) if value else rows.none()
    return holding.first() or rows.first()

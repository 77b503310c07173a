"""The public page of one contact value, by a signed link: what may be sent to it, and one click to change or to end it.

The link names a record and a value, both signed; whoever holds it reads the mail that it came in. It tells of nobody else:
no name, no other value. What is done there is the person's own word, and is audited as theirs.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta

from django.core import signing
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from profiles import audit
from profiles.context import Actor, acting, current_actor
from profiles.masks import mask
from profiles.models import Profile, SourceRecord

from . import consent, consent_page, consent_store, contacts, messages
from .models import CONTACT_FIELDS, Channel, ConsentEvent, LawfulBasis, Purpose

LINK, CONFIRM = "consent: preferences", "consent: double opt-in"
LINK_LASTS, CONFIRM_LASTS = timedelta(days=400), timedelta(days=14)
OPEN_TO_CHANGE = (LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTERESTS, LawfulBasis.PUBLIC_TASK)
USABLE = ("allowed", "not_objected")


class LinkDead(Exception):
    """The link is not ours, is too old, or leads to nobody who holds the value any more."""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose page it is: the record that the link names, its customer, and the contact value."""

    record: SourceRecord
    profile: Profile
    field: str
    value: str

    @property
    def shown(self) -> str:
        """The value as the page shows it: masked, since a link may be passed on."""
        return mask(self.field, self.value)

    def acting(self) -> AbstractContextManager[None]:
        """What is done in the block is the person's own act."""
        return acting(Actor(name="the person, by their link", request_id=current_actor().request_id))


def token_for(record_id: int, field: str, value: str) -> str:
    """What a link carries."""
    return signing.dumps([record_id, field, contacts.digest(field, value)[:32]], salt=LINK)


def find(token: str) -> Subject:
    """Whose link it is. Raises LinkDead. 3 queries."""
    try:
        record_id, field, digest = signing.loads(token, salt=LINK, max_age=LINK_LASTS)
    except (signing.BadSignature, ValueError) as error:
        raise LinkDead from error
    record = SourceRecord.objects.select_related("membership__profile").filter(pk=record_id).first()
    home = getattr(record, "membership", None)
    values = contacts.held([home.profile_id]).get(home.profile_id, {}).get(field, {}) if home else {}
    value = next((value for known, value in values.items() if known.startswith(digest)), "")
    if not value:
        raise LinkDead
    return Subject(record, home.profile, field, value)


@dataclass(frozen=True, slots=True)
class Choice:
    """One purpose and channel on the page: whether it is on, and whether it is theirs to change."""

    purpose: Purpose
    channel: str
    is_on: bool
    can_change: bool

    @property
    def channel_label(self) -> str:
        return Channel(self.channel).label


def choices(subject: Subject) -> list[Choice]:
    """Everything that the value may be used for, and what reaches the person by no value of their own. 6 queries."""
    answers = consent_store.answers(consent_store.ground_of([subject.profile.id]), timezone.now())[subject.profile.id]
    values = {subject.field: {contacts.digest(subject.field, subject.value): ""}}
    found = []
    for purpose in Purpose.objects.in_use():
        for channel in purpose.channels:
            if CONTACT_FIELDS.get(channel, subject.field) == subject.field:
                cell = consent_page.cell_of(purpose, channel, answers, values if channel in CONTACT_FIELDS else {})
                is_on = any(line.state in USABLE for line in cell.lines)
                found.append(Choice(purpose, channel, is_on, purpose.lawful_basis in OPEN_TO_CHANGE))
    return found


def choose(subject: Subject, chosen: Sequence[tuple[Choice, bool]], *, language: str = "") -> list[ConsentEvent]:
    """Write down what the person switched on or off; what is as it was is left alone."""
    said = [
        statement(subject, choice, is_on, language=language)
        for choice, is_on in chosen
        if choice.can_change and choice.is_on != is_on
    ]
    with subject.acting():
        return consent.record_all(said, by=None) if said else []


def stop_all(subject: Subject) -> list[ConsentEvent]:
    """Everything that can be ended ends."""
    return choose(subject, [(choice, False) for choice in choices(subject)])


def statement(subject: Subject, choice: Choice, is_on: bool, **more: str) -> consent.Statement:
    """What a click says: of a value, it is granted or withdrawn; of the person, granted or objected to."""
    names_value = choice.channel in CONTACT_FIELDS
    no = consent.Act.WITHDRAW if names_value else consent.Act.OBJECT
    given = {"method": consent.Method.PREFERENCE_PAGE, "proof": "Signed link", **more}
    return consent.Statement(
        purpose=choice.purpose, channel=choice.channel, act=consent.Act.GRANT if is_on else no,
        record_id=subject.record.pk, contact=subject.value if names_value else "", **given,
    )  # fmt: skip


def note_signal(subject: Subject, site: str) -> list[ConsentEvent]:
    """Global Privacy Control: an objection to what honours it, the first time it is seen; a choice made after it stands."""
    seen = ConsentEvent.objects.filter(record=subject.record, method=consent.Method.GPC)
    known = set(seen.values_list("purpose_id", "channel"))
    said = [
        consent.Statement(
            purpose=choice.purpose, channel=choice.channel, act=consent.Act.OBJECT, method=consent.Method.GPC,
            record_id=subject.record.pk, contact=subject.value if choice.channel in CONTACT_FIELDS else "",
            site=site[:200], proof="Sec-GPC: 1",
        )
        for choice in choices(subject)
        if choice.purpose.honours_gpc and (choice.purpose.pk, choice.channel) not in known
    ]  # fmt: skip
    with subject.acting():
        return consent.record_all(said, by=None) if said else []


def own_events(subject: Subject) -> Iterator[ConsentEvent]:
    """What was said for the record and the value of the link, or for the person by that record. 1 query."""
    rows = ConsentEvent.objects.filter(record=subject.record).select_related("purpose", "record__membership")
    digest = contacts.digest(subject.field, subject.value)
    return (event for event in rows if event.contact in ("", digest))


# ---- messages with links -----------------------------------------------------------------------------------------------------


def send_link(*, record: SourceRecord, value: str, base: str, by: object) -> None:
    """Send the link of an e-mail address to that address: nobody else ever sees it."""
    address = base + reverse("governance:preferences", args=[token_for(record.pk, "email", value)])
    _send(value, "preference_link", "Your choices", {"address": address})
    home = getattr(record, "membership", None)
    audit.record("preferences.link_sent", obj=record, subjects=[home.profile_id] if home else [])


def ask_to_confirm(event: ConsentEvent, *, base: str) -> None:
    """Double opt-in: the address is asked whether it was really its owner who agreed."""
    value = event.note.contact_value if hasattr(event, "note") else ""
    if event.awaits_confirmation and event.channel == Channel.EMAIL and value:
        token = signing.dumps(event.pk, salt=CONFIRM)
        address = base + reverse("governance:confirm-consent", args=[token])
        _send(
            value, "confirm_consent", f"Please confirm: {event.purpose}", {"address": address, "purpose": event.purpose}
        )


def _send(recipient: str, template: str, subject: str, context: dict) -> None:
    body = render_to_string(f"governance/{template}.txt", context)
    messages.write(channel="email", recipient=recipient, template=template, subject=subject, body=body)


def to_confirm(token: str) -> ConsentEvent:
    """The grant that a link confirms. Raises LinkDead. 1 query."""
    try:
        pk = signing.loads(token, salt=CONFIRM, max_age=CONFIRM_LASTS)
    except (signing.BadSignature, ValueError) as error:
        raise LinkDead from error
    rows = ConsentEvent.objects.filter(pk=pk, awaits_confirmation=True, note__isnull=False)
    found = rows.select_related("purpose", "note", "record").first()
    if found is None:
        raise LinkDead
    return found


def confirm(event: ConsentEvent) -> ConsentEvent:
    """The person confirms what they had agreed to on a form: from now on it counts. Twice is as good as once."""
    same = {"record": event.record, "purpose": event.purpose, "channel": event.channel, "contact": event.contact}
    earlier = ConsentEvent.objects.filter(
        method=consent.Method.DOUBLE_OPT_IN, recorded_at__gte=event.recorded_at, **same
    )
    said = consent.Statement(
        purpose=event.purpose, channel=event.channel, act=consent.Act.GRANT, method=consent.Method.DOUBLE_OPT_IN,
        record_id=event.record_id, contact=event.note.contact_value, language=event.language,
        jurisdiction=event.jurisdiction, notice_version=event.notice_version, proof=f"Confirms statement {event.pk}",
    )  # fmt: skip
    with acting(Actor(name="the person, by their link", request_id=current_actor().request_id)):
        return earlier.first() or consent.record(said, by=None)

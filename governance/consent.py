"""What people say about purposes is written down: one event each, in the ledger, and what follows for every customer."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from matching.locks import ATTEMPTS, Busy, atomic_with_retry, lock_profiles
from profiles import audit, jobs
from profiles.bulk import next_ids
from profiles.models import Batch, Membership, SourceRecord, User

from . import consent_store, contacts
from .consent_projection import to_lift
from .models import CONTACT_FIELDS, ConsentEvent, ConsentNote, Purpose

Act, Method = ConsentEvent.Act, ConsentEvent.Method
CLOCKS_DIFFER = timedelta(minutes=5)
SPREAD = "consent_spread"
# given on a page that anybody can fill in: the address may be somebody else's
UNPROVEN = (Method.WEB_FORM, Method.IMPORT)


class ConsentNotAllowed(Exception):
    """The statement cannot be written down; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What was said: about which purpose and channel, for which record or contact value, how, when, and its proof.

    `contact` is the value in clear; it is kept as a keyed hash, and in the note for those who may see it.
    """

    purpose: Purpose
    channel: str
    act: str
    method: str
    record_id: int | None = None
    contact: str = ""
    at: datetime | None = None
    notice_version: str = ""
    language: str = ""
    jurisdiction: str = ""
    site: str = ""
    proof: str = ""
    reason: str = ""
    line: int | None = None

    @property
    def restricts(self) -> bool:
        return self.act in ConsentEvent.RESTRICTIONS


def check(said: Statement, now: datetime) -> None:
    """Raise when it cannot be written down, whoever says so."""
    if said.channel not in said.purpose.channels:
        raise ConsentNotAllowed(f"“{said.purpose}” does not use this channel.")
    if said.at and said.at > now + CLOCKS_DIFFER:
        raise ConsentNotAllowed("The time lies in the future.")
    if said.contact and said.channel not in CONTACT_FIELDS:
        raise ConsentNotAllowed("This channel reaches the person by no value of its own: name none.")
    if said.act == Act.GRANT and said.channel in CONTACT_FIELDS and not said.contact:
        raise ConsentNotAllowed("A grant counts for one contact value: say which.")
    if said.record_id is None and (not said.restricts or not said.contact):
        raise ConsentNotAllowed("Without a record, only a NO on a contact value can be written down.")


def record(said: Statement, *, by: User | None, batch: Batch | None = None) -> ConsentEvent:
    """Write one statement down. About 20 queries."""
    return record_all([said], by=by, batch=batch)[0]


@atomic_with_retry
def record_all(statements: Sequence[Statement], *, by: User | None, batch: Batch | None = None) -> list[ConsentEvent]:
    """Write statements down, with what follows for every customer they concern. A fixed number of queries."""
    now = timezone.now()
    for one in statements:
        check(one, now)
    records = {one.record_id for one in statements if one.record_id is not None}
    _check_records(records, statements)
    said_no = {(CONTACT_FIELDS[one.channel], one.contact) for one in statements if one.restricts and one.contact}
    concerned = _locked(records, said_no)
    events = _events(statements, concerned, by, batch, now)
    ConsentEvent.objects.bulk_create(events)
    _write_notes(statements, events)
    _write_audit(events)
    consent_store.refresh(concerned, now)
    if said_no:
        jobs.enqueue(
            kind=SPREAD, args={"events": [e.id for e in events if e.contact and e.act in ConsentEvent.RESTRICTIONS]}
        )
    return events


def _check_records(records: Collection[int], statements: Iterable[Statement]) -> None:
    """What is granted needs a person to be there; a NO may be written down for one who was erased. 1 query."""
    states = dict(SourceRecord.objects.filter(id__in=records).values_list("id", "state"))
    for one in statements:
        if one.record_id is not None and one.record_id not in states:
            raise ConsentNotAllowed("There is no such record.")
        if not one.restricts and states.get(one.record_id) == SourceRecord.State.ERASED:
            raise ConsentNotAllowed("The person was erased: nothing can be granted for them, only withdrawn.")


def _locked(records: Collection[int], said_no: Collection[tuple[str, str]]) -> set[UUID]:
    """The customers concerned, locked: those of the records, and those that hold a value that was said NO to.

    Read again under the locks, until nobody was quicker.
    """
    for _ in range(ATTEMPTS):
        wanted = _concerned(records, said_no)
        before = transaction.savepoint()
        lock_profiles(wanted)
        if _concerned(records, said_no) == wanted:
            transaction.savepoint_commit(before)
            return wanted
        transaction.savepoint_rollback(before)  # gives the locks back
    raise Busy("The customers are being changed again and again; please try again.")


def _concerned(records: Collection[int], said_no: Collection[tuple[str, str]]) -> set[UUID]:
    homes = set(Membership.objects.filter(record_id__in=records).values_list("profile_id", flat=True))
    return homes | contacts.holders(said_no)


def _events(
    statements: Sequence[Statement], concerned: Collection[UUID], by: User | None, batch: Batch | None, now: datetime
) -> list[ConsentEvent]:
    """The rows of the ledger, unsaved but with their keys; the person's own grants name what they lift."""
    ids = next_ids(ConsentEvent, len(statements))
    events = [_event(pk, one, by, batch, now) for pk, one in zip(ids, statements, strict=True)]
    if any(event.act == Act.GRANT and event.is_by_subject for event in events):
        _name_what_is_lifted(events, consent_store.ground_of(concerned))
    return events


def _event(pk: int, one: Statement, by: User | None, batch: Batch | None, now: datetime) -> ConsentEvent:
    at, days = min(one.at or now, now), one.purpose.expires_after_days
    grants = one.act == Act.GRANT
    return ConsentEvent(
        id=pk, record_id=one.record_id, purpose=one.purpose, channel=one.channel, act=one.act, method=one.method,
        contact=contacts.digest_for(one.channel, one.contact), at=at, recorded_at=now,
        awaits_confirmation=grants and one.purpose.confirms_twice and one.method in UNPROVEN,
        until=at + timedelta(days=days) if grants and days else None,
        notice_version=one.notice_version or one.purpose.notice_version, language=one.language,
        jurisdiction=one.jurisdiction, site=one.site, actor=by, batch=batch, line=one.line,
    )  # fmt: skip


def _name_what_is_lifted(events: Sequence[ConsentEvent], ground: consent_store.Ground) -> None:
    home = {record: profile_id for profile_id, members in ground.members.items() for record in members}
    known = [consent_store.said(event) for event in ground.events]
    for event in events:
        if event.act == Act.GRANT and event.record_id in home:
            customer = ground.customer(home[event.record_id])
            event.lifts = sorted(to_lift(consent_store.said(event), known, customer))


def _write_notes(statements: Sequence[Statement], events: Sequence[ConsentEvent]) -> None:
    ConsentNote.objects.bulk_create(
        ConsentNote(event=event, contact_value=one.contact, proof=one.proof, reason=one.reason)
        for one, event in zip(statements, events, strict=True)
        if one.contact or one.proof or one.reason
    )


def _write_audit(events: Sequence[ConsentEvent]) -> None:
    """A row per statement. 1 query and 1 COPY."""
    rows = Membership.objects.filter(record_id__in={event.record_id for event in events if event.record_id})
    homes = dict(rows.values_list("record_id", "profile_id"))
    audit.record_all(
        audit.event(
            "consent.recorded",
            obj=event,
            subjects=[homes[event.record_id]] if event.record_id in homes else [],
            detail={
                "act": event.act, "purpose": event.purpose.key, "channel": event.channel, "method": event.method,
            },
        )
        for event in events
    )  # fmt: skip

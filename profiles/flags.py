"""Flags: a reader says that a shown value is wrong, a steward of its source answers, the reader sees the outcome."""

from django.db import transaction
from django.utils import timezone

from . import audit, work
from .corrections import applied, open_corrections, subjects_of
from .models import Flag, SourceRecord, User

FLAG = "flag"


class FlagNotAllowed(Exception):
    """The value cannot be flagged, or the flag not be answered so; the message says why."""


def values_shown(record: SourceRecord, field: str) -> list[str]:
    """What a reader is shown of a field of a record: with its correction. 1 query."""
    return applied(record.attributes, open_corrections([record.id]).get(record.id, {})).get(field, [])


@transaction.atomic
def flag(*, record: SourceRecord, field: str, value: str, note: str, by: User) -> Flag:
    """Flag a value of a record as wrong: it waits for the stewards of its source."""
    if value not in values_shown(record, field):
        raise FlagNotAllowed("The value changed in the meantime; look again.")
    made = Flag.objects.create(record=record, field=field, value=value, note=note, reporter=by)
    work.open_item(
        kind=FLAG,
        subject_id=made.id,
        reason="flagged",
        detail={"record": record.id, "field": field},
        source_id=record.source_id,
    )
    audit.record("customer.flagged", obj=made, subjects=subjects_of(record), detail={"field": field})
    return made


@transaction.atomic
def answer(*, flag: Flag, outcome: str, text: str, by: User) -> Flag:
    """Answer a flag; its reporter reads the outcome and the text."""
    flag = Flag.objects.select_for_update(of=("self",)).select_related("record").get(id=flag.id)
    if flag.outcome != Flag.Outcome.OPEN:
        raise FlagNotAllowed("Somebody else answered it first.")
    if outcome == Flag.Outcome.OPEN:
        raise FlagNotAllowed("Say what came of it.")
    flag.outcome, flag.answer, flag.answered_by, flag.answered_at = outcome, text, by, timezone.now()
    flag.save(update_fields=["outcome", "answer", "answered_by", "answered_at"])
    work.close_subjects(kind=FLAG, subject_ids=[flag.id])
    audit.record(
        "flag.answered", obj=flag, subjects=subjects_of(flag.record), detail={"field": flag.field, "outcome": outcome}
    )
    return flag

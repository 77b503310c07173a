"""Corrections: a steward's word on a field, anchored to the record whose value it corrects."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from django.db import OperationalError, connection, transaction
from django.utils import timezone

from . import audit, work
from .bulk import array
from .models import Correction, SourceRecord, User
from .registry import Registry


class NewRecord(NamedTuple):
    """A record that was stored for the first time: what it holds, so that nobody has to read it back."""

    id: int
    source_key: str
    party_kind: str
    attributes: Mapping[str, Sequence[str]]


# Upper apps act on records that were stored or changed, in the same transaction: keys, and who resolves them. They are
# given the ids of all, and those among them that are new with their content; no correction can lie on a new one.
AFTER_STORE: Registry[Callable[[Collection[int], Sequence[NewRecord]], None]] = Registry("steps after records changed")


def after_store(record_ids: Collection[int], new: Sequence[NewRecord] = ()) -> None:
    """Run the steps of upper apps on records that were stored or changed, in the caller's transaction."""
    for step in AFTER_STORE.values():
        step(record_ids, new)


CONFLICT = "correction_conflict"  # the work item of a source that contradicts a correction, see conflicts.py
LOCK_NOT_AVAILABLE = "55P03"


class CorrectionNotAllowed(Exception):
    """The correction cannot be made; the message says why."""


def open_corrections(record_ids: Iterable[int]) -> dict[int, dict[str, Correction]]:
    """Record id → field → its open correction. 1 query, 2 where there is any; none for no record."""
    found: dict[int, dict[str, Correction]] = {}
    record_ids = list(record_ids)
    if not record_ids:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM profiles_correction WHERE record_id = ANY(%s::bigint[]) AND released_at IS NULL",
            [array(record_ids)],
        )
        ids = [row[0] for row in cursor.fetchall()]
    for correction in Correction.objects.filter(id__in=ids) if ids else ():
        found.setdefault(correction.record_id, {})[correction.field] = correction
    return found


def applied(attributes: Mapping[str, Sequence[str]], corrections: Mapping[str, Correction]) -> dict[str, list[str]]:
    """Attributes of a record with its corrections on top: what golden values and matching see."""
    result = {field: list(values) for field, values in attributes.items()}
    for field, correction in corrections.items():
        if correction.act == Correction.Act.RETRACT or not correction.values:
            result.pop(field, None)
        else:
            result[field] = list(correction.values)
    return result


@transaction.atomic
def correct(*, record: SourceRecord, field: str, values: Sequence[str], reason: str, by: User | None) -> Correction:
    """Set (or, with no values, retract) a field of a record; an earlier correction of the field is released."""
    record = _locked(record.pk)
    if record.state == SourceRecord.State.ERASED:
        raise CorrectionNotAllowed("The record was erased.")
    _release_open(record, field, by)
    correction = Correction.objects.create(
        record=record,
        field=field,
        act=Correction.Act.SET if values else Correction.Act.RETRACT,
        values=list(values),
        source_values=record.attributes.get(field, []),
        reason=reason,
        created_by=by,
    )
    _resolve_again(record)
    audit.record("record.corrected", obj=correction, subjects=subjects_of(record), detail={"field": field})
    return correction


@transaction.atomic
def release(*, correction: Correction, by: User | None) -> Correction:
    """Take a correction back: the source's own value counts again."""
    _locked(correction.record_id)
    correction = Correction.objects.select_related("record").get(pk=correction.pk)
    if correction.released_at:
        raise CorrectionNotAllowed("The correction was released already.")
    correction.released_at, correction.released_by = timezone.now(), by
    correction.save(update_fields=["released_at", "released_by"])
    work.close_subjects(kind=CONFLICT, subject_ids=[correction.id])
    _resolve_again(correction.record)
    audit.record(
        "record.correction_released",
        obj=correction,
        subjects=subjects_of(correction.record),
        detail={"field": correction.field},
    )
    return correction


def _locked(record_id: int) -> SourceRecord:
    """The record, locked: corrections of it take turns, and with whatever resolves it. 1 query."""
    try:
        return SourceRecord.objects.select_for_update(no_key=True).get(pk=record_id)
    except OperationalError as error:
        if getattr(error.__cause__, "sqlstate", None) != LOCK_NOT_AVAILABLE:
            raise
        raise CorrectionNotAllowed("The record is being worked on at this moment. Please try again.") from error


def _release_open(record: SourceRecord, field: str, by: User | None) -> None:
    earlier = Correction.objects.filter(record=record, field=field, released_at__isnull=True)
    ids = list(earlier.values_list("id", flat=True))
    work.close_subjects(kind=CONFLICT, subject_ids=ids)
    earlier.update(released_at=timezone.now(), released_by=by)


def _resolve_again(record: SourceRecord) -> None:
    """The record's keys and links follow the correction: it waits to be resolved again, and keeps its membership."""
    SourceRecord.objects.filter(id=record.id, state=SourceRecord.State.RESOLVED).update(
        state=SourceRecord.State.RECEIVED
    )
    after_store([record.id])


def subjects_of(record: SourceRecord) -> list:
    """The profile that holds the record, if any."""
    return [record.membership.profile_id] if hasattr(record, "membership") else []

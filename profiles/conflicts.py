"""A source that contradicts a correction: it stays, and a work item asks a steward whether it still holds."""

from collections.abc import Collection, Iterable, Sequence

from django.db import transaction

from . import audit, work
from .corrections import CONFLICT, CorrectionNotAllowed, NewRecord, subjects_of
from .models import Correction, SourceRecord, User, WorkItem


def notice(record_ids: Collection[int], new: Sequence[NewRecord] = ()) -> None:
    """Open an item where a source sent a third value, close it where the source came round. At most 1 query without corrections.

    A step after records were stored; new records have no corrections.
    """
    known = set(record_ids).difference(record.id for record in new)
    if not known:
        return
    rows = Correction.objects.filter(record_id__in=known, released_at__isnull=True).select_related("record")
    agreed = []
    for correction in rows:
        if is_third(correction, correction.record):
            _ask(correction)
        else:
            agreed.append(correction.id)
    if agreed:
        work.close_subjects(kind=CONFLICT, subject_ids=agreed, state=WorkItem.State.DROPPED)


def is_third(correction: Correction, record: SourceRecord) -> bool:
    """Whether the source now says something else than what was corrected and what it was corrected to."""
    if record.state in (SourceRecord.State.WITHDRAWN, SourceRecord.State.ERASED):
        return False
    says = sorted(record.attributes.get(correction.field, ()))
    return says not in (sorted(correction.source_values), sorted(correction.values))


def _ask(correction: Correction) -> None:
    work.open_item(
        kind=CONFLICT,
        subject_id=correction.id,
        reason="third_value",
        detail={"record": correction.record_id, "field": correction.field},
        source_id=correction.record.source_id,
    )


@transaction.atomic
def keep(*, correction: Correction, revision: int, by: User | None) -> Correction:
    """Uphold a correction against what the source says now (its state of `revision`, as the steward saw it)."""
    record = SourceRecord.objects.select_for_update(of=("self",)).get(id=correction.record_id)
    correction = Correction.objects.select_for_update(of=("self",)).get(id=correction.id)
    if correction.released_at:
        raise CorrectionNotAllowed("The correction was released already.")
    if record.revision != revision:
        raise CorrectionNotAllowed("The source sent something newer in the meantime; look again.")
    correction.source_values = record.attributes.get(correction.field, [])
    correction.save(update_fields=["source_values"])
    work.close_subjects(kind=CONFLICT, subject_ids=[correction.id])
    audit.record(
        "record.correction_kept", obj=correction, subjects=subjects_of(record), detail={"field": correction.field}
    )
    return correction


def read_again(before: Iterable[tuple[int, dict, dict]]) -> None:
    """Records that were read anew from the same payload: what their source said when corrected is read so, too.

    Takes (record id, attributes before, attributes after). Without this a new standardiser would look like a third value.
    """
    changed = {pk: (old, new) for pk, old, new in before}
    rows = list(Correction.objects.filter(record_id__in=changed, released_at__isnull=True))
    for correction in rows:
        old, new = changed[correction.record_id]
        if sorted(correction.source_values) == sorted(old.get(correction.field, ())):
            correction.source_values = new.get(correction.field, [])
            correction.save(update_fields=["source_values"])

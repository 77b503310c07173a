"""While a request is open its records carry a mark, so that no machine merges them; after a merge the request covers the
survivor, after a split or an undo it stays with the records that it began with."""

from collections.abc import Collection, Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from profiles.models import IdentityOperation, Mark, Membership, RecordMove

from .models import PrivacyRequest
from .models.request import OPEN

REASON = "A privacy request is open."


def begin(request: PrivacyRequest) -> None:
    """Mark the records of the request's person. Caller holds the profile's lock. 2 queries."""
    _mark(request, Membership.objects.filter(profile_id=request.profile_id).values_list("record_id", flat=True))


def end(request: PrivacyRequest) -> None:
    """Take its marks away. 1 query."""
    open_marks(request).update(until=timezone.now())


def open_marks(request: PrivacyRequest) -> QuerySet[Mark]:
    """Its marks, the one of the record it began with first."""
    return Mark.objects.filter(kind=Mark.Kind.REQUEST_OPEN, reference=str(request.pk), until__isnull=True)


def _mark(request: PrivacyRequest, record_ids: Collection[int]) -> None:
    now = timezone.now()
    Mark.objects.bulk_create(
        (
            Mark(record_id=pk, kind=Mark.Kind.REQUEST_OPEN, reason=REASON, since=now, reference=str(request.pk))
            for pk in sorted(record_ids)
        ),
        ignore_conflicts=True,
    )


def follow_operations(operations: Sequence[IdentityOperation], moves: Sequence[RecordMove]) -> None:
    """A step of every operation: open requests go where the record is that they began with, and cover all that is there.
    1 query, and 4 for each request that is concerned."""
    ends: set[UUID] = {pk for move in moves for pk in (move.from_profile_id, move.to_profile_id) if pk}
    rows = PrivacyRequest.objects.filter(profile_id__in=ends, state__in=OPEN).exclude(verified="")
    for request in rows.order_by("id").select_for_update():
        _follow(request)


def _follow(request: PrivacyRequest) -> None:
    first = open_marks(request).order_by("id").values_list("record_id", flat=True).first()
    home = Membership.objects.filter(record_id=first).values_list("profile_id", flat=True).first()
    if home is None:
        return
    if home != request.profile_id:
        PrivacyRequest.objects.filter(pk=request.pk).update(profile_id=home)
        request.profile_id = home
    begin(request)

"""The record of requests that the law wants kept (California: 24 months): one line each, without a word on the person."""

from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from profiles.models import User

from . import requests
from .deadlines import months_after
from .models import PrivacyRequest, RequestClock

COLUMNS = (
    "request", "kind", "door", "requester", "regime", "regime version", "received", "acknowledged", "verified", "verified at",
    "due", "extended", "state", "closed", "days to the answer", "in time", "refusal", "places reached", "keep until",
)  # fmt: skip
Kind = RequestClock.Kind


def lines(user: User, since: datetime | None = None) -> Iterator[tuple[object, ...]]:
    """A line for each request that the user may see, newest first. 3 queries."""
    rows = PrivacyRequest.objects.visible_to(user).prefetch_related("clock", "tasks")
    for request in rows.filter(received_at__gte=since) if since else rows:
        clock = {event.kind: event.at for event in request.clock.all()}
        end = request.closed_at or timezone.now()
        yield (
            request.short_id, request.kind, request.door, request.requester, request.regime, request.regime_version,
            _day(request.received_at), _day(clock.get(Kind.ACKNOWLEDGED)), request.verified, _day(request.verified_at),
            _day(request.due_at), _day(clock.get(Kind.EXTENDED)), request.state, _day(request.closed_at),
            (end - request.received_at).days, "yes" if end <= request.due_at else "no", request.refusal,
            f"{sum(task.state == task.State.DONE for task in request.tasks.all())} of {len(request.tasks.all())}",
            _day(keep_until(request)),
        )  # fmt: skip


def keep_until(request: PrivacyRequest) -> datetime | None:
    """Until when the law wants the record kept; none where it names no time, or while it is open."""
    months = requests.policy_of(request).evidence_months
    if not months or request.closed_at is None:
        return None
    day = months_after(request.closed_at.date(), months)
    return request.closed_at.replace(year=day.year, month=day.month, day=day.day)


def _day(moment: datetime | None) -> str:
    return moment.date().isoformat() if moment else ""

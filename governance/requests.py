"""Privacy requests: receive, verify, go on, extend, refuse, close. What carries them out is in fulfilment.py."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from profiles import approvals, audit, work
from profiles.models import Profile, User

from . import deadlines, request_marks
from .models import PrivacyRequest, RequestClock
from .models.request import OPEN, TRANSITIONS, State

Kind, Clock, Blocked, Verified = PrivacyRequest.Kind, RequestClock.Kind, PrivacyRequest.Blocked, PrivacyRequest.Verified
SUBJECT = PrivacyRequest.Requester.SUBJECT

PLAN, REFUSAL = "privacy_request", "request_refusal"  # kinds of approval, see fulfilment.py and refusals.py
DUE = "request_due"  # the work item of a request whose deadline is near, see request_watch.py


class RequestNotAllowed(Exception):
    """It cannot be done with this request as it is; the message says why."""


@transaction.atomic
def receive(
    *, kind: str, door: str, regime: str, by: User | None, profile: Profile | None = None,
    received_at: datetime | None = None, requester: str = PrivacyRequest.Requester.SUBJECT,
) -> PrivacyRequest:  # fmt: skip
    """Write a request down and start its clock; opt-outs need no proof of who asks. About 5 queries."""
    policy, at = deadlines.CURRENT[regime], received_at or timezone.now()
    found = deadlines.deadline(policy, kind, [deadlines.Event(Clock.RECEIVED, at)])
    request = PrivacyRequest.objects.create(
        kind=kind, door=door, filed_by=by, profile=profile, requester=requester, regime=policy.code,
        regime_version=policy.version, received_at=at, due_at=found.due,
        blocked=Blocked.NOTHING if profile else Blocked.SUBJECT,
    )  # fmt: skip
    RequestClock.objects.create(request=request, kind=Clock.RECEIVED, at=at, actor=by)
    _record("request.received", request, kind=kind, door=door)
    return request


def locked(request: PrivacyRequest) -> PrivacyRequest:
    """The request as it is now, locked until the transaction ends. 1 query."""
    return PrivacyRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)


def check_may_become(request: PrivacyRequest, state: State) -> None:
    """Raise unless this state may follow."""
    if state not in TRANSITIONS[State(request.state)]:
        was, wanted = State(request.state).label.lower(), state.label.lower()
        raise RequestNotAllowed(f"A request that is {was} cannot become {wanted}.")


def become(request: PrivacyRequest, state: State, **changes: object) -> PrivacyRequest:
    """Give a locked request its next state, and other fields with it; the audit is told. 2 queries."""
    check_may_become(request, state)
    was, request.state = request.state, state
    for name, value in changes.items():
        setattr(request, name, value)
    request.save(update_fields=["state", *changes])
    _record("request.moved", request, was=was, state=str(state))
    return request


def events_of(request: PrivacyRequest) -> list[deadlines.Event]:
    """The events of its clock. 1 query."""
    return [deadlines.Event(event.kind, event.at) for event in request.clock.all()]


def policy_of(request: PrivacyRequest) -> deadlines.Regime:
    """The rules it was received under."""
    return deadlines.BY_VERSION[request.regime, request.regime_version]


def deadline_of(request: PrivacyRequest) -> deadlines.Deadline:
    """What follows from its clock. 1 query."""
    return deadlines.deadline(policy_of(request), request.kind, events_of(request))


@transaction.atomic
def tick(
    *, request: PrivacyRequest, kind: str, by: User | None, at: datetime | None = None, reason: str = ""
) -> PrivacyRequest:
    """Write an event of the clock; when the request is due follows anew. 6 queries."""
    request = locked(request)
    if request.state not in OPEN:
        raise RequestNotAllowed("The request is closed: its clock has stopped.")
    at = at or timezone.now()
    if kind == Clock.EXTENDED:
        _check_may_extend(request, at)
    RequestClock.objects.create(request=request, kind=kind, at=at, actor=by, reason=reason)
    found = deadline_of(request)
    request.due_at, request.is_paused = found.due, found.is_paused
    request.save(update_fields=["due_at", "is_paused"])
    _record("request.clock", request, event=kind, due=found.due.date().isoformat())
    return request


def _check_may_extend(request: PrivacyRequest, at: datetime) -> None:
    last = deadline_of(request).extend_by
    if last is None:
        raise RequestNotAllowed("It cannot be extended: the law names no (further) extension for it.")
    if at > last:
        raise RequestNotAllowed("It is too late to extend it: that had to be told before it was due.")


@transaction.atomic
def verify(*, request: PrivacyRequest, profile: Profile, how: str, by: User | None) -> PrivacyRequest:
    """Bind the request to the person whose identity was proven, and go on. About 8 queries.

    For whoever asks for another it is staff who say so, having seen the proof of authority.
    """
    request = locked(request)
    if request.requester != SUBJECT and how != Verified.STAFF:
        raise RequestNotAllowed("Who asks for another is proven by staff, with the proof of authority.")
    now = timezone.now()
    authority = {"authority_by": by, "authority_at": now} if request.requester != SUBJECT else {}
    become(
        request, State.IN_PROGRESS, profile=profile, verified=how, verified_at=now, verified_by=by,
        blocked=Blocked.NOTHING, **authority,
    )  # fmt: skip
    asked = {event.kind for event in events_of(request)}
    if Clock.IDENTITY_ASKED in asked:
        tick(request=request, kind=Clock.IDENTITY_GIVEN, by=by, at=now)
    _record("request.verified", request, how=how)
    return PrivacyRequest.objects.get(pk=request.pk)


@transaction.atomic
def cancel(*, request: PrivacyRequest, by: User | None) -> PrivacyRequest:
    """End a request that was taken back; one whose plan is being carried out can only go on."""
    approvals.void(kinds=[PLAN, REFUSAL], subject_id=str(request.pk), why="The request was cancelled.")
    request = locked(request)
    if request.is_under_way:
        raise RequestNotAllowed("Its plan is being carried out already.")
    return close(request, State.CANCELLED, by=by)


def close(request: PrivacyRequest, state: State, *, by: User | None, **changes: object) -> PrivacyRequest:
    """End a locked request. About 4 queries."""
    now = timezone.now()
    check_may_become(request, state)
    RequestClock.objects.create(request=request, kind=Clock.CLOSED, at=now, actor=by)
    request_marks.end(request)
    work.close_subjects(kind=DUE, subject_ids=[request.pk])
    return become(
        request, state, closed_at=now, closed_by=by, blocked=Blocked.NOTHING, is_paused=False, **changes
    )  # fmt: skip


def _record(action: str, request: PrivacyRequest, **detail: object) -> None:
    subjects = [request.profile_id] if request.profile_id else []
    audit.record(action, obj=request, subjects=subjects, detail=detail)

"""What the pages of privacy requests show: days left in words, the clock, what may be done next."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from profiles import approvals, permissions
from profiles.customers import ShownCustomer, show
from profiles.models import Profile, Source, User
from profiles.work import Presented

from . import refusals, requests, rights
from .fulfilment import plan_of
from .models import PrivacyRequest, RequestTask
from .models.request import OPEN, State
from .permissions import DO_REQUEST_TASKS, HANDLE_REQUESTS
from .requests import RequestNotAllowed

WARN, ALARM = 0.5, 0.25  # shares of the time that are left


@dataclass(frozen=True, slots=True)
class Left:
    """The time left: in words, and how it looks."""

    words: str
    tone: str


def time_left(request: PrivacyRequest, now: datetime) -> Left:
    """Days left until it is due, coloured by the share of the time that is left; said in words, too."""
    if not request.is_open:
        late = request.closed_at > request.due_at
        return Left("answered too late", "bad") if late else Left("answered in time", "ok")
    if request.is_paused:
        return Left("clock stands", "plain")
    days = (request.due_at.date() - now.date()).days
    if now > request.due_at:
        return Left(f"{_days(-days)} overdue" if days < 0 else "overdue", "bad")
    whole = (request.due_at - request.received_at).total_seconds() or 1
    share = (request.due_at - now).total_seconds() / whole
    tone = "bad" if share < ALARM else "warn" if share < WARN else "ok"
    return Left("due today" if days == 0 else f"{_days(days)} left", tone)


def _days(n: int) -> str:
    return f"{n} day{'' if n == 1 else 's'}"


def named(rows: Sequence[PrivacyRequest], user: User) -> dict[UUID, ShownCustomer]:
    """Profile → the customer as the user may see it. None for who may not look customers up. At most 7 queries."""
    wanted = {row.profile_id for row in rows if row.profile_id}
    if not wanted or not user.has_perm(permissions.VIEW_CUSTOMERS):
        return {}
    seen = list(Profile.objects.visible_to(user).active().filter(pk__in=wanted).values_list("pk", flat=True))
    return show(seen, user)


def with_counts(rows: QuerySet[PrivacyRequest]) -> QuerySet[PrivacyRequest]:
    """Requests with how many of their tasks are done, and how many repeat them."""
    return rows.annotate(
        task_count=Count("tasks", distinct=True),
        done_count=Count("tasks", filter=Q(tasks__state=RequestTask.State.DONE), distinct=True),
        duplicate_count=Count("duplicates", filter=Q(duplicates__state__in=OPEN), distinct=True),
    )


@dataclass(slots=True)
class Next:
    """What may be done with a request now, by this user; and in words why its plan cannot be asked for."""

    handles: bool = False
    plan: Sequence[str] = ()
    no_plan: str = ""
    verify: bool = False
    send_code: bool = False
    ask: bool = False
    refuse: bool = False
    cancel: bool = False
    retry: bool = False
    letters: bool = False
    lift: bool = False


def what_next(request: PrivacyRequest, user: User) -> Next:
    """What the user may do. About 6 queries for who works on it, none for others."""
    if not user.has_perm(HANDLE_REQUESTS):
        return Next()
    found = Next(handles=True, letters=request.is_open)
    found.verify = request.state in (State.RECEIVED, State.VERIFYING)
    found.retry = request.is_under_way and request.blocked == PrivacyRequest.Blocked.TASK
    found.cancel = request.is_open and not request.is_under_way
    found.refuse = found.cancel and request.state != State.AWAITING_APPROVAL and refusals.asked_for(request) is None
    found.lift = request.kind == PrivacyRequest.Kind.RESTRICTION and rights.restricted(request) > 0
    if request.state == State.IN_PROGRESS and not request.started_at:
        try:
            found.plan, found.ask = plan_of(request).summary, True
        except RequestNotAllowed as refused:
            found.no_plan = str(refused)
    return found


def tasks_of(request: PrivacyRequest, user: User) -> list[tuple[RequestTask, bool]]:
    """(task, whether the user may say that it is done). 3 queries."""
    mine: Collection[int] = set(Source.objects.stewarded_by(user).values_list("pk", flat=True))
    handles, does = user.has_perm(HANDLE_REQUESTS), user.has_perm(DO_REQUEST_TASKS)
    return [
        (task, request.is_under_way and task.by_hand and task.state != RequestTask.State.DONE
         and (handles or (does and task.source_id in mine)))
        for task in request.tasks.select_related("done_by").order_by("id")
    ]  # fmt: skip


def waiting_approvals(request: PrivacyRequest, user: User) -> list[Presented]:
    """What waits for a second person about it, where the user may look."""
    rows = [row for row in (request.approval, refusals.asked_for(request)) if row and row.state == row.State.REQUESTED]
    return [
        Presented(approvals.KINDS[row.kind].title, address)
        for row in rows
        if (address := approvals.address_of(row, user))
    ]


def law_of(request: PrivacyRequest) -> str:
    """The rules in words."""
    regime = requests.policy_of(request)
    return f"{regime.title}, version {regime.version}"

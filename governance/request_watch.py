"""Telling of a deadline before it is over: a work item and an e-mail to who works on requests, at each stage once."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q
from django.urls import reverse

from profiles import audit, work
from profiles.models import User, WorkItem
from profiles.work import Presented

from . import messages
from .models import OutgoingMessage, PrivacyRequest
from .permissions import HANDLE_REQUESTS
from .requests import DUE

# stages by time left: when it is entered, its code, its words
STAGES = (
    (timedelta(days=7), "week", "It is due within a week."),
    (timedelta(days=3), "days", "It is due within three days."),
    (timedelta(days=1), "day", "It is due within a day."),
    (timedelta(0), "overdue", "It is overdue."),
)
REASONS = {code: words for _, code, words in STAGES}
TEXT = "{request} is due on {due:%d %B %Y}. {words}\n\nState: {state}\n"


def stage_of(request: PrivacyRequest, now: datetime) -> int:
    """How many stages of urgency a request has reached."""
    return sum(request.due_at - now <= left for left, _, _ in STAGES)


def watch(now: datetime) -> int:
    """Tell of each open request that entered a stage since the last look; one whose clock stands is left. Returns how many."""
    told = 0
    rows = PrivacyRequest.objects.open().filter(is_paused=False, due_at__lte=now + STAGES[0][0])
    for request in rows.filter(escalated__lt=len(STAGES)).order_by("due_at", "id"):
        if stage_of(request, now) > request.escalated:
            _tell(request, now)
            told += 1
    return told


@transaction.atomic
def _tell(request: PrivacyRequest, now: datetime) -> None:
    stage = stage_of(request, now)
    _, code, words = STAGES[stage - 1]
    PrivacyRequest.objects.filter(pk=request.pk).update(escalated=stage)
    item = work.open_item(kind=DUE, subject_id=request.pk, reason=code)
    WorkItem.objects.filter(pk=item.pk).update(reason=code, due_at=request.due_at)
    text = TEXT.format(request=request, due=request.due_at, words=words, state=request.get_state_display())
    for address in staff_addresses():
        messages.write(
            channel=OutgoingMessage.Channel.EMAIL, recipient=address, template="due", subject=f"{request}: {words}",
            body=text, request=request,
        )  # fmt: skip
    audit.record("request.escalated", obj=request, detail={"stage": code})


def staff_addresses() -> list[str]:
    """E-mail addresses of who works on requests. 1 query."""
    app, _, codename = HANDLE_REQUESTS.partition(".")
    wanted = Permission.objects.filter(content_type__app_label=app, codename=codename)
    holders = User.objects.filter(Q(groups__permissions__in=wanted) | Q(user_permissions__in=wanted), is_active=True)
    return list(holders.exclude(email="").order_by("email").values_list("email", flat=True).distinct())


def present(items: Sequence[WorkItem], user: User) -> Mapping[int, Presented]:
    """Deadlines are shown to who works on requests. At most 1 query."""
    if not user.has_perm(HANDLE_REQUESTS):
        return {}
    found = PrivacyRequest.objects.in_bulk([item.subject_id for item in items])
    named = {str(pk): request for pk, request in found.items()}
    return {
        item.pk: Presented(str(named[item.subject_id]), reverse("governance:request", args=[item.subject_id]))
        for item in items
        if item.subject_id in named
    }

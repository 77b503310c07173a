"""The access review: managers of sources confirm each grant every quarter, and what nobody confirms falls."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from profiles import audit, grants, permissions
from profiles.grants import Grant, Granted
from profiles.models import Source, User

from .models import AccessReview, ReviewedGrant

Outcome = ReviewedGrant.Outcome
DAYS = 30  # to confirm in
FRESH = timedelta(days=30)  # what was given or confirmed so lately is not asked about by the calendar


class ReviewNotAllowed(Exception):
    """The review cannot be started, or the grant not be decided so; the message says why."""


def current() -> AccessReview | None:
    """The open review. 1 query."""
    return AccessReview.objects.filter(closed_at__isnull=True).first()


@transaction.atomic
def start(*, by: User | None, now: datetime, days: int = DAYS) -> AccessReview | None:
    """Begin a review of all grants; one begun by the calendar (`by` nobody) leaves fresh ones out, and needs any."""
    if current():
        raise ReviewNotAllowed("A review is open already.")
    rows = [
        ReviewedGrant(source=source, verbs=list(mine.grants), **_end(mine))
        for source in Source.objects.order_by("id")
        for mine in grants.granted(source)
        if by is not None or not _is_fresh(mine, now)
    ]
    if not rows:
        return None
    review = AccessReview.objects.create(started_at=now, started_by=by, due_at=now + timedelta(days=days))
    for row in rows:
        row.review = review
    ReviewedGrant.objects.bulk_create(rows)
    audit.record("access_review.started", obj=review, detail={"grants": len(rows)})
    return review


def _end(mine: Granted) -> dict[str, object]:
    return {"group" if mine.is_group else "user": mine.grantee}


def _is_fresh(mine: Granted, now: datetime) -> bool:
    return all((grant.confirmed_at or grant.granted_at) > now - FRESH for grant in mine.grants.values())


def to_decide(review: AccessReview, user: User) -> QuerySet[ReviewedGrant]:
    """What of a review the user may see and decide: all for administrators, else the sources that they manage."""
    rows = review.grants.select_related("source", "user", "group", "decided_by").order_by("source__name", "id")
    if user.has_perms(permissions.GRANT_SOURCES):
        return rows
    return rows.filter(source__in=Source.objects.managed_by(user).values("id"))


def why_not_decide(row: ReviewedGrant, user: User) -> str:
    """Why the user may not decide this one; empty if they may."""
    if row.outcome != Outcome.OPEN:
        return "It was decided already."
    return "Somebody else confirms what was granted to you." if row.user_id == user.pk else ""


@transaction.atomic
def confirm(*, review: AccessReview, row_ids: Collection[int], by: User) -> int:
    """Confirm grants for another quarter. Returns how many."""
    now = timezone.now()
    rows = _locked(review, row_ids, by)
    for row in rows:
        for grant in _standing(row):
            grant.confirmed_at, grant.confirmed_by = now, by
            grant.save(update_fields=["confirmed_at", "confirmed_by"])
        _decide(row, Outcome.CONFIRMED, by, now)
        audit.record("source.grant_confirmed", obj=row.source, detail=_detail(row))
    return len(rows)


@transaction.atomic
def withdraw(*, review: AccessReview, row_ids: Collection[int], by: User, reason: str = "Access review") -> int:
    """Take grants back that are needed no more. Returns how many."""
    rows = _locked(review, row_ids, by)
    for row in rows:
        grants.take_back(_standing(row), "source.grant_withdrawn", reason)
        _decide(row, Outcome.WITHDRAWN, by, timezone.now())
    return len(rows)


def _locked(review: AccessReview, row_ids: Collection[int], by: User) -> list[ReviewedGrant]:
    """The chosen rows, locked; all must be the user's to decide."""
    rows = list(to_decide(review, by).filter(id__in=row_ids).select_for_update(of=("self",)))
    if len(rows) != len(set(row_ids)):
        raise ReviewNotAllowed("Some of these are not yours to decide.")
    for row in rows:
        if refused := why_not_decide(row, by):
            raise ReviewNotAllowed(refused)
    return rows


def _standing(row: ReviewedGrant) -> list[Grant]:
    """What is left of the grants that the row stands for: newer ones are not its to take, nor the view they rest on."""
    mine = next((one for one in grants.granted(row.source) if one.grantee == row.grantee), None)
    found = mine.grants if mine else {}
    newer = any(grant.granted_at > row.review.started_at for grant in found.values())
    return [
        grant
        for verb, grant in found.items()
        if verb in row.verbs and grant.granted_at <= row.review.started_at and not (newer and verb == "view")
    ]


def _decide(row: ReviewedGrant, outcome: str, by: User | None, now: datetime) -> None:
    row.outcome, row.decided_by, row.decided_at = outcome, by, now
    row.save(update_fields=["outcome", "decided_by", "decided_at"])


def _detail(row: ReviewedGrant) -> dict[str, str]:
    words = {"permission": ", ".join(row.verbs), "source": row.source.key, "grantee": grants.label_of(row.grantee)}
    return {**words, "review": str(row.review_id)}


@transaction.atomic
def close_due(*, now: datetime) -> int:
    """End the review whose time is over: what nobody confirmed falls. Returns how many fell."""
    review = AccessReview.objects.filter(closed_at__isnull=True, due_at__lte=now).select_for_update().first()
    if review is None:
        return 0
    lapsed = list(review.grants.filter(outcome=Outcome.OPEN).select_related("source", "user", "group", "review"))
    for row in lapsed:
        grants.take_back(_standing(row), "source.grant_lapsed", "Nobody confirmed it in the access review")
        _decide(row, Outcome.LAPSED, None, now)
    review.closed_at = now
    review.save(update_fields=["closed_at"])
    audit.record("access_review.closed", obj=review, detail=_counts(review.grants.all()))
    return len(lapsed)


def _counts(rows: Iterable[ReviewedGrant]) -> dict[str, int]:
    outcomes = [row.outcome for row in rows]
    return {str(outcome): outcomes.count(outcome) for outcome in Outcome if outcome != Outcome.OPEN}


def keep_calendar(*, now: datetime) -> None:
    """What the scheduler asks for: end a review that is due, begin one in each quarter that had none."""
    close_due(now=now)
    quarter = now.replace(month=(now.month - 1) // 3 * 3 + 1, day=1, hour=0, minute=0, second=0, microsecond=0)
    if not current() and not AccessReview.objects.filter(started_at__gte=quarter).exists():
        start(by=None, now=now)

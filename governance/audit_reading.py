"""Reading the audit: search, who saw a person, what a user did, and which seal covers an event."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import BooleanField, Count, Max, Min, Q, QuerySet
from django.db.models.expressions import RawSQL

from profiles.audit import EVENTS
from profiles.models import AuditEvent, Membership, Profile, RecordMove, User

from .models import AuditSeal
from .spans import Move, Span, spans

PAGE = 50


@dataclass(frozen=True, slots=True)
class Person:
    """Who is asked about: the id that stands for the person now, and when which id held the person's records."""

    asked: UUID
    profile: Profile | None
    spans: Sequence[Span]

    @property
    def is_redirected(self) -> bool:
        return self.profile is not None and self.profile.id != self.asked

    @property
    def ids(self) -> list[UUID]:
        return sorted({span.profile for span in self.spans})


def reads() -> list[str]:
    """The kinds of event that show personal data to somebody."""
    return [name for name, kind in EVENTS.items() if kind.is_read]


def search(wanted: dict[str, Any]) -> QuerySet[AuditEvent]:
    """Events that fit a cleaned AuditFilterForm, newest first. 1 query more when a user is named."""
    rows = AuditEvent.objects.all()
    exact = {
        "action": wanted.get("action"), "outcome": wanted.get("outcome"), "request_id": wanted.get("request"),
        "object_type__iexact": wanted.get("kind"), "object_id": wanted.get("object"),
        "at__gte": wanted.get("since"), "at__lt": wanted.get("until"),
    }  # fmt: skip
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    if wanted.get("actor"):
        rows = rows.filter(by_whom(wanted["actor"]))
    if wanted.get("subject"):
        rows = rows.filter(subject_ids__contains=[wanted["subject"]])
    if wanted.get("what"):
        rows = rows.filter(action__in=reads()) if wanted["what"] == "reads" else rows.exclude(action__in=reads())
    return rows


def by_whom(name: str) -> Q:
    """Events of a user, found by the number of the account: a name may have changed. 1 query."""
    ids = list(User.objects.filter(username__iexact=name).values_list("id", flat=True))
    return Q(actor_id__in=ids) if ids else Q(actor_name__iexact=name)


def page(rows: QuerySet[AuditEvent], place: str) -> tuple[list[AuditEvent], str]:
    """The next events behind a place, newest first, and the place to go on from. 1 query."""
    moment, _, number = place.partition("_")
    at = _moment(moment)
    if at and number.isdecimal():
        rows = rows.filter(at__lte=at).exclude(at=at, id__gte=int(number))
    found = list(rows.order_by("-at", "-id")[: PAGE + 1])
    last = found[PAGE - 1] if len(found) > PAGE else None
    return found[:PAGE], f"{last.at.isoformat()}_{last.id}" if last else ""


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def person(asked: UUID) -> Person:
    """The person behind an id, also a merged one: whoever holds the records now. 3 queries."""
    profile = Profile.objects.select_related("canonical").filter(pk=asked).first()
    now = (profile.canonical or profile) if profile else None
    if now is None:
        return Person(asked, None, ())
    homes = dict(Membership.objects.filter(profile=now).values_list("record_id", "profile_id"))
    records = list(homes) or list(RecordMove.objects.filter(_touches(now)).values_list("record_id", flat=True))
    rows = RecordMove.objects.filter(record_id__in=records).order_by("operation__created_at", "id")
    moves = rows.values_list("record_id", "operation__created_at", "from_profile_id", "to_profile_id")
    return Person(asked, now, spans((Move(*move) for move in moves), homes) or [*spans((), {0: now.id})])


def _touches(profile: Profile) -> Q:
    return Q(from_profile=profile) | Q(to_profile=profile)


def about(found: Person) -> QuerySet[AuditEvent]:
    """Events that name an id while it held one of the person's records, newest first."""
    held = found.spans
    return AuditEvent.objects.filter(
        RawSQL(
            "EXISTS (SELECT FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS held(profile, since, until)"
            " WHERE held.profile = ANY(profiles_auditevent.subject_ids)"
            " AND profiles_auditevent.at >= held.since AND profiles_auditevent.at < held.until)",
            [[s.profile for s in held], [s.since for s in held], [s.until for s in held]],
            output_field=BooleanField(),
        ),
        subject_ids__overlap=found.ids,
    )


def by_reader(rows: QuerySet[AuditEvent]) -> list[dict[str, Any]]:
    """Who, how often, first and last: one line for each actor. 1 query."""
    grouped = rows.order_by().values("actor_id", "actor_name")
    return list(grouped.annotate(times=Count("id"), first=Min("at"), last=Max("at")).order_by("-last"))


def by_kind(rows: QuerySet[AuditEvent]) -> list[dict[str, Any]]:
    """What, how often, about how many people: one line for each kind of event. 1 query."""
    inner, params = rows.order_by().values("id", "at", "action", "subject_ids").query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT e.action, count(DISTINCT e.id), max(e.at), count(DISTINCT who.id) FROM ({inner}) e"  # noqa: S608
            " LEFT JOIN LATERAL unnest(e.subject_ids) AS who(id) ON true GROUP BY e.action ORDER BY 2 DESC, 1",
            params,
        )
        found = [dict(zip(("action", "times", "last", "people"), row, strict=True)) for row in cursor.fetchall()]
    return [
        {**row, "title": EVENTS[row["action"]].title if row["action"] in EVENTS else row["action"]} for row in found
    ]


def seal_of(event: AuditEvent) -> AuditSeal | None:
    """The seal that covers an event; None while it waits for one. 1 query."""
    return AuditSeal.objects.filter(event_ids__contains=[event.id]).defer("leaves").first()

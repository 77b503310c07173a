"""The cards of the home page: each for those who hold a permission, so that every role finds its own work there."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db.models import Count, Min, OuterRef, Subquery
from django.urls import reverse
from django.utils import timezone

from governance import permissions as governance
from governance import request_page
from governance.models import AuditSeal, PrivacyRequest
from governance.sealing import count_waiting
from matching import permissions as matching
from matching import queue
from matching.models import Publication
from profiles import approvals as second_person
from profiles import audit
from profiles import permissions as profiles
from profiles.customers import show
from profiles.models import AuditEvent, Batch, Flag, Job, Reveal, Source, User

SHOWN = 6


def _nothing(user: User) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Card:
    """A card: its template, the permission it takes, one that makes it needless, and where its content comes from."""

    name: str
    permission: str
    unless: str = ""
    content: Callable[[User], dict[str, Any]] = field(default=_nothing)
    is_wide: bool = False

    @property
    def template(self) -> str:
        return f"cdv_site/home/{self.name}.html"

    def is_for(self, user: User) -> bool:
        return user.has_perm(self.permission) and not (self.unless and user.has_perm(self.unless))


def next_pairs(user: User) -> dict[str, Any]:
    """The next proposals with names, how many wait and since when; the reading is audited. 9 queries."""
    rows = queue.waiting(user)
    page, _ = queue.page(rows, "")
    page = page[:SHOWN]
    people = show({pid for p in page for pid in (p.left_id, p.right_id) if pid}, user)
    audit.read("customer.searched", subjects=people, detail={"hits": len(people)})
    return {
        "queue": [(p, people[p.left_id].name, people[p.right_id].name if p.right_id else "") for p in page],
        "oldest": rows.aggregate(at=Min("created_at"))["at"],
    }


def reasons(user: User) -> dict[str, Any]:
    """Why a person is asked. 2 queries."""
    rows, where = queue.waiting(user), reverse("matching:queue")
    return {
        "whole": rows.count(),
        "rows": [(o.label, o.count, f"{where}?reason={o.value}") for o in queue.reasons(rows)[:SHOWN]],
    }


def approvals(user: User) -> dict[str, Any]:
    """What waits for the reader as the second person. 1 query, and those of what waits."""
    return {"approvals": second_person.presented(list(second_person.waiting_for(user)[:SHOWN]), user)}


def publications(user: User) -> dict[str, Any]:
    """Match models that somebody asked to publish, for who may see every source. 2 queries."""
    if not Source.objects.all_visible_to(user):
        return {"publications": []}
    waiting = Publication.objects.filter(state=Publication.State.REQUESTED).select_related("model", "requested_by")
    return {"publications": list(waiting[:SHOWN])}


def flags(user: User) -> dict[str, Any]:
    """What the reader flagged last, with what came of it. 1 query."""
    return {"flags": list(Flag.objects.filter(reporter=user).select_related("record__source")[:SHOWN])}


def imports(user: User) -> dict[str, Any]:
    """The newest imports of the reader's sources. 2 queries."""
    rows = Batch.objects.filter(source__in=Source.objects.visible_to(user)).select_related("source")
    return {"batches": list(rows[:SHOWN])}


def jobs(user: User) -> dict[str, Any]:
    """What runs or waits to run. 1 query."""
    return {"jobs": list(Job.objects.visible_to(user).filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])[:SHOWN])}


def requests(user: User) -> dict[str, Any]:
    """The open privacy requests that fall due first, with names. 8 queries."""
    rows = PrivacyRequest.objects.visible_to(user).open()
    page, now = list(rows.order_by("due_at", "pk")[:SHOWN]), timezone.now()
    people = request_page.named(page, user)
    audit.read("request.read", subjects=people.keys())
    return {
        "rows": [(row, people.get(row.profile_id), request_page.time_left(row, now)) for row in page],
        "more": max(rows.count() - SHOWN, 0),
    }


def the_audit(user: User) -> dict[str, Any]:
    """What was done and seen in the last day, what is not sealed, and the newest events. 5 queries."""
    lately = AuditEvent.objects.filter(at__gte=timezone.now() - timedelta(days=1))
    reads = [name for name, kind in audit.EVENTS.items() if kind.is_read]
    newest = AuditSeal.objects.defer("leaves").order_by("-number").first()
    return {
        "tiles": [
            ("Events in a day", lately.count(), ""),
            ("Reads of customers", lately.filter(action__in=reads).count(), ""),
            ("Refused", lately.filter(outcome=AuditEvent.Outcome.REFUSED).count(), ""),
            ("Wait for a seal", count_waiting(newest), reverse("governance:seals")),
        ],
        "events": [(event, audit.sentence(event)) for event in AuditEvent.objects.all()[:SHOWN]],
    }


def revealed(user: User) -> dict[str, Any]:
    """Whose masked values were revealed last, by whom and for what. 1 query."""
    return {"reveals": list(Reveal.objects.select_related("user")[:SHOWN])}


def setup(user: User) -> dict[str, Any]:
    """The parts of the set-up. No query."""
    parts = (
        ("Sources and their columns", "admin:profiles_source_changelist", "database"),
        ("Fields of a customer", "admin:profiles_canonicalfield_changelist", "list-check"),
        ("Values that never count", "admin:profiles_blockedvalue_changelist", "ban"),
        ("Publish the draft", "admin:profiles_schemaversion_changelist", "sparkles"),
        ("People and their roles", "governance:people", "users"),
    )
    return {"parts": [(label, reverse(name), icon) for label, name, icon in parts]}


def sources(user: User) -> dict[str, Any]:
    """The reader's sources with their records and flags. 1 query."""
    flagged = Flag.objects.filter(record__source=OuterRef("pk")).order_by().values("record__source")
    rows = Source.objects.visible_to(user).annotate(
        n=Count("records"), flags=Subquery(flagged.annotate(n=Count("id")).values("n"))
    )
    return {"sources": list(rows)}


CARDS = (
    Card("find", profiles.VIEW_CUSTOMERS, unless=matching.REVIEW, is_wide=True),
    Card("next_pairs", matching.REVIEW, content=next_pairs, is_wide=True),
    Card("reach", profiles.VIEW_COUNTS, unless=profiles.CONTROL_JOBS, is_wide=True),
    Card("requests", governance.HANDLE_REQUESTS, content=requests, is_wide=True),
    Card("the_audit", profiles.READ_AUDIT, content=the_audit, is_wide=True),
    Card("revealed", profiles.READ_AUDIT, content=revealed),
    Card("imports", profiles.IMPORT, unless=matching.REVIEW, content=imports, is_wide=True),
    Card("approvals", matching.APPROVE_CHANGE, content=approvals),
    Card("publications", matching.PUBLISH_MODEL, content=publications),
    Card("reasons", matching.REVIEW, content=reasons),
    Card("setup", profiles.VIEW_SOURCES, content=setup),
    Card("jobs", profiles.VIEW_JOBS, content=jobs),
    Card("flags", profiles.FLAG, unless=profiles.ANSWER_FLAGS, content=flags),
    Card("sources", profiles.VIEW_CUSTOMERS, content=sources),
)

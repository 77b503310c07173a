"""Every page that shows personal data writes who was shown; a new page is listed here, on one side or the other."""

import html
from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from matching.models import MatchModel
from profiles.audit import EVENTS
from profiles.customers import show
from profiles.models import AuditEvent, Correction, Flag, Profile, QuarantinedRow
from tests.site.test_actions import broken_audit
from tests.site.test_list_queries import LISTS, World, pages

pytestmark = pytest.mark.django_db

# pages of customers → who is shown there; those of the lists, and these
SHOWS = {
    "matching:how",
    "home", "profiles:customers", "profiles:customers?q=person", "profiles:customer", "profiles:customer?tab=records",
    "profiles:customer?tab=timeline", "profiles:customer?tab=then", "profiles:record", "matching:queue",
    "matching:queue?show=later", "matching:queue?reason=unsure&band=70&age=7",
    "profiles:approvals", "profiles:approvals?show=mine", "profiles:approval",
    "matching:other-work", "matching:decide-together", "matching:links", "matching:operation",
    "matching:proposal", "matching:proposal?of=a split", "matching:split", "matching:move", "governance:holds",
    "governance:erasure-plan", "governance:consent", "governance:consent?on=2026-01-01", "governance:consent-cell",
    "governance:consent-preview?with={hub.pk}",
}  # fmt: skip
ALSO_SHOWS = {"profiles:flag", "profiles:flag-value", "profiles:conflict", "matching:compare"}
ELSEWHERE = {
    "matching:asked-together": "customer.searched: tests/matching/test_deciding_together.py",
    "governance:consent-receipt": "consent.receipt_taken: tests/governance/test_preferences.py",
    "governance:preferences": "its own person: tests/governance/test_preferences.py",
    "governance:preference-receipts": "its own person: tests/governance/test_preferences.py",
    "governance:confirm-consent": "its own person: tests/governance/test_preferences.py",
    "matching:evaluation": "evaluation.read: tests/site/test_model_pages.py",
    "matching:shadow-run": "shadow_run.read: tests/site/test_model_pages.py",
    "matching:full-run": "full_run.read: tests/site/test_full_run_pages.py",
    "matching:brake": "run_brake.read: tests/matching/test_run_brake.py",
    "matching:try-model": "model.tested: tests/site/test_model_pages.py",
    "governance:erasure-notice": "erasure.ids_read: tests/governance/test_erasure.py",
    "governance:requests": "request.read: tests/governance/test_request_pages.py",
    "governance:request": "request.read: tests/governance/test_request_pages.py",
    "governance:customer-requests": "request.read: tests/governance/test_request_pages.py",
    "governance:request-file": "request.file_read: tests/governance/test_request_pages.py",
    "governance:privacy-status": "its own person: tests/governance/test_request_intake.py",
    "governance:outbox": "in the demo only: tests/governance/test_request_intake.py",
    "profiles:mend": "quarantine.read: a row that is nobody's yet, see below",
}
SHOWS_NOBODY = {
    "governance:privacy": "a form", "governance:file-request": "a form",
    "governance:requests-export": "kinds, times and reasons; itself an event",
    "governance:purposes": "purposes and counts", "governance:new-purpose": "a form", "governance:purpose": "a purpose",
    "profiles:issues": "fields, sources and the reader's own notes",
    "profiles:imports": "files and counts",
    "profiles:import": "files and counts",
    "profiles:import-progress": "counts",
    "profiles:quarantine": "lines, columns and reasons",
    "profiles:jobs": "runs and counts",
    "profiles:job": "runs, counts and ids of operations",
    "profiles:data-dictionary": "fields",
    "profiles:sources": "sources and counts",
    "profiles:source": "one source, and who of the staff may read it",
    "profiles:revoke-grant": "staff",
    "governance:people": "staff", "governance:person": "staff", "governance:invite": "staff",
    "governance:new-service": "other systems",
    "governance:access-review": "staff", "governance:reviewed-access": "staff",
    "governance:audit": "who, when and what kind",
    "governance:audit-export": "who, when and what kind; itself an event",
    "governance:audit-event": "who, when and what kind",
    "governance:audit-person": "who, when and what kind; itself an event",
    "governance:register": "kinds of data",
    "governance:exposure": "ids and kinds of data; itself an event",
    "governance:export-exposure": "ids and kinds of event; itself an event",
    "governance:audit-user": "who, when and what kind; itself an event",
    "governance:seals": "numbers and digests",
    "governance:erasures": "erasures and how far they are", "governance:erasure": "targets, sources and counts",
    "governance:erasure-certificate": "ids, counts and digests", "governance:keeping": "holds and ids",
    "governance:suppressions": "digests", "governance:suppressed-rows": "lines and reasons",
    "governance:retention": "windows and counts",
    "governance:access": "roles and what they may do",
    "profiles:reach": "counts",
    "matching:full-runs": "runs and counts", "matching:full-run-progress": "counts",
    "matching:models": "models", "matching:model": "models", "matching:compare-models": "models and rates",
    "matching:edit-model": "models", "matching:refit-model": "models", "matching:publish-model": "models",
}  # fmt: skip


def test_every_page_says_whether_it_shows_a_person() -> None:
    told = {name.partition("?")[0] for name in SHOWS} | ALSO_SHOWS | ELSEWHERE.keys() | SHOWS_NOBODY.keys()
    assert {*pages(), "home"} == told


def test_pages_that_show_people_write_who_was_shown_and_others_show_nobody() -> None:
    world = World()
    client = Client()
    client.force_login(world.cast.root)
    names = {
        pk: one.name for pk, one in show(list(Profile.objects.values_list("id", flat=True)), world.cast.root).items()
    }
    seen, faults = 0, []
    for name, address in addresses(world):
        before = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
        answer = client.get(address)
        text = html.unescape(answer.content.decode())
        shown = {pk for pk, person in names.items() if person in text and person != "Without a name"}
        read = subjects_since(before)
        if name in SHOWS | ALSO_SHOWS:
            seen += len(shown)
            faults += [f"{name}: shows {len(shown - read)} people unwritten"] if shown - read else []
            faults += [f"{name}: {answer.status_code}, nobody is written"] if not read else []
        elif shown:
            faults.append(f"{name}: shows people, though it should not")
    assert faults == []
    assert seen > len(SHOWS)
    assert "approval.read" in set(AuditEvent.objects.values_list("action", flat=True))
    assert shown_although_the_audit_is_closed(world) == []
    assert QuarantinedRow.objects.filter(
        pk=int(AuditEvent.objects.filter(action="quarantine.read").latest("id").object_id)
    )


def shown_although_the_audit_is_closed(world: World) -> list[str]:
    """What cannot be recorded is not shown."""
    client = Client(raise_request_exception=False)
    client.force_login(world.cast.root)
    found = []
    for name, address in addresses(world):
        if name in SHOWS | ALSO_SHOWS:
            with transaction.atomic(), broken_audit():
                found += [name] if client.get(address).status_code < 500 else []
                transaction.set_rollback(True)
    return found


def addresses(world: World) -> Iterator[tuple[str, str]]:
    """Every page that can be opened without a model of one's own."""
    yield from ((name, world.address(name)) for name in LISTS)
    correction, flag = Correction.objects.latest("id"), Flag.objects.latest("id")
    low, high = Profile.objects.active().filter(record_count__gt=0).values_list("id", flat=True)[:2]
    yield "profiles:flag", reverse("profiles:flag", args=[flag.pk])
    yield "profiles:flag-value", reverse("profiles:flag-value", args=[world.record.pk]) + "?field=email"
    yield "profiles:conflict", reverse("profiles:conflict", args=[correction.pk])
    yield "matching:compare", reverse("matching:compare") + f"?a={low}&b={high}"
    yield "profiles:mend", reverse("profiles:mend", args=[QuarantinedRow.objects.latest("id").pk])
    yield "profiles:import-progress", reverse("profiles:import-progress", args=[world.batch.pk])
    yield "matching:model", reverse("matching:model", args=[MatchModel.objects.first().label])


def subjects_since(event: int) -> set[UUID]:
    kinds = [name for name, kind in EVENTS.items() if kind.is_read]
    rows = AuditEvent.objects.filter(id__gt=event, action__in=kinds).values_list("subject_ids", flat=True)
    return {pk for ids in rows for pk in ids}

"""Every page that lists something asks the same number of queries however many rows there are.

The pages are discovered from the URLs: a new one fails here until it is listed, or said to be no list.
"""

import json
import uuid
from collections.abc import Iterator

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from governance import access_review, holds
from governance.models import Erasure, RetentionRun, ReviewedGrant, SuppressionEntry
from matching import constraints, identity, second_person
from matching.models import CannotLink, Decision, Proposal, Relation
from profiles import conflicts, corrections, flags, grants, work
from profiles.context import Actor, acting
from profiles.models import Job, QuarantinedRow, User
from tests.cast import Cast, profile_of, record, send
from tests.governance.consenting import purposes, say

pytestmark = pytest.mark.django_db

OURS = ("profiles", "matching", "governance")
MOST = 60  # queries of any page, signing in included

# name (and query) → which object of the world its address names
LISTS = {
    "home": None,
    "profiles:customers": None,
    "profiles:customers?q=person": None,
    "profiles:customer": "hub",
    "profiles:customer?tab=records": "hub",
    "profiles:customer?tab=timeline": "hub",
    "profiles:customer?tab=then": "hub",
    "profiles:record": "record",
    "profiles:issues": None,
    "governance:people": None,
    "governance:people?show=off": None,
    "governance:people?show=services": None,
    "governance:person": "person",
    "governance:access-review": None,
    "profiles:sources": None,
    "profiles:source": "shop",
    "profiles:imports": None,
    "profiles:import": "batch",
    "profiles:quarantine": "batch",
    "profiles:approvals": None,
    "profiles:approvals?show=mine": None,
    "profiles:approvals?show=answered": None,
    "profiles:approval": "approval",
    "profiles:jobs": None,
    "profiles:job": "job",
    "governance:audit": None,
    "governance:audit?actor=ada": None,
    "governance:audit-person?customer={hub.pk}&what=reads": None,
    "governance:audit-person?customer={hub.pk}": None,
    "governance:audit-user?user=ada": None,
    "governance:exposure?user=ada": None,
    "governance:register": None,
    "profiles:data-dictionary": None,
    "matching:queue": None,
    "matching:queue?show=later": None,
    "matching:queue?show=unsure": None,
    "matching:queue?reason=unsure&band=70&age=7": None,
    "matching:other-work": None,
    "matching:decide-together": None,
    "matching:links": "hub",
    "matching:how": "hub",
    "governance:consent": "hub",
    "governance:consent?on=2026-01-01": "hub",
    "governance:consent-cell": "hub",
    "governance:consent-preview?with={hub.pk}": "hub",
    "governance:purposes": None,
    "matching:operation": "operation",
    "matching:proposal": "proposal",
    "matching:proposal?of=a split": "split_off",
    "matching:split": "hub",
    "matching:move": "hub",
    "governance:erasures": None,
    "governance:suppressions": None,
    "governance:suppressions?show=lifted": None,
    "governance:suppressed-rows": None,
    "governance:retention": None,
    "governance:holds": None,
    "governance:keeping": "hub",
    "governance:erasure-plan": "hub",
}
OWN_MODELS = "its own test: tests/site/test_model_pages.py"
OWN_REQUESTS = "its own test: tests/governance/test_request_pages.py"
OWN_RUNS = "its own test: tests/site/test_full_run_pages.py"
NO_LISTS = {
    "matching:asked-together": "at most 100 pairs, as matching:decide-together",
    "profiles:flag": "one flag",
    "profiles:flag-value": "one value",
    "profiles:conflict": "one correction",
    "profiles:import-progress": "the counters of one import",
    "profiles:mend": "one row",
    "matching:brake": "one import, with 20 groups of customers at most",
    "matching:compare": "two customers, as matching:proposal",
    "matching:models": OWN_MODELS,
    "matching:model": OWN_MODELS,
    "matching:evaluation": OWN_MODELS,
    "matching:shadow-run": OWN_MODELS,
    "matching:publish-model": OWN_MODELS,
    "matching:compare-models": OWN_MODELS,
    "matching:try-model": "two records; their search has at most 20",
    "matching:full-runs": OWN_RUNS,
    "matching:full-run": OWN_RUNS,
    "matching:full-run-progress": OWN_RUNS,
    "matching:edit-model": "one draft",
    "matching:refit-model": "one version; its labels are pinned in tests/matching/test_evaluate.py",
    "governance:invite": "a form",
    "governance:new-service": "a form",
    "governance:reviewed-access": "as governance:access-review",
    "profiles:revoke-grant": "one grant",
    "governance:access": "roles and sources, in a number that is fixed",
    "governance:erasure": "one erasure; its targets are fixed, its notices as many as sources",
    "governance:erasure-certificate": "one certificate",
    "governance:erasure-notice": "one notice",
    "profiles:reach": "counts by source",
    "governance:seals": "its own test: tests/governance/test_sealing.py",
    "governance:privacy": "a form",
    "governance:new-purpose": "a form",
    "governance:purpose": "one purpose",
    "governance:preferences": "the choices of one person",
    "governance:preference-receipts": "a file of one person",
    "governance:confirm-consent": "one statement",
    "governance:consent-receipt": "a file about one statement",
    "governance:privacy-status": "one request",
    "governance:outbox": "50 messages of the demo at most",
    "governance:requests": OWN_REQUESTS,
    "governance:request": OWN_REQUESTS,
    "governance:customer-requests": OWN_REQUESTS,
    "governance:requests-export": OWN_REQUESTS,
    "governance:file-request": "a form",
    "governance:request-file": "one file",
    "governance:audit-event": "one event",
    "governance:audit-export": "a file of at most 1,000 events",
    "governance:export-exposure": "a file of ids",
}


def pages(resolver: object = None, prefix: str = "") -> Iterator[str]:
    """Names of our addresses that answer GET."""
    for entry in (resolver or get_resolver()).url_patterns:
        if not isinstance(entry, URLPattern):
            name = entry.namespace or ""
            if name in OURS or (not name and not prefix):
                yield from pages(entry, f"{name}:" if name else "")
        elif prefix and "GET" in allowed(entry.callback):
            yield f"{prefix}{entry.name}"


def allowed(view: object) -> set[str]:
    """The methods that a view answers, from its require_… decorator; all when there is none."""
    while view is not None:
        for cell in getattr(view, "__closure__", None) or ():
            if isinstance(cell.cell_contents, list) and set(cell.cell_contents) <= {"GET", "POST", "HEAD"}:
                return set(cell.cell_contents)
        view = getattr(view, "__wrapped__", None)
    return {"GET", "POST"}


def test_every_page_is_pinned_or_is_no_list() -> None:
    found = set(pages())
    listed = {name.partition("?")[0] for name in LISTS} - {"home"}
    assert found - listed - NO_LISTS.keys() == set()
    assert (listed | NO_LISTS.keys()) - found == set()


class World:
    """A hub customer with something of everything that pages list; `grow` adds more of each."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.shop, self.person = self.cast.shop, self.cast.ada
        self.review = access_review.start(by=self.cast.root, now=timezone.now())
        send(self.cast.shop, {"id": "hub", "name": "Hub Person", "mail": "hub@post.example"}, name="hub.jsonl")
        self.hub, self.record = profile_of(self.cast.shop, "hub"), record(self.cast.shop, "hub")
        self.batch = self.record.batch
        self.job = Job.objects.create(kind="resolve", state=Job.State.DONE, created_by=self.cast.ada)
        self.count = 0
        self.purpose = purposes()[0]
        self.grow(1)
        waiting = Proposal.objects.awaiting_review()
        self.proposal, self.split_off = waiting.filter(kind="merge").first(), waiting.filter(kind="split").first()

    def grow(self, n: int) -> None:
        for _ in range(n):
            self.count += 1
            self._one_more(str(self.count))

    def _one_more(self, name: str) -> None:
        cast, ada = self.cast, self.cast.ada
        people = [
            {"id": f"{name}-{n}", "name": f"Person{n} Family{name}x{n}", "mail": f"p{name}.{n}@post.example"}
            for n in range(6)
        ]
        send(cast.shop, *people, name=f"{name}.jsonl")
        joins, *others = (profile_of(cast.shop, person["id"]) for person in people)
        with acting(Actor(ada.pk, "ada", "", self.job.id)):
            self.operation = identity.merge(survivor=self.hub.id, losers=[joins.id], by=ada, reason="")
        QuarantinedRow.objects.create(
            batch=self.batch, line=len(name), code="x", reason="Why", payload=json.dumps({"id": name}).encode()
        )
        send(cast.shop, {"id": "hub", "name": "Hub Person", "mail": f"hub{name}@post.example"}, name=f"hub{name}.jsonl")
        self._say(name, others)

    def _say(self, name: str, others: list) -> None:
        ada, joined = self.cast.ada, record(self.cast.shop, f"{name}-0")
        for state, other in zip(("open", "later", "unsure"), others, strict=False):
            self._propose(state, other)
        constraints.write(
            left=[joined.id], right=[others[3].memberships.get().record_id], origin=CannotLink.Origin.DECISION, by=ada
        )
        near = sorted((joined.id, others[4].memberships.get().record_id))
        Relation.objects.create(
            left_record_id=near[0], right_record_id=near[1], kind="household", model_label="default-1"
        )
        self._ask(name)
        self._let_in(name)
        self._forget(name)
        say(joined, "grant", self.purpose, f"hub{name}@post.example", by=ada)
        work.open_item(kind="cluster_stopped", subject_id=others[4].id, reason="stopped", detail={"size": 60})
        correction = corrections.correct(record=joined, field="city", values=["Ulm"], reason="r", by=ada)
        conflicts._ask(correction)
        corrections.correct(record=self.record, field="city", values=[f"Town{name}"], reason="r", by=ada)
        flags.flag(record=joined, field="city", value="Ulm", note="n", by=ada)

    def _forget(self, name: str) -> None:
        """An erasure with an entry in force and one that was lifted, a row that waits for it, a run, a hold."""
        now = timezone.now()
        erasure = Erasure.objects.create(
            profile=self.hub, profiles=[], records=[], basis="request", plan={}, plan_hash="", started_at=now,
            done_at=now, replayed_at=now, certificate={}, exported_at=now,
        )  # fmt: skip
        for lift in ("", "before"):
            SuppressionEntry.objects.create(
                digest=f"{name}{lift}".encode(), key_version=1, kind="email", is_unique=True, basis="request",
                erasure=erasure, created_at=now, lift=lift, lifted_at=now if lift else None,
            )  # fmt: skip
        QuarantinedRow.objects.create(batch=self.batch, line=1, code="suppressed_shared", reason="Why", payload=b"")
        RetentionRun.objects.create(started_at=now, job_id=uuid.uuid4(), rules={"1": "A window"})
        holds.place(profile=self.hub, reason="claim", matter=name, by=self.cast.ada)

    def _let_in(self, name: str) -> None:
        """Two people more, one of them switched off, with a grant to review."""
        for on in (True, False):
            user = User.objects.create_user(f"{name}{on}", last_login=timezone.now())
            user.groups.add(*self.cast.ada.groups.all())
            grants.grant(source=self.shop, verb="view", to=user, by=self.cast.root, reason="r")
            ReviewedGrant.objects.create(review=self.review, source=self.shop, user=user, verbs=["view"])
            User.objects.filter(pk=user.pk).update(is_active=on)

    def _ask(self, name: str) -> None:
        """A request for a second person that waits for the reader, and one of their own."""
        ends = []
        for n in (1, 2):
            rows = [{"id": f"{name}-{end}{n}", "name": f"Asked{n} {end}{name}"} for end in "ab"]
            send(self.cast.shop, *rows, name=f"asked{name}{n}.jsonl")
            kept, lost = (profile_of(self.cast.shop, row["id"]).id for row in rows)
            identity.merge(survivor=kept, losers=[lost], by=self.cast.ada, reason="")
            ends.append(kept)
        for by, other in ((self.cast.ada, ends[1]), (self.cast.root, self.hub.id)):
            asked = {"left": ends[0], "right": other, "survivor": None, "confirmed": [], "reason": "r"}
            self.approval = second_person.ask_for_merge(**asked, by=by)

    def _propose(self, state: str, other: object) -> None:
        low, high = sorted((self.hub, other), key=lambda profile: profile.id)
        ends = [self.record.id if end == self.hub else end.memberships.get().record_id for end in (low, high)]
        evidence = {
            "model": "default-1", "levels": {"email": "exact"}, "weights": {"email": 9.0}, "prior": -8.0, "household": 0.0,
            "weight": 2.0, "probability": 0.8, "household_probability": 0.1, "rule": None,
        }  # fmt: skip
        proposal = Proposal.objects.create(
            left=low, right=high, left_record_id=ends[0], right_record_id=ends[1], probability=0.8, weight=2,
            evidence=evidence, reasons=["unsure"], model_label="default-1", fingerprint=uuid.uuid4().hex,
            reopened_because="due",
        )  # fmt: skip
        due = timezone.now() + timezone.timedelta(days=1) if state == "later" else None
        proposal.work_item = work.open_item(kind="proposal", subject_id=proposal.id, reason="unsure")
        proposal.work_item.due_at = due
        proposal.work_item.save()
        proposal.save()
        if state == "unsure":
            Decision.objects.create(
                verdict="unsure",
                proposal=proposal,
                left=low,
                right=high,
                left_records=[],
                right_records=[],
                actor=self.cast.ada,
            )

    def address(self, name: str) -> str:
        page, _, query = name.partition("?")
        thing = LISTS[name]
        named = getattr(self, thing) if thing else None
        args = [named.key if thing == "shop" else named.pk] if thing else []
        args += ["newsletter", "email"] if page == "governance:consent-cell" else []
        return reverse(page, args=args) + (f"?{query.format(hub=self.hub)}" if query else "")


def test_no_list_asks_more_queries_with_more_rows() -> None:
    world = World()
    client = Client()
    client.force_login(world.cast.root)
    for name in LISTS:
        client.get(world.address(name))  # fills the caches of schema and model
    world.grow(1)
    few = {name: queries(client, world.address(name)) for name in LISTS}
    world.grow(4)
    many = {name: queries(client, world.address(name)) for name in LISTS}
    assert {name: (few[name], n) for name, n in many.items() if n > few[name]} == {}
    assert {name: n for name, n in many.items() if n > MOST} == {}


def queries(client: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(address).status_code == 200
    return len(seen)

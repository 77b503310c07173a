"""Privacy requests: states, clock, four eyes bound to the plan, tasks, and fulfilled only when all of them are done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.db import IntegrityError, ProgrammingError, transaction
from django.utils import timezone

from governance import fulfilment, requests
from governance.fulfilment import HANDLERS
from governance.models import PrivacyRequest, RequestClock, RequestTask
from governance.models.request import CLOSED, TRANSITIONS, State
from governance.requests import RequestNotAllowed
from governance.transitions import diagram
from profiles import approvals, jobs
from profiles.audit import sentence
from profiles.context import acting, actor_of
from profiles.models import Approval, AuditEvent, Job
from tests.cast import Cast, profile_of, send
from tests.governance.requests_world import Shelf

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.django_db


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setitem(HANDLERS._entries, "deletion", made.handler())
    return made


@pytest.fixture
def cast() -> Cast:
    made = Cast()
    send(made.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    return made


def deletion(cast: Cast) -> PrivacyRequest:
    """A verified request of the cast's only customer."""
    request = requests.receive(kind="deletion", door="steward", regime="eu", by=cast.ada)
    return requests.verify(request=request, profile=profile_of(cast.shop, "1"), how="staff", by=cast.ada)


def work(request: PrivacyRequest) -> None:
    jobs.run(Job.objects.filter(kind="fulfil_request", args__request=str(request.pk)).latest("id").pk)
    request.refresh_from_db()


def approved(cast: Cast, request: PrivacyRequest) -> Approval:
    request = fulfilment.ask(request=request, by=cast.ada, reason="asked")
    return approvals.approve(approval=request.approval, by=cast.root)


def test_a_request_is_done_only_when_every_place_is(cast: Cast, shelf: Shelf) -> None:
    request, shelf.broken = deletion(cast), True
    with acting(actor_of(cast.root)):
        assert approved(cast, request).state == "approved"
    request.refresh_from_db()
    assert (request.state, request.records) == (State.IN_PROGRESS, [profile_of(cast.shop, "1").memberships.get().pk])
    work(request)
    assert (request.state, request.blocked) == (State.IN_PROGRESS, "task")
    assert request.tasks.get(target="store:a").last_error == "OSError"
    with pytest.raises(RequestNotAllowed, match="carried out already"):
        requests.cancel(request=request, by=cast.ada)
    with pytest.raises(IntegrityError, match="is not done"), transaction.atomic():
        PrivacyRequest.objects.filter(pk=request.pk).update(state="fulfilled", closed_at=timezone.now())
    shelf.broken = False
    fulfilment.try_again(request=request, by=cast.ada)
    work(request)
    assert shelf.done == ["store:b", "store:a"]  # the one that was done is not done again
    assert request.state == State.IN_PROGRESS
    with pytest.raises(RequestNotAllowed):
        fulfilment.do_by_hand(task=request.tasks.get(target="store:a"), by=cast.ada)
    request = fulfilment.do_by_hand(task=request.tasks.get(by_hand=True), by=cast.ada)
    assert request.state == State.FULFILLED
    rows = AuditEvent.objects.filter(action__startswith="request.")
    assert {row.action for row in rows} == {
        "request.received", "request.moved", "request.verified", "request.started", "request.task_done",
        "request.task_failed", "request.retried", "request.attached",
    }  # fmt: skip
    assert not [row.action for row in rows if "{" in sentence(row)]


def test_what_is_closed_stays_closed(cast: Cast, shelf: Shelf) -> None:
    request = deletion(cast)
    requests.cancel(request=request, by=cast.ada)
    with pytest.raises(RequestNotAllowed, match="clock has stopped"):
        requests.tick(request=request, kind="extended", by=cast.ada)
    with pytest.raises(IntegrityError, match="refused"), transaction.atomic():
        PrivacyRequest.objects.filter(pk=request.pk).update(state="in_progress", closed_at=None)
    with pytest.raises(IntegrityError, match="is closed"), transaction.atomic():
        RequestTask.objects.create(request=request, target="x", title="x")
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        RequestClock.objects.filter(request=request).update(at=timezone.now())


def test_a_plan_that_changed_is_void_and_nobody_approves_alone(cast: Cast, shelf: Shelf) -> None:
    request = fulfilment.ask(request=deletion(cast), by=cast.ada, reason="asked")
    assert request.state == State.AWAITING_APPROVAL
    with pytest.raises(approvals.ApprovalNotAllowed):
        approvals.approve(approval=request.approval, by=cast.ada)
    with pytest.raises(RequestNotAllowed, match="second person"):
        fulfilment.start(request=request, by=cast.root)
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example"})  # one more record of the same person
    assert profile_of(cast.crm, "9") == profile_of(cast.shop, "1")
    assert approvals.approve(approval=request.approval, by=cast.root).state == "outdated"
    request.refresh_from_db()
    assert (request.state, request.started_at, shelf.done) == (State.IN_PROGRESS, None, [])
    again = fulfilment.ask(request=request, by=cast.ada, reason="again")
    approvals.reject(approval=again.approval, by=cast.root)
    request.refresh_from_db()
    assert request.state == State.IN_PROGRESS
    assert approved(cast, request).state == "approved"


def test_the_clock_says_when_it_is_due(cast: Cast) -> None:
    received = datetime(2026, 1, 30, 12, tzinfo=UTC)
    request = requests.receive(kind="access", door="steward", regime="eu", by=cast.ada, received_at=received)
    assert request.due_at.date().isoformat() == "2026-03-02"  # 28 February is a Saturday
    request = requests.tick(request=request, kind="identity_asked", by=cast.ada, at=received + timedelta(days=1))
    assert request.is_paused
    request = requests.tick(request=request, kind="identity_given", by=cast.ada, at=received + timedelta(days=6))
    assert (request.is_paused, request.due_at.date().isoformat()) == (False, "2026-03-05")
    request = requests.tick(request=request, kind="extended", by=cast.ada, at=received + timedelta(days=20))
    assert request.due_at.date().isoformat() == "2026-05-05"
    with pytest.raises(RequestNotAllowed, match="no \\(further\\) extension"):
        requests.tick(request=request, kind="extended", by=cast.ada)
    written = AuditEvent.objects.filter(action="request.clock").latest("id")
    assert sentence(written) == "Wrote to the clock of a privacy request: extended; due 2026-05-05"


def test_only_an_opt_out_needs_no_proof(cast: Cast) -> None:
    access = requests.receive(kind="access", door="public", regime="california", by=None)
    with pytest.raises(IntegrityError, match="request_verification_needed"), transaction.atomic():
        requests.verify(request=access, profile=profile_of(cast.shop, "1"), how="not_needed", by=None)
    opt_out = requests.receive(kind="objection", door="public", regime="california", by=None)
    requests.verify(request=opt_out, profile=profile_of(cast.shop, "1"), how="not_needed", by=None)


def test_who_sees_which(cast: Cast, shelf: Shelf) -> None:
    mine = requests.receive(kind="access", door="steward", regime="eu", by=cast.bob)
    theirs = deletion(cast)
    RequestTask.objects.create(request=theirs, target="source:crm", title="CRM", source=cast.crm, by_hand=True)
    seen = {user: set(PrivacyRequest.objects.visible_to(user)) for user in (cast.ada, cast.bob, cast.vera, cast.root)}
    assert seen == {cast.ada: {theirs}, cast.bob: {mine}, cast.vera: set(), cast.root: {mine, theirs}}


def test_every_state_is_in_the_dict_and_the_diagram_is_drawn_from_it() -> None:
    assert set(TRANSITIONS) == set(State)
    assert set(CLOSED) == {State.FULFILLED, State.REFUSED, State.CANCELLED}
    reached = {State.RECEIVED}.union(*TRANSITIONS.values())
    assert reached == set(State)
    assert f"```mermaid\n{diagram()}\n```" in (ROOT / "docs/flow.md").read_text()


@pytest.mark.parametrize("state", State)
def test_only_what_may_follow_follows(state: State) -> None:
    for other in State:
        allowed = other in TRANSITIONS[state]
        request = PrivacyRequest(state=state)
        if allowed:
            requests.check_may_become(request, other)
        else:
            with pytest.raises(RequestNotAllowed):
                requests.check_may_become(request, other)

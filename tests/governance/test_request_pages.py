"""Privacy requests on screen: the board, files and letters, refusals, escalation, the record, correction, restriction."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import fulfilment, intake, refusals, request_watch, requests
from governance.claims import Claim, refusal_of
from governance.fulfilment import HANDLERS
from governance.intake import Asked
from governance.letters import FIELDS, LETTERS
from governance.models import PrivacyRequest, RequestAttachment
from matching import identity
from profiles import approvals, corrections
from profiles.context import acting, actor_of
from profiles.models import Approval, AuditEvent, Mark, WorkItem
from tests.cast import profile_of, record, send
from tests.governance.requests_world import Office, Shelf, client_of, run_jobs, sent

pytestmark = pytest.mark.django_db
BY_EMAIL = Claim(name="Ada Byron", email="ada@post.example", message="Please.")


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> Shelf:
    made = Shelf()
    monkeypatch.setitem(HANDLERS._entries, "deletion", made.handler())
    return made


def filed(office: Office, kind: str = "deletion", regime: str = "eu", **fields: object) -> PrivacyRequest:
    asked = Asked(kind, regime, BY_EMAIL, **fields)
    return intake.file(asked=asked, by=office.sam, profile=profile_of(office.cast.shop, "1"))


def verified(office: Office, kind: str = "deletion", regime: str = "eu", **fields: object) -> PrivacyRequest:
    request = filed(office, kind, regime, **fields)
    return intake.let_in(request=request, profile=request.profile, how="staff", by=office.olga)


def act(client: Client, name: str, request: PrivacyRequest, **fields: object) -> str:
    """Do something with a request; the page that follows."""
    response = client.post(reverse(f"governance:{name}", args=[request.pk]), fields, follow=True)
    assert response.status_code == 200
    request.refresh_from_db()
    return response.content.decode()


def test_the_whole_way_of_a_request_at_the_office(office: Office, shelf: Shelf) -> None:
    """Support files, an officer attaches evidence and verifies, a second one approves, a steward does the source's task."""
    sam, olga, omar = (client_of(user) for user in (office.sam, office.olga, office.omar))
    profile = profile_of(office.cast.shop, "1")
    form = {
        "kind": "deletion",
        "regime": "eu",
        "customer": profile.pk,
        "requester": "subject",
        "email": "ada@post.example",
    }
    assert sam.post(reverse("governance:file-request"), {**form, "email": "no"}).status_code == 422
    assert sam.post(reverse("governance:file-request"), form).status_code == 302
    request = PrivacyRequest.objects.get()
    assert sam.post(reverse("governance:verify-request", args=[request.pk])).status_code == 403
    assert "Attach the evidence" in act(olga, "verify-request", request, customer=profile.pk)
    scan = SimpleUploadedFile("passport.png", b"a scan of a passport", "image/png")
    assert "Attached." in act(olga, "request-attach", request, purpose="identity", file=scan)
    kept = RequestAttachment.objects.get()
    assert b"passport" not in bytes(kept.sealed)
    file = olga.get(reverse("governance:request-file", args=[request.pk, kept.pk]))
    assert (file.content, file.headers["Content-Disposition"][:10]) == (b"a scan of a passport", "attachment")
    assert "taken for proven" in act(olga, "verify-request", request, customer=profile.pk)
    page = olga.get(reverse("governance:request", args=[request.pk])).content.decode()
    assert "1 rows would go." in page and "ada@post.example" in page
    assert "second person is asked" in act(olga, "ask-request", request)
    approval = Approval.objects.get()
    answer = reverse("profiles:answer-approval", args=[approval.pk])
    olga.post(answer, {"verdict": "approve"})
    approval.refresh_from_db()
    assert approval.state == "requested"  # not by herself
    omar.post(answer, {"verdict": "approve"})
    run_jobs()
    request.refresh_from_db()
    task = request.tasks.get(by_hand=True)
    task.source = office.cast.crm
    task.save()
    do = reverse("governance:request-task", args=[request.pk, task.pk])
    assert client_of(office.cast.bob).post(do).status_code == 404  # stewards another source
    assert client_of(office.cast.ada).post(do).status_code == 302
    request.refresh_from_db()
    assert request.state == "fulfilled" and not Mark.objects.filter(until__isnull=True).exists()
    run_jobs()
    assert [letter.recipient for letter in sent("completion")] == ["ada@post.example"]
    auditor = client_of(office.audrey).get(reverse("governance:request", args=[request.pk])).content.decode()
    assert "Olga" not in auditor and "olga" in auditor and "ada@post.example" not in auditor


def test_the_board_asks_as_many_queries_for_many_as_for_few(office: Office, shelf: Shelf) -> None:
    client = client_of(office.olga)
    filed(office)
    pages = [
        reverse("governance:requests"),
        reverse("governance:customer-requests", args=[profile_of(office.cast.shop, "1").pk]),
    ]
    pages += [reverse("governance:request", args=[verified(office).pk])]

    def counts() -> list[int]:
        found = []
        for page in pages:
            with CaptureQueriesContext(connection) as seen:
                assert client.get(page).status_code == 200
            found.append(len(seen))
        return found

    counts()
    few = counts()
    for n in range(6):
        send(office.cast.shop, {"id": f"x{n}", "name": f"Person{n} Family{n}", "mail": f"p{n}@post.example"})
        other = intake.file(
            asked=Asked("access", "eu", BY_EMAIL), by=office.sam, profile=profile_of(office.cast.shop, f"x{n}")
        )
        requests.tick(request=other, kind="acknowledged", by=office.olga)
    assert counts() == few and max(few) <= 45
    board = client.get(pages[0], {"kind": "access", "state": "received"}).content.decode()
    assert "Person3 Family3" in board and "days left" in board
    assert "No requests here" in client.get(pages[0], {"state": "fulfilled"}).content.decode()
    masked = client_of(office.sam).get(pages[0]).content.decode()
    assert "Person3 Family3" not in masked


def test_a_refusal_takes_a_reason_a_text_and_a_second_person(office: Office) -> None:
    request, olga = filed(office), client_of(office.olga)
    assert "required" in act(olga, "refuse-request", request, code="unfounded")
    assert "second person is asked" in act(
        olga, "refuse-request", request, code="unfounded", text="For the tenth time."
    )
    approval = refusals.asked_for(request)
    with pytest.raises(approvals.ApprovalNotAllowed):
        approvals.approve(approval=approval, by=office.olga)
    with acting(actor_of(office.omar)):
        approvals.approve(approval=approval, by=office.omar)
    request.refresh_from_db()
    assert (request.state, request.refusal, request.closed_by, request.reviewed_by) == (
        "refused", "unfounded", office.olga, office.omar,
    )  # fmt: skip
    assert refusal_of(request) == "For the tenth time."
    run_jobs()
    assert "For the tenth time." in sent("refusal")[0].body
    page = olga.get(reverse("governance:request", args=[request.pk])).content.decode()
    assert "Manifestly unfounded" in page and "looked at by omar" in page
    text = request.refusal_text
    assert b"tenth" not in bytes(text)


def test_a_refusal_whose_text_changed_is_void(office: Office) -> None:
    request = filed(office)
    approval = refusals.ask(request=request, code="unfounded", text="One text.", by=office.olga)
    from governance import claims

    claims.seal_refusal(request, "Another text.")
    request.save()
    assert approvals.approve(approval=approval, by=office.omar).state == "outdated"


def test_letters_have_a_fixed_set_of_fields() -> None:
    from string import Template

    for letter in LETTERS.values():
        assert set(Template(letter.text).get_identifiers()) <= FIELDS
        assert Template(letter.subject).get_identifiers() == []


def test_letters_move_the_clock(office: Office) -> None:
    request, olga = filed(office, regime="california"), client_of(office.olga)
    assert "written" in act(olga, "request-letter", request, letter="acknowledgement")
    assert "needs a reason" in act(olga, "request-letter", request, letter="extension")
    due = request.due_at
    assert "written" in act(olga, "request-letter", request, letter="extension", reason="Many systems.")
    assert request.due_at - due > timedelta(days=44)
    assert "no (further) extension" in act(olga, "request-letter", request, letter="extension", reason="Again.")
    assert [event.kind for event in request.clock.all()] == ["received", "acknowledged", "extended"]
    assert request.attachments.count() == 2


def test_a_deadline_is_told_of_before_it_is_over_at_each_stage_once(office: Office) -> None:
    request = filed(office)
    due = request.due_at
    stages = [(10, None), (6.5, "week"), (6, None), (2, "days"), (0.5, "day"), (-1, "overdue"), (-9, None)]
    for left, reason in stages:
        told = request_watch.watch(due - timedelta(days=left))
        assert told == (reason is not None), left
        if reason:
            assert WorkItem.objects.get(kind="request_due", state="open").reason == reason
    run_jobs()
    assert sorted({letter.recipient for letter in sent("due")}) == ["olga@office.example", "omar@office.example"]
    assert len(sent("due")) == 8
    requests.cancel(request=request, by=office.olga)
    assert not WorkItem.objects.filter(kind="request_due", state="open").exists()


def test_the_record_is_kept_without_a_word_on_the_person(office: Office) -> None:
    request = filed(office, regime="california")
    with acting(actor_of(office.olga)):
        requests.cancel(request=request, by=office.olga)
    client = client_of(office.audrey)
    assert client_of(office.sam).get(reverse("governance:requests-export")).status_code == 403
    url = reverse("governance:requests-export")
    assert client.get(url).status_code == 302  # the password again
    client.post("/accounts/reauthenticate/", {"password": "a-long-password"})
    lines = client.get(url).content.decode().splitlines()
    assert len(lines) == 2 and "ada" not in lines[1].lower() and "cancelled" in lines[1]
    now = timezone.now()
    assert lines[1].endswith(f"{now.year + 2}-{now.month:02d}-{now.day:02d}")  # California: 24 months


def test_a_correction_goes_to_its_source_and_outlives_the_old_value(office: Office) -> None:
    request = verified(office, "correction")
    page = client_of(office.olga).get(reverse("governance:request", args=[request.pk])).content.decode()
    assert "Nothing was corrected yet" in page
    corrections.correct(
        record=record(office.cast.shop, "1"), field="city", values=["Ulm"], reason="asked", by=office.cast.ada
    )
    request = fulfilment.ask(request=request, by=office.olga, reason="")
    run_jobs()
    (task,) = request.tasks.all()
    assert (task.source, task.by_hand) == (office.cast.shop, True)
    assert fulfilment.do_by_hand(task=task, by=office.cast.ada).state == "fulfilled"
    for n in range(10):
        send(
            office.cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "town": "Bonn", "v": str(n)}
        )
    assert list(
        profile_of(office.cast.shop, "1").golden_values.filter(field="city").values_list("value", flat=True)
    ) == ["Ulm"]


def test_a_restriction_stops_matching_golden_values_and_merges_until_it_is_lifted(office: Office) -> None:
    request = verified(office, "restriction")
    run_jobs()
    profile = profile_of(office.cast.shop, "1")
    before = list(profile.golden_values.order_by("id").values_list("field", "value"))
    send(office.cast.shop, {"id": "1", "name": "Ada Lovelace", "mail": "ada@post.example"})
    send(office.cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example"})
    assert profile_of(office.cast.crm, "9") != profile
    assert list(profile.golden_values.order_by("id").values_list("field", "value")) == before
    with pytest.raises(identity.ChangeNotAllowed, match="stored only"):
        identity.merge(survivor=profile.pk, losers=[profile_of(office.cast.crm, "9").pk], by=office.cast.ada, reason="")
    fulfilment.do_by_hand(task=request.tasks.get(by_hand=True), by=office.olga)
    request.refresh_from_db()
    assert request.state == "fulfilled"  # and the restriction stays
    assert Mark.objects.filter(kind="restricted", until__isnull=True).count() == 1
    assert "lifted" in act(client_of(office.olga), "lift-restriction", request)
    assert not Mark.objects.filter(kind="restricted", until__isnull=True).exists()


def test_an_open_request_vetoes_machines_follows_a_merge_and_comes_back_with_an_undo(
    office: Office, shelf: Shelf
) -> None:
    request = verified(office)
    send(office.cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example"})
    mine, other = profile_of(office.cast.shop, "1"), profile_of(office.cast.crm, "9")
    assert mine != other  # the engine would have merged them
    with acting(actor_of(office.cast.ada)):
        merged = identity.merge(survivor=other.pk, losers=[mine.pk], by=office.cast.ada, reason="")
    request.refresh_from_db()
    assert request.profile == other
    assert Mark.objects.filter(kind="request_open", until__isnull=True).count() == 2
    assert len(fulfilment.members(request)) == 2
    from matching import undo

    with acting(actor_of(office.cast.ada)):
        undo.undo(operation=merged, by=office.cast.ada, reason="", never_again=False)
    request.refresh_from_db()
    assert request.profile == profile_of(office.cast.shop, "1")


def test_every_event_of_requests_is_written_in_words(office: Office, shelf: Shelf) -> None:
    """The rows that the tests above make, read back."""
    request = verified(office, "restriction")
    olga = client_of(office.olga)
    act(olga, "request-attach", request, purpose="evidence", file=SimpleUploadedFile("a.txt", b"a"))
    olga.get(
        reverse("governance:request-file", args=[request.pk, request.attachments.filter(purpose="evidence").get().pk])
    )
    run_jobs()
    act(olga, "lift-restriction", request)
    request_watch.watch(request.due_at)
    rows = {row.action: row for row in AuditEvent.objects.filter(action__startswith="request.")}
    assert rows.keys() >= {
        "request.attached", "request.file_read", "request.read", "request.escalated", "request.restriction_lifted",
    }  # fmt: skip
    from profiles.audit import sentence

    assert not [sentence(row) for row in rows.values() if "{" in sentence(row)]
    assert sentence(rows["request.restriction_lifted"]) == "Lifted the restriction of 1 records"
    assert "request.exported" not in rows  # by the test of the record

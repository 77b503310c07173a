"""The public door: known and unknown people are answered alike, a code proves who asks, five tries are looked at."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from governance import doors, intake, messages, verification
from governance.models import DoorCount, OutgoingMessage, PrivacyRequest, VerificationCode
from governance.requests import RequestNotAllowed
from profiles.models import Mark, Profile
from tests.cast import profile_of, send
from tests.governance.requests_world import ADA, Office, ask_publicly, client_of, code_sent, run_jobs, sent

pytestmark = pytest.mark.django_db
KNOWN, UNKNOWN = "ada@post.example", "ann@post.example"


@pytest.fixture
def office() -> Office:
    return Office()


def neutral(page: str) -> str:
    """A page without what is another in each answer anyway: secrets, references, nonces."""
    return re.sub(
        r'nonce="[^"]+"|name="csrfmiddlewaretoken" value="[^"]+"|/privacy/[\w-]{20,}/|class="id">\w{8}', "", page
    )


def test_known_and_unknown_people_get_the_same_answers_for_the_same_work(office: Office) -> None:
    seen = {}
    for contact in (KNOWN, UNKNOWN):
        client = Client()
        client.get(reverse("governance:privacy"))
        with CaptureQueriesContext(connection) as form:
            url = ask_publicly(client, email=contact)
        before = neutral(client.get(url).content.decode())
        run_jobs()
        with CaptureQueriesContext(connection) as page:
            shown = neutral(client.get(url).content.decode())
        with CaptureQueriesContext(connection) as guess:
            wrong = client.post(url, {"code": "000000"})
        shapes = [[re.sub(r"'[^']*'|\d+", "?", q["sql"])[:60] for q in queries] for queries in (form, page, guess)]
        seen[contact] = (before, shown, wrong.status_code, neutral(wrong.content.decode()), shapes)
    assert seen[KNOWN] == seen[UNKNOWN]
    assert len(sent("code")) == 1 and sent("code")[0].recipient == KNOWN
    blocked = dict(PrivacyRequest.objects.values_list("blocked", "state"))
    assert blocked == {"identity": "verifying", "subject": "verifying"}


def test_the_right_code_proves_who_asks_once(office: Office) -> None:
    client = Client()
    url = ask_publicly(client, kind="restriction", regime="uk", name="Ada")
    run_jobs(deliver=False)
    code = code_sent()
    assert client.post(url, {"code": "x"}).status_code == 422
    assert client.post(url, {"code": f" {code} "}).status_code == 302
    request = PrivacyRequest.objects.get()
    assert (request.verified, request.profile) == ("code", profile_of(office.cast.shop, "1"))
    assert verification.prove(request=request, code=code) is None  # a second time
    assert "You will have our answer by" in client.get(url).content.decode()
    run_jobs()
    assert sent("acknowledgement")[0].recipient == KNOWN and "Dear Ada," in sent("acknowledgement")[0].body
    # what a person asked for at once: their records are stored only, and the source has a task
    kinds = set(Mark.objects.filter(until__isnull=True).values_list("kind", flat=True))
    assert kinds == {"restricted", "request_open"}
    assert [task.target for task in request.tasks.filter(by_hand=True)] == ["source:shop"]


def test_a_code_ends_in_ten_minutes_and_by_a_newer_one(office: Office) -> None:
    ask_publicly(Client())
    run_jobs(deliver=False)
    request, first = PrivacyRequest.objects.get(), code_sent()
    intake.send_again(request=request)
    second = code_sent()
    assert first == second or verification.prove(request=request, code=first) is None
    VerificationCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert verification.prove(request=request, code=second) is None
    assert intake.send_again(request=request) is True
    assert intake.send_again(request=request) is False  # three codes are all
    assert not VerificationCode.objects.filter(digest__contains=second.encode()).exists()


def test_whoever_comes_too_often_has_to_wait(office: Office) -> None:
    for _ in range(intake.PER_CONTACT):
        ask_publicly(Client(), email=UNKNOWN)
    given = {"kind": "access", "regime": "eu", "requester": "subject", "email": UNKNOWN}
    assert Client().post(reverse("governance:privacy"), given).status_code == 429
    for n in range(intake.PER_ADDRESS - intake.PER_CONTACT - 1):
        ask_publicly(Client(), email=f"{n}@post.example")
    assert Client().post(reverse("governance:privacy"), {**given, "email": "new@post.example"}).status_code == 429
    assert DoorCount.objects.count() > 10 and doors.forget() == 0
    assert doors.forget(timezone.now() + timedelta(days=3)) > 10


def test_the_form_needs_a_contact_point_and_its_token(office: Office) -> None:
    client = Client(enforce_csrf_checks=True)
    assert client.post(reverse("governance:privacy"), {"kind": "access"}).status_code == 403
    assert "email address or a phone" in re.sub("e-mail", "email", _refused({"email": ""}))
    assert "has more digits" in _refused({"email": "", "phone": "12"})
    assert Client().get("/privacy/no-such-page/").status_code == 404


def _refused(changes: dict[str, str]) -> str:
    given = {"kind": "access", "regime": "eu", "requester": "subject", **changes}
    response = Client().post(reverse("governance:privacy"), given)
    assert response.status_code == 422
    return response.content.decode()


def test_an_unverified_request_displaces_no_verified_one(office: Office) -> None:
    strangers = [ask_publicly(Client()) for _ in range(2)]
    first, second = PrivacyRequest.objects.order_by("id")
    assert second.duplicate_of == first
    run_jobs()
    client = Client()
    ask = ask_publicly(client)
    run_jobs(deliver=False)
    assert client.post(ask, {"code": code_sent()}).status_code == 302
    mine = PrivacyRequest.objects.order_by("id").last()
    assert (mine.duplicate_of, mine.state, mine.verified) == (None, "in_progress", "code")
    assert set(mine.duplicates.all()) == {first, second}  # they hang on the verified one now
    due = mine.due_at
    ask_publicly(Client())
    mine.refresh_from_db()
    assert (mine.duplicate_of, mine.due_at) == (None, due)
    assert PrivacyRequest.objects.order_by("id").last().duplicate_of == mine
    assert strangers and not first.verified
    # an unverified one stops nothing: only the verified one's records are marked
    assert set(Mark.objects.values_list("reference", flat=True)) == {str(mine.pk)}


def test_who_asks_for_another_is_proven_by_staff(office: Office) -> None:
    client = Client()
    url = ask_publicly(client, requester="agent")
    run_jobs()
    request = PrivacyRequest.objects.get()
    assert (sent("code"), request.state) == ([], "verifying")
    assert "ask for the proof that you may" in client.get(url).content.decode()
    with pytest.raises(RequestNotAllowed, match="proof of authority"):
        intake.let_in(request=request, profile=profile_of(office.cast.shop, "1"), how="code", by=None)
    done = intake.let_in(request=request, profile=profile_of(office.cast.shop, "1"), how="staff", by=office.olga)
    assert done.authority_by == office.olga


def test_a_contact_point_that_two_share_proves_nobody(office: Office) -> None:
    send(office.cast.shop, {"id": "2", "name": "Zoltan Quist", "mail": KNOWN, "born": "1950-01-01"}, resolve=True)
    if profile_of(office.cast.shop, "1") == profile_of(office.cast.shop, "2"):
        pytest.fail("the two must be two customers")
    ask_publicly(Client())
    run_jobs()
    assert (PrivacyRequest.objects.get().blocked, sent("code")) == ("subject", [])


def test_an_opt_out_in_california_needs_no_proof(office: Office) -> None:
    ask_publicly(Client(), kind="limit", regime="california")
    run_jobs()
    request = PrivacyRequest.objects.get()
    assert (request.verified, request.profile) == ("not_needed", profile_of(office.cast.shop, "1"))
    assert sent("code") == []


class Gateway(BaseHTTPRequestHandler):
    """A gateway for text messages that refuses the first time."""

    calls: list[tuple[str, dict[str, str]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.calls.append((self.headers["Authorization"], body))
        self.send_response(500 if len(self.calls) == 1 else 204)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[str]:
    Gateway.calls = []
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/sms"
    server.shutdown()
    server.server_close()


def test_a_code_by_text_message_goes_through_the_gateway(
    office: Office, gateway: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SMS_WEBHOOK", gateway)
    monkeypatch.setattr(settings, "SMS_WEBHOOK_TOKEN", "a-token")
    url = ask_publicly(client := Client(), email="", phone="020 7946 0018")
    from profiles import jobs
    from profiles.models import Job

    jobs.run(Job.objects.get(kind="admit_request").pk)
    code, delivery = code_sent(), Job.objects.get(kind="deliver_message")
    jobs.run(delivery.pk)
    message = OutgoingMessage.objects.get()
    assert (message.state, message.last_error, message.tries) == ("failed", "HTTPError", 1)
    jobs.run(delivery.pk)
    message.refresh_from_db()
    assert message.state == "sent" and message.body is None  # a code that was sent is not kept
    assert [(token, call["to"]) for token, call in Gateway.calls] == [("Bearer a-token", "020 7946 0018")] * 2
    assert code in Gateway.calls[1][1]["text"]
    assert client.post(url, {"code": code}).status_code == 302


def test_without_a_gateway_a_text_message_fails_in_words(office: Office) -> None:
    from profiles.models import Job

    ask_publicly(Client(), email="", phone=ADA["tel"])
    run_jobs()
    assert "CDV_SMS_WEBHOOK" in Job.objects.get(kind="deliver_message").message
    assert client_of(office.olga).get(reverse("governance:outbox")).status_code == 404  # not the demo


def test_what_people_wrote_lies_sealed(office: Office) -> None:
    ask_publicly(Client(), name="Quetzalina", message="Vermicious words")
    run_jobs()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r::text FROM governance_privacyrequest r UNION SELECT m::text FROM governance_outgoingmessage m"
        )
        rows = " ".join(row[0] for row in cursor.fetchall())
    for canary in ("Quetzalina", "Vermicious", "ada@post"):
        assert canary not in rows and canary.encode().hex() not in rows
    assert messages.unsealed(OutgoingMessage.objects.first()).recipient == KNOWN
    assert Profile.objects.active().count() == 1

"""The person's own page, by a link: seen without signing in, changed in one click, and telling of nobody else."""

import json
import re

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from governance import preferences
from governance.messages import unsealed
from governance.models import ConsentEvent, OutgoingMessage, Purpose
from matching import identity
from profiles.models import AuditEvent
from tests.cast import Cast, profile_of, record, send
from tests.governance.consenting import may, purposes, say, states

pytestmark = pytest.mark.django_db
MAIL = "ada@post.example"


@pytest.fixture
def cast() -> Cast:
    """Ada in the shop, and Augusta, who was merged into her."""
    made = Cast()
    send(made.shop, {"id": "1", "name": "Ada Byron", "mail": MAIL})
    send(made.crm, {"id": "8", "name": "Augusta King", "mail": "augusta@king.example"})
    identity.merge(
        survivor=profile_of(made.shop, "1").id, losers=[profile_of(made.crm, "8").id], by=made.ada, reason="married"
    )
    purposes()
    Purpose.objects.create(
        key="service", name="Orders", description="Messages about what you ordered.", channels=["email"],
        lawful_basis="contract", needs_consent=False,
    )  # fmt: skip
    return made


@pytest.fixture
def link(cast: Cast) -> str:
    return reverse("governance:preferences", args=[preferences.token_for(record(cast.shop, "1").pk, "email", MAIL)])


@pytest.fixture
def ada(cast: Cast, link: str) -> Client:
    """A browser without an account, which checks forgeries as the site does."""
    return Client(enforce_csrf_checks=True)


def press(client: Client, link: str, **data: str) -> None:
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', client.get(link).content.decode())
    answer = client.post(link, {**data, "csrfmiddlewaretoken": token[1]})
    assert (answer.status_code, answer.url) == (302, f"{link}?saved")


def test_the_page_shows_the_choices_of_the_value_and_nothing_of_anybody(ada: Client, cast: Cast, link: str) -> None:
    answer = ada.get(link)
    page = answer.content.decode()
    assert "a•••@p•••.example" in page and "Newsletter, e-mail" in page and "Profiling, in general" in page
    assert "we need it to serve you" in page and "Newsletter, sms" not in page
    assert not [word for word in ("Ada", "Byron", "Augusta", "king.example", MAIL) if word in page]
    assert "no-store" in answer["Cache-Control"]
    row = AuditEvent.objects.get(action="preferences.opened")
    assert (row.actor_id, row.actor_name) == (None, "the person, by their link")
    assert row.subject_ids == [profile_of(cast.shop, "1").id]


def test_one_click_switches_one_thing_and_another_everything(ada: Client, cast: Cast, link: str) -> None:
    news, insight = (Purpose.objects.get(key=key) for key in ("newsletter", "profiling"))
    who = profile_of(cast.shop, "1")
    press(ada, link, purpose="newsletter", channel="email", choice="yes")
    assert may(who, news) and states(who, news) == ["allowed", "never_asked"]
    event = ConsentEvent.objects.get()
    assert (event.method, event.actor, event.is_by_subject) == ("preference_page", None, True)
    press(ada, link, purpose="newsletter", channel="email", choice="yes")
    assert ConsentEvent.objects.count() == 1
    press(ada, link, choice="stop")
    assert not may(who, news) and not may(who, insight, "general")
    assert states(who, insight) == ["denied", "not_objected"]  # withdrawn for this address, not for the other
    press(ada, link, purpose="service", channel="email", choice="no")
    assert may(who, Purpose.objects.get(key="service"))


def test_a_mail_program_withdraws_by_itself(ada: Client, cast: Cast, link: str) -> None:
    news = Purpose.objects.get(key="newsletter")
    say(record(cast.shop, "1"), "grant", news, MAIL, ago=1)
    answer = ada.post(f"{link}stop/?purpose=newsletter", {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and not may(profile_of(cast.shop, "1"), news)
    assert may(profile_of(cast.shop, "1"), Purpose.objects.get(key="profiling"), "general")
    assert ada.get(f"{link}stop/").status_code == 405  # what merely opens links withdraws nothing


@pytest.mark.parametrize("token", ["nonsense", "of another", "gone"])
def test_a_dead_link_tells_nothing(ada: Client, cast: Cast, token: str) -> None:
    made = {
        "nonsense": "x:y:z",
        "of another": signing.dumps([record(cast.shop, "1").pk, "email", "0" * 32], salt="other"),
        "gone": preferences.token_for(record(cast.shop, "1").pk, "email", "old@post.example"),
    }[token]
    for name in ("preferences", "preference-receipts", "confirm-consent"):
        answer = ada.get(reverse(f"governance:{name}", args=[made]))
        assert answer.status_code == 404 and "This link no longer works" in answer.content.decode()


def test_who_comes_too_often_waits(ada: Client, link: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("governance.views.preferences.MOST", 3)
    assert [ada.get(link).status_code for _ in range(4)] == [200, 200, 200, 429]


def test_global_privacy_control_is_one_and_nothing_else(ada: Client, cast: Cast, link: str) -> None:
    insight, who = Purpose.objects.get(key="profiling"), profile_of(cast.shop, "1")
    for other in ("0", "true", "1 ", "", "01"):
        ada.get(link, headers={"Sec-GPC": other})
    assert may(who, insight, "general") or not ConsentEvent.objects.exists()
    page = ada.get(link, headers={"Sec-GPC": "1"}).content.decode()
    assert "Global Privacy Control" in page and not may(who, insight, "general") and not may(who, insight)
    rows = ConsentEvent.objects.filter(method="gpc")
    assert {(row.act, row.site, row.purpose.key) for row in rows} == {("object", "testserver", "profiling")}
    assert {row.note.proof for row in rows} == {"Sec-GPC: 1"} and rows.count() == 2
    press(ada, link, purpose="profiling", channel="general", choice="yes")
    ada.get(link, headers={"Sec-GPC": "1"})
    assert may(who, insight, "general")  # what was chosen after the signal stands


def test_receipts_are_to_keep(ada: Client, cast: Cast, link: str) -> None:
    news = Purpose.objects.get(key="newsletter")
    event = say(record(cast.shop, "1"), "grant", news, MAIL, by=cast.ada, jurisdiction="GB")
    say(record(cast.crm, "8"), "grant", news, "augusta@king.example")
    answer = ada.get(f"{link}receipts.json")
    (told,) = json.loads(answer.content)["receipts"]
    assert AuditEvent.objects.filter(action="preferences.receipts_taken").exists()
    staff = Client()
    staff.force_login(cast.ada)
    own = staff.get(reverse("governance:consent-receipt", args=[event.pk]))
    assert own.json() == told and "attachment" in own["Content-Disposition"]
    assert (told["schema_version"], told["event"]["event_state"]) == ("ISO/IEC TS 27560:2023", "given")
    assert told["pii_processing"]["purposes"][0]["jurisdictions"] == ["GB"] and MAIL not in str(told)
    assert AuditEvent.objects.get(action="consent.receipt_taken").subject_ids == [profile_of(cast.shop, "1").id]


def test_a_grant_from_a_form_counts_once_its_address_confirms_it(ada: Client, cast: Cast) -> None:
    news, who = Purpose.objects.get(key="newsletter"), profile_of(cast.shop, "1")
    Purpose.objects.filter(pk=news.pk).update(confirms_twice=True)
    news.refresh_from_db()
    event = say(record(cast.shop, "1"), "grant", news, MAIL, method="web_form")
    assert states(who, news) == ["never_asked", "pending"] and not may(who, news)
    preferences.ask_to_confirm(event, base="https://here.example")
    opened = unsealed(OutgoingMessage.objects.get())
    path = re.search(r"https://here.example(\S+)", opened.body)[1]
    assert opened.recipient == MAIL and MAIL not in path
    assert "Was it you?" in ada.get(path).content.decode() and not may(who, news)
    token = re.search(r'csrfmiddlewaretoken" value="(\w+)"', ada.get(path).content.decode())[1]
    for _ in range(2):
        assert "Thank you" in ada.post(path, {"csrfmiddlewaretoken": token}).content.decode()
    assert may(who, news) and ConsentEvent.objects.filter(method="double_opt_in").count() == 1

"""Consent on the screens of the staff: the matrix, its evidence and as it was; what a merge or a split would make of it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.models import ConsentEvent, OutgoingMessage, Purpose
from profiles import imports, jobs, schema
from profiles.models import AuditEvent, FieldMapping, Job, QuarantinedRow
from tests.cast import Cast, profile_of, record, send
from tests.governance.consenting import may, purposes, say, states

pytestmark = pytest.mark.django_db
MAIL = "ada@post.example"
STATEMENT = {"act": "grant", "method": "spoken", "proof": "call 7", "reason": "she rang", "language": "en"}


@pytest.fixture
def cast() -> Cast:
    made = Cast()
    send(made.shop, {"id": "1", "name": "Ada Byron", "mail": MAIL})
    send(made.crm, {"id": "8", "name": "Augusta King", "mail": "augusta@king.example"})
    purposes()
    return made


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def cell(cast: Cast, purpose: str = "newsletter", channel: str = "email") -> str:
    return reverse("governance:consent-cell", args=[profile_of(cast.shop, "1").pk, purpose, channel])


def test_a_statement_is_written_down_with_its_proof_and_shown_with_its_evidence(cast: Cast) -> None:
    ada, url, who = signed_in(cast.ada), cell(cast), profile_of(cast.shop, "1")
    page = ada.get(url).content.decode()
    assert "Never asked" in page and MAIL in page
    digest = page.split(f'">{MAIL}</option>')[0].rpartition('value="')[2]
    refused = ada.post(url, {**STATEMENT, "contact": digest, "proof": ""})
    assert refused.status_code == 422 and not ConsentEvent.objects.exists()
    assert ada.post(url, {**STATEMENT, "contact": "person"}).status_code == 422
    assert ada.post(url, {**STATEMENT, "contact": digest}).status_code == 302
    page = ada.get(url).content.decode()
    assert all(text in page for text in ("Agreed", "Proof: call 7", "she rang", "written down by ada", "Notice 1, en"))
    assert may(who, Purpose.objects.get(key="newsletter"))
    vera = signed_in(cast.vera)
    assert vera.post(url, {**STATEMENT, "contact": digest}).status_code == 403
    assert "she rang" in vera.get(url).content.decode()


def test_the_matrix_shows_every_purpose_and_how_it_was(cast: Cast) -> None:
    ada, who = signed_in(cast.ada), profile_of(cast.shop, "1")
    say(record(cast.shop, "1"), "grant", Purpose.objects.get(key="newsletter"), MAIL, ago=3)
    url = reverse("governance:consent", args=[who.pk])
    page = ada.get(url).content.decode()
    assert "Agreed" in page and "Not objected" in page and "denied until they agree" in page
    before = ada.get(url, {"on": (timezone.localdate() - timedelta(days=1)).isoformat()}).content.decode()
    assert "As it was" in before and "Agreed" not in before  # it was said before, and not known yet
    panel = ada.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "Newsletter" in panel and "<html" not in panel
    assert AuditEvent.objects.filter(action="consent.read", subject_ids=[who.pk]).count() == 3


def test_evidence_of_a_source_that_is_not_granted_is_not_shown_and_its_no_counts(cast: Cast) -> None:
    from matching import identity

    identity.merge(
        survivor=profile_of(cast.shop, "1").id, losers=[profile_of(cast.crm, "8").id], by=cast.ada, reason="r"
    )
    say(record(cast.crm, "8"), "object", Purpose.objects.get(key="profiling"), reason="told the crm")
    page = signed_in(cast.bob).get(cell(cast, "profiling")).content.decode()
    assert "Denied" in page and "told the crm" not in page and "augusta" not in page


def test_a_merge_and_a_split_show_what_becomes_of_consent(cast: Cast) -> None:
    news, insight = (Purpose.objects.get(key=key) for key in ("newsletter", "profiling"))
    left, right = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    say(record(cast.shop, "1"), "grant", news, MAIL)
    say(record(cast.crm, "8"), "object", news)
    ada = signed_in(cast.ada)
    page = ada.get(f"/compare/?a={left.pk}&b={right.pk}")
    assert page.status_code in (200, 404)
    pair = ada.get(reverse("matching:compare"), {"a": left.pk, "b": right.pk}).content.decode()
    address = f"{reverse('governance:consent-preview', args=[left.pk])}?with={right.pk}"
    assert address in pair
    shown = ada.get(address).content.decode()
    assert shown.count("Denied") == 3 and shown.count("Agreed") == 1  # after: both addresses; before: hers alone
    from matching import identity

    identity.merge(survivor=left.id, losers=[right.id], by=cast.ada, reason="r")
    parts = ada.get(reverse("governance:consent-preview", args=[left.pk]), {"records": record(cast.crm, "8").pk})
    assert parts.content.decode().count("Denied") == 4 and states(left, insight) == []
    empty = ada.get(reverse("governance:consent-preview", args=[left.pk])).content.decode()
    assert "nothing changes" in empty


def test_the_link_goes_to_the_address_and_to_nobody_else(cast: Cast) -> None:
    ada, who = signed_in(cast.ada), profile_of(cast.shop, "1")
    page = ada.get(reverse("governance:consent", args=[who.pk])).content.decode()
    digest = page.split(f'">{MAIL}</option>')[0].rpartition('value="')[2]
    url = reverse("governance:send-preference-link", args=[who.pk])
    assert ada.post(url, {"to": digest}).status_code == 302 and OutgoingMessage.objects.count() == 1
    ada.post(url, {"to": "0" * 64})
    assert OutgoingMessage.objects.count() == 1 and "preferences/" not in page


def test_purposes_are_set_up_by_those_who_may_and_their_basis_stays(cast: Cast) -> None:
    root = signed_in(cast.root)
    given = {
        "key": "offers", "name": "Offers", "description": "By phone.", "lawful_basis": "consent", "needs_consent": "on",
        "channels": ["phone"], "notice_version": "2", "is_active": "on",
    }  # fmt: skip
    assert signed_in(cast.ada).post(reverse("governance:new-purpose"), given).status_code == 403
    assert root.post(reverse("governance:new-purpose"), {**given, "channels": []}).status_code == 422
    assert root.post(reverse("governance:new-purpose"), given).status_code == 302
    offers = Purpose.objects.get(key="offers")
    assert offers.history.get().history_user == cast.root
    say(record(cast.shop, "1"), "object", offers, channel="phone")
    url = reverse("governance:purpose", args=[offers.pk])
    changed = root.post(url, {**given, "lawful_basis": "contract", "needs_consent": ""})
    assert changed.status_code == 422 and "Make a new purpose" in changed.content.decode()
    assert root.post(url, {**given, "name": "Calls"}).status_code == 302
    page = root.get(reverse("governance:purposes")).content.decode()
    assert "Calls" in page and "In general: fewer than 10" in page


# ---- delivered by sources ---------------------------------------------------------------------------------------------------


def work_off() -> None:
    for job in Job.objects.filter(kind__in=["consent_import", "consent_spread"], state="queued").order_by("created_at"):
        jobs.run(job.pk)
        assert Job.objects.get(pk=job.pk).state == "done"


def test_a_source_delivers_consent_with_its_origin_and_lifts_nothing(cast: Cast, own_schema: None) -> None:
    news = Purpose.objects.get(key="newsletter")
    FieldMapping.objects.create(
        source=cast.shop, column="news", target="free:consent:newsletter:email", standardiser="consent"
    )
    schema.publish(by=cast.root)
    row = {"id": "1", "name": "Ada Byron", "mail": MAIL}
    batch = send(cast.shop, {**row, "news": "yes 2026-01-05"}, {"id": "2", "name": "Cy Day", "news": "perhaps"})
    work_off()
    event = ConsentEvent.objects.get()
    assert (event.batch, event.line, event.method, event.at.date().isoformat()) == (batch, 1, "import", "2026-01-05")
    assert may(profile_of(cast.shop, "1"), news) and not profile_of(cast.shop, "1").golden_values.filter(
        field__startswith="free:consent"
    )
    bad = QuarantinedRow.objects.get(batch=batch)
    assert (bad.line, bad.field, bad.code) == (2, "news", "required_unreadable")
    imports.replay(
        batch=batch,
        mended={bad.pk: {"id": "2", "name": "Cy Day", "mail": "cy@day.example", "news": "opt-out"}},
        by=cast.ada,
    )
    work_off()
    assert ConsentEvent.objects.get(record=record(cast.shop, "2")).act == "withdraw"
    send(cast.shop, {**row, "news": "yes 2026-01-05", "town": "Ulm"})
    work_off()
    assert ConsentEvent.objects.filter(record=record(cast.shop, "1")).count() == 1  # said before
    say(record(cast.shop, "1"), "withdraw", news, MAIL)
    send(cast.shop, {**row, "news": "no"})
    send(cast.shop, {**row, "news": "yes", "town": "Bonn"})
    work_off()
    assert not may(profile_of(cast.shop, "1"), news)

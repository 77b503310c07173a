"""What people say is written down once and counts everywhere at once: ledger, stored states, gate, and what a split carries."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from governance import consent, consent_jobs
from governance.consent_gate import allowed, usable_values
from governance.models import ConsentEvent, ConsentNote, ConsentState, Purpose
from matching import identity, operations, undo
from profiles import jobs
from profiles.models import AuditEvent, IdentityOperation, Job, Mark, Profile, SourceRecord, WorkItem
from tests.cast import Cast, profile_of, record, send
from tests.governance.consenting import days_ago, may, purposes, say, states

pytestmark = pytest.mark.django_db
MAIL = "ada@post.example"


@pytest.fixture
def cast() -> Cast:
    """Ada in the shop and in the crm, under two addresses, and Carl."""
    made = Cast()
    send(
        made.shop,
        {"id": "1", "name": "Ada Byron", "mail": MAIL},
        {"id": "2", "name": "Carl Gauss", "mail": "carl@uni.example"},
    )
    send(made.crm, {"id": "8", "name": "Augusta King", "mail": "augusta@king.example"})
    return made


@pytest.fixture
def news(cast: Cast) -> Purpose:
    return purposes()[0]


@pytest.fixture
def insight(news: Purpose) -> Purpose:
    return Purpose.objects.get(key="profiling")


# ---- the ledger ----------------------------------------------------------------------------------------------------------


def test_a_statement_is_kept_for_good_with_its_proof_apart(cast: Cast, news: Purpose) -> None:
    event = say(record(cast.shop, "1"), "grant", news, MAIL, by=cast.ada, reason="she called", language="en")
    assert (event.notice_version, event.language, event.actor, event.method) == ("1", "en", cast.ada, "written")
    assert MAIL not in str(vars(event)) and len(event.contact) == 64
    note = ConsentNote.objects.get(event=event)
    assert (note.contact_value, note.proof, note.reason) == (MAIL, "call 7", "she called")
    for sql in ("UPDATE governance_consentevent SET act = 'object'", "DELETE FROM governance_consentevent"):
        with (
            pytest.raises(DatabaseError, match="append-only|permission denied"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(sql)
    row = AuditEvent.objects.get(action="consent.recorded")
    assert (row.subject_ids, row.detail["act"]) == ([profile_of(cast.shop, "1").id], "grant")
    note.delete()
    assert may(profile_of(cast.shop, "1"), news)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"channel": "post"}, "does not use"),
        ({"contact": ""}, "say which"),
        ({"at": timezone.now() + timedelta(days=1)}, "future"),
        ({"record_id": None}, "Without a record"),
        ({"record_id": 987654}, "no such record"),
    ],
)
def test_what_cannot_be_meant_is_refused(cast: Cast, news: Purpose, given: dict, why: str) -> None:
    base = {
        "purpose": news, "channel": "email", "act": "grant", "method": "written", "contact": MAIL,
        "record_id": record(cast.shop, "1").pk,
    }  # fmt: skip
    with pytest.raises(consent.ConsentNotAllowed, match=why):
        consent.record(consent.Statement(**{**base, **given}), by=None)
    assert not ConsentEvent.objects.exists()


def test_for_who_was_erased_a_no_can_be_written_down_and_no_grant(cast: Cast, news: Purpose) -> None:
    gone = record(cast.shop, "1")
    SourceRecord.objects.filter(pk=gone.pk).update(state="erased")
    say(gone, "withdraw", news, MAIL)
    with pytest.raises(consent.ConsentNotAllowed, match="erased"):
        say(gone, "grant", news, MAIL)


def test_the_database_keeps_the_form_of_the_ledger(cast: Cast, news: Purpose) -> None:
    base = {
        "purpose": news,
        "channel": "email",
        "at": timezone.now(),
        "recorded_at": timezone.now(),
        "method": "written",
    }
    wrong = [
        {"act": "grant", "contact": "c"},
        {"act": "object"},
        {"act": "object", "contact": "c", "method": "carried"},
        {"act": "object", "contact": "c", "lifts": [1]},
    ]
    for given in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            ConsentEvent.objects.create(**{**base, **given})


# ---- stored states and the gate ---------------------------------------------------------------------------------------------


def test_silence_is_no_where_consent_is_needed_and_yes_where_it_is_not(
    cast: Cast, news: Purpose, insight: Purpose
) -> None:
    ada = profile_of(cast.shop, "1")
    assert not may(ada, news) and may(ada, insight)
    say(record(cast.shop, "1"), "grant", news, MAIL, ago=2)
    assert may(ada, news) and not may(ada, news, "sms") and not may(profile_of(cast.shop, "2"), news)
    say(record(cast.shop, "1"), "withdraw", news, MAIL, ago=1)
    say(record(cast.shop, "1"), "object", insight)
    assert not may(ada, news) and not may(ada, insight) and may(ada, insight, "general")
    Purpose.objects.update(is_active=False)
    insight.refresh_from_db()
    assert not may(ada, insight, "general")


def test_a_no_on_a_value_counts_for_whoever_holds_it_and_whoever_comes_to(cast: Cast, news: Purpose) -> None:
    say(record(cast.shop, "2"), "grant", news, "carl@uni.example", ago=3)
    say(None, "withdraw", news, "Carl@UNI.example", ago=2, method="gpc")
    assert not may(profile_of(cast.shop, "2"), news)
    say(record(cast.shop, "2"), "grant", news, "carl@uni.example", ago=1)
    assert may(profile_of(cast.shop, "2"), news)
    send(cast.crm, {"id": "9", "name": "Somebody Else", "mail": "carl@uni.example"})
    assert states(profile_of(cast.crm, "9"), news) == ["denied"]
    send(cast.crm, {"id": "9", "name": "Somebody Else", "mail": "other@uni.example"})
    assert states(profile_of(cast.crm, "9"), news) == []


def test_values_that_may_be_used_are_told_one_by_one(cast: Cast, news: Purpose, insight: Purpose) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": MAIL, "tel": "020 7946 0001"})
    ada = profile_of(cast.shop, "1")
    assert usable_values([ada.id], insight, "email") == {ada.id: [MAIL]}
    assert usable_values([ada.id], news, "sms") == {ada.id: []}
    say(record(cast.shop, "1"), "grant", news, "+442079460001", channel="sms")
    assert usable_values([ada.id], news, "sms") == {ada.id: ["+442079460001"]}
    say(record(cast.shop, "1"), "withdraw", insight, MAIL)
    assert usable_values([ada.id], insight, "email") == {ada.id: []}


def test_a_grant_ends_in_time_for_the_gate_at_once_and_on_the_screen_soon(cast: Cast, news: Purpose) -> None:
    news.expires_after_days = 10
    news.save()
    ada = profile_of(cast.shop, "1")
    say(record(cast.shop, "1"), "grant", news, MAIL, ago=1)
    later = timezone.now() + timedelta(days=9, minutes=1)
    assert may(ada, news) and not may(ada, news, now=later)
    assert consent_jobs.refresh_lapsed(now=later) == 1
    assert states(ada, news) == ["expired"]


def test_restricted_data_is_out_for_every_purpose(cast: Cast, insight: Purpose) -> None:
    ada = profile_of(cast.shop, "1")
    Mark.objects.create(record=record(cast.shop, "1"), kind="restricted", reason="asked", since=timezone.now())
    assert not may(ada, insight)
    Mark.objects.update(until=timezone.now())
    assert may(ada, insight)


def test_a_no_reaches_who_came_to_hold_the_value_meanwhile(cast: Cast, insight: Purpose) -> None:
    """As if an import had been under way: its customer was written without a look at the NO."""
    say(None, "object", insight, MAIL)
    ConsentState.objects.all().delete()
    assert may(profile_of(cast.shop, "1"), insight)
    jobs.run(Job.objects.get(kind="consent_spread").pk)
    assert Job.objects.get(kind="consent_spread").state == "done"
    assert not may(profile_of(cast.shop, "1"), insight)


# ---- who is who changes -------------------------------------------------------------------------------------------------------


def merged(cast: Cast) -> IdentityOperation:
    ada, augusta = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    return identity.merge(survivor=ada.id, losers=[augusta.id], by=cast.ada, reason="married")


def test_a_merge_brings_a_no_and_its_undo_gives_everything_back(cast: Cast, insight: Purpose) -> None:
    ada, augusta = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    say(record(cast.crm, "8"), "object", insight)
    before = list(ConsentState.objects.order_by("contact").values("profile", "contact", "state", "event", "since"))
    operation = merged(cast)
    assert states(ada, insight) == ["denied", "denied"] and not ConsentState.objects.filter(profile=augusta).exists()
    undo.undo(operation=operation, by=cast.ada, reason="not she", never_again=False)
    assert (
        list(ConsentState.objects.order_by("contact").values("profile", "contact", "state", "event", "since")) == before
    )
    assert ConsentEvent.objects.count() == 1


def test_a_split_carries_each_restriction_and_an_undo_those_of_the_time_together(cast: Cast, insight: Purpose) -> None:
    say(record(cast.crm, "8"), "object", insight, ago=5)
    operation = merged(cast)
    say(record(cast.shop, "1"), "object", insight, channel="general")
    undo.undo(operation=operation, by=cast.ada, reason="not she", never_again=False)
    ada, augusta = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    assert may(ada, insight) and not may(ada, insight, "general")
    assert not may(augusta, insight) and not may(augusta, insight, "general")
    (copy,) = ConsentEvent.objects.filter(method="carried")
    assert (copy.record, copy.carried_from.record) == (record(cast.crm, "8"), record(cast.shop, "1"))
    merged(cast)
    identity.split(profile=ada.id, record_ids=[record(cast.crm, "8").id], by=cast.ada, reason="two")
    assert not may(profile_of(cast.shop, "1"), insight) and not may(profile_of(cast.crm, "8"), insight)
    assert ConsentEvent.objects.filter(method="carried").count() == 2
    assert AuditEvent.objects.filter(action="consent.carried").count() == 2


def test_agreeing_again_lifts_what_stood_then_and_not_for_who_is_split_off(cast: Cast, news: Purpose) -> None:
    no = say(record(cast.crm, "8"), "withdraw", news, ago=5)
    merged(cast)
    yes = say(record(cast.shop, "1"), "grant", news, MAIL, ago=1)
    ada = profile_of(cast.shop, "1")
    assert yes.lifts == [no.id] and states(ada, news) == ["allowed", "denied"]
    identity.split(profile=ada.id, record_ids=[record(cast.crm, "8").id], by=cast.ada, reason="two")
    assert states(profile_of(cast.shop, "1"), news) == ["allowed"]
    assert states(profile_of(cast.crm, "8"), news) == ["denied"]


def test_verified_against_model_waits_for_a_person_until_one_of_them_gives_in(cast: Cast, news: Purpose) -> None:
    one, other = record(cast.shop, "1"), record(cast.crm, "8")
    say(one, "grant", news, MAIL, ago=5)
    say(other, "withdraw", news, ago=4)
    ada, augusta = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    present = identity.members([ada.id, augusta.id])
    draft = identity.merge_draft(ada.id, [augusta.id], present, "model", confirmed=[one.id])
    operations.apply([draft], merged={augusta.id: ada.id})
    assert states(ada, news) == ["conflict", "denied"] and not may(ada, news)
    assert WorkItem.objects.get(kind="consent_conflict", state="open").subject_id == str(ada.id)
    say(one, "withdraw", news, MAIL)
    assert states(ada, news) == ["denied", "denied"]
    assert not WorkItem.objects.filter(kind="consent_conflict", state="open").exists()


# ---- what it costs -----------------------------------------------------------------------------------------------------------


def consent_queries(captured: CaptureQueriesContext) -> int:
    return sum("governance_consent" in query["sql"] for query in captured)


def test_a_batch_that_no_event_concerns_costs_one_query(cast: Cast, news: Purpose) -> None:
    say(record(cast.shop, "2"), "withdraw", news, "carl@uni.example")
    rows = [{"id": f"n{n}", "name": f"Nova{n} Person{n}", "mail": f"p{n}@new.example"} for n in range(40)]
    with CaptureQueriesContext(connection) as captured:
        send(cast.crm, *rows)
    assert consent_queries(captured) == 1


def test_a_batch_of_many_concerned_costs_as_much_as_one_of_few(cast: Cast, news: Purpose) -> None:
    counts = []
    for size in (2, 20):
        for n in range(size):
            say(None, "withdraw", news, f"q{size}-{n}@new.example")
        rows = [
            {"id": f"m{size}-{n}", "name": f"Nova{n} P{size}x{n}", "mail": f"q{size}-{n}@new.example"}
            for n in range(size)
        ]
        with CaptureQueriesContext(connection) as captured:
            send(cast.crm, *rows)
        counts.append(consent_queries(captured))
        assert ConsentState.objects.filter(state="denied").count() >= size
    assert counts[0] == counts[1] <= 8


def test_the_gate_is_a_filter_and_asks_nothing_itself(cast: Cast, news: Purpose, django_assert_num_queries) -> None:
    with django_assert_num_queries(1):
        assert list(allowed(Profile.objects.all(), news, "email")) == []
    assert days_ago(1) < timezone.now()

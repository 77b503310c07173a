"""The customer page: lineage to the cell, timeline, as it was on a day, and what a merged id answers."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import identity, review
from matching import undo as undoing
from profiles import corrections, history
from profiles.masking import CLEAR
from profiles.models import Profile, SourceRecord
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ADA@post.example", "tel": "020 7946 0018"})
    send(cast.crm, {"id": "9", "name": "Carl Gauss", "mail": "carl@post.example"})
    return cast


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(cast: Cast, profile: Profile, user: object = None, **query: str) -> str:
    answer = signed_in(user or cast.ada).get(reverse("profiles:customer", args=[profile.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def merge(cast: Cast) -> identity.IdentityOperation:
    ids = [profile_of(cast.shop, "1").id, profile_of(cast.crm, "9").id]
    return review.compare_decide(
        left=ids[0], right=ids[1], verdict="same", by=cast.ada, reason="met them", survivor=ids[0]
    ).operation


def test_a_value_is_led_back_to_the_cell_as_it_was_sent(cast: Cast) -> None:
    text = page(cast, profile_of(cast.shop, "1"))
    assert "<q>ADA@post.example</q>" in text
    assert "<q>020 7946 0018</q>" in text
    assert "+442079460018" in text


def test_a_corrected_value_says_who_set_it(cast: Cast) -> None:
    corrections.correct(
        record=record(cast.shop, "1"), field="email", values=["a@b.example"], reason="by phone", by=cast.ada
    )
    send(cast.shop, {"id": "2", "name": "Someone Else"}, name="b.jsonl")
    text = page(cast, profile_of(cast.shop, "1"))
    assert "Set by ada" in text
    assert "by phone" in text


def test_the_timeline_tells_of_every_kind_newest_first(cast: Cast) -> None:
    operation = merge(cast)
    undoing.undo(operation=operation, by=cast.ada, reason="mistaken")
    send(cast.shop, {"id": "1", "name": "Ada King", "mail": "ada@post.example"}, name="c.jsonl")
    text = page(cast, profile_of(cast.shop, "1"), tab="timeline")
    order = ["record changed", "Undo: 1 record", "Merge: 1 record", "record received", "Customer founded"]
    places = [text.find(words) for words in order]
    assert -1 not in places
    assert places[:3] == sorted(places[:3])
    assert "Decided: the same" in text


def test_the_timeline_is_paged_without_gap_or_repeat(cast: Cast) -> None:
    for n in range(30):
        corrections.correct(
            record=record(cast.shop, "1"), field="city", values=[f"Town{n}"], reason=f"reason {n}!", by=cast.ada
        )
    client, url = signed_in(cast.ada), reverse("profiles:customer", args=[profile_of(cast.shop, "1").pk])
    seen, before = [], ""
    for _ in range(10):
        answer = client.get(url, {"tab": "timeline", "before": before})
        seen += [event.key for event in answer.context["events"]]
        before = answer.context["next"]
        if not before:
            break
    assert len(seen) == len(set(seen)) == 30 + 29 + 2


def test_as_it_was_before_a_merge_and_before_a_change(cast: Cast) -> None:
    one, two = record(cast.shop, "1"), record(cast.crm, "9")
    SourceRecord.objects.filter(id__in=[one.id, two.id]).update(created_at=timezone.now() - timedelta(days=2))
    start = timezone.now()
    merge(cast)
    merged = timezone.now()
    send(cast.shop, {"id": "1", "name": "Ada King", "mail": "new@post.example"}, name="d.jsonl")
    profile, granted = profile_of(cast.shop, "1"), {cast.shop.id, cast.crm.id}
    then, between = (history.as_it_was(profile, moment, granted, CLEAR) for moment in (start, merged))
    now = history.as_it_was(profile, timezone.now(), granted, CLEAR)
    assert [t.record.id for t in then.records] == [one.id]
    assert then.customer.first("email") == "ada@post.example"
    assert {t.record.id for t in between.records} == {one.id, two.id}
    assert {v.value for v in between.customer.golden["email"]} == {"ada@post.example", "carl@post.example"}
    assert {v.value for v in now.customer.golden["email"]} == {"new@post.example", "carl@post.example"}
    assert history.as_it_was(profile, merged, {cast.shop.id}, CLEAR).customer.first("email") == "ada@post.example"


def test_the_past_agrees_with_what_is_shown_now(cast: Cast) -> None:
    merge(cast)
    text = page(cast, profile_of(cast.shop, "1"), tab="then")
    assert "carl@post.example" in text
    assert "not today" not in text


def test_a_merged_id_answers_gone_with_the_way_on(cast: Cast) -> None:
    lost = profile_of(cast.crm, "9")
    operation = merge(cast)
    url = reverse("profiles:customer", args=[lost.pk])
    answer = signed_in(cast.ada).get(url)
    survivor = reverse("profiles:customer", args=[profile_of(cast.shop, "1").pk])
    assert answer.status_code == 410
    assert answer["Link"] == f'<http://testserver{survivor}>; rel="canonical"'
    assert answer["X-Operation-Id"] == str(operation.pk)
    assert str(profile_of(cast.shop, "1").pk) in answer.content.decode()
    assert signed_in(cast.ada).get(url, {"follow": "1"}).headers["Location"] == survivor
    assert signed_in(cast.bob).get(url).status_code == 404
    assert signed_in(cast.eve).get(url).status_code == 404


@pytest.mark.parametrize("tab", ["", "records", "timeline", "then"])
def test_no_tab_shows_what_the_reader_may_not_see(cast: Cast, tab: str) -> None:
    merge(cast)
    text = page(cast, profile_of(cast.shop, "1"), cast.bob, tab=tab)
    assert "carl@post.example" not in text
    assert "Crm" not in text

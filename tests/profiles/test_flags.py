"""A reader flags a value, a steward of its source answers, the reader reads the outcome."""

import pytest
from django.test import Client
from django.urls import reverse

from profiles.models import AuditEvent, Flag, WorkItem
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.crm, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    return cast


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def flagged(cast: Cast, value: str = "ada@post.example") -> object:
    url = reverse("profiles:flag-value", args=[record(cast.crm, "1").pk])
    return signed_in(cast.vera).post(url, {"field": "email", "value": value, "note": "Bounces"})


def test_every_value_of_the_customer_page_can_be_flagged(cast: Cast) -> None:
    client = signed_in(cast.vera)
    page = client.get(reverse("profiles:customer", args=[profile_of(cast.crm, "1").pk])).content.decode()
    url = reverse("profiles:flag-value", args=[record(cast.crm, "1").pk])
    assert f"{url}?field=email" in page
    assert "ada@post.example" in client.get(url, {"field": "email"}).content.decode()
    assert client.get(url, {"field": "shoe_size"}).status_code == 404


def test_a_flag_waits_for_the_stewards_of_its_source_only(cast: Cast) -> None:
    assert flagged(cast).status_code == 302
    flag = Flag.objects.get()
    assert (flag.value, flag.note, flag.reporter) == ("ada@post.example", "Bounces", cast.vera)
    item = WorkItem.objects.get(kind="flag")
    assert item.detail == {"record": flag.record_id, "field": "email"}
    link = reverse("profiles:flag", args=[flag.pk])
    assert link in signed_in(cast.ada).get(reverse("profiles:issues")).content.decode()
    assert link not in signed_in(cast.bob).get(reverse("profiles:issues")).content.decode()
    assert signed_in(cast.bob).get(link).status_code == 404


def test_the_reporter_reads_the_outcome(cast: Cast) -> None:
    flagged(cast)
    url = reverse("profiles:answer-flag", args=[Flag.objects.get().pk])
    assert signed_in(cast.vera).post(url, {"outcome": "told", "text": "x"}).status_code == 403
    assert signed_in(cast.ada).post(url, {"outcome": "open", "text": "x"}).status_code == 422
    assert signed_in(cast.ada).post(url, {"outcome": "told", "text": "We wrote to them"}).status_code == 302
    assert WorkItem.objects.get(kind="flag").state == WorkItem.State.DONE
    page = signed_in(cast.vera).get(reverse("profiles:issues")).content.decode()
    assert "We wrote to them" in page
    assert "The source was told" in page
    actions = AuditEvent.objects.values_list("action", flat=True)
    assert {"customer.flagged", "flag.answered"} <= set(actions)


def test_a_flag_is_answered_once(cast: Cast) -> None:
    flagged(cast)
    client, url = signed_in(cast.ada), reverse("profiles:answer-flag", args=[Flag.objects.get().pk])
    client.post(url, {"outcome": "told", "text": "first"})
    client.post(url, {"outcome": "right", "text": "second"})
    assert Flag.objects.get().answer == "first"


def test_only_a_value_that_is_shown_can_be_flagged(cast: Cast) -> None:
    assert flagged(cast, "someone@else.example").status_code == 422
    assert not Flag.objects.exists()


def test_the_list_of_issues_asks_the_same_number_of_queries_however_many(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    client, counts = signed_in(cast.ada), []
    for n in (2, 5):
        for _ in range(n):
            flagged(cast)
        with django_assert_max_num_queries(40) as seen:
            assert client.get(reverse("profiles:issues")).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]

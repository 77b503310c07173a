"""A correction survives what its source sends later; a third value asks a steward; matching sees the corrected record."""

import pytest
from django.test import Client
from django.urls import reverse

from profiles import corrections
from profiles.models import Correction, WorkItem
from tests.cast import Cast, golden, profile_of, record, same, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "old@post.example"})
    return cast


def corrected(cast: Cast, *values: str, field: str = "email") -> Correction:
    return corrections.correct(
        record=record(cast.shop, "1"), field=field, values=values, reason="She said so", by=cast.ada
    )


def says(cast: Cast, mail: str, name: str) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": mail}, name=name)


def asked() -> list[str]:
    return list(WorkItem.objects.filter(kind="correction_conflict", state="open").values_list("reason", flat=True))


def test_a_correction_survives_ten_loads_of_the_old_value(cast: Cast) -> None:
    corrected(cast, "new@post.example")
    for n in range(10):
        send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "old@post.example", "v": str(n)}, name=f"{n}.jsonl")
    assert golden(profile_of(cast.shop, "1"), "email") == ["new@post.example"]
    assert asked() == []


def test_a_third_value_leaves_the_correction_and_asks_once(cast: Cast) -> None:
    made = corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    says(cast, "fourth@post.example", "c.jsonl")
    assert golden(profile_of(cast.shop, "1"), "email") == ["new@post.example"]
    item = WorkItem.objects.get(kind="correction_conflict", state="open")
    assert (item.reason, item.subject_id, item.source) == ("third_value", str(made.id), cast.shop)
    assert item.detail == {"record": made.record_id, "field": "email"}


@pytest.mark.parametrize("mail", ["old@post.example", "New@Post.example"])
def test_a_source_that_comes_round_is_no_longer_asked_about(cast: Cast, mail: str) -> None:
    corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    says(cast, mail, "c.jsonl")
    assert asked() == []
    assert WorkItem.objects.get(kind="correction_conflict").state == WorkItem.State.DROPPED


def test_a_retracted_value_that_is_replaced_asks_too(cast: Cast) -> None:
    corrected(cast)
    says(cast, "", "b.jsonl")
    assert asked() == []
    says(cast, "third@post.example", "c.jsonl")
    assert asked() == ["third_value"]
    assert golden(profile_of(cast.shop, "1"), "email") == []


def test_a_steward_keeps_the_correction_and_is_asked_again_for_the_next_value_only(cast: Cast) -> None:
    made = corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    client = Client()
    client.force_login(cast.ada)
    assert "third@post.example" in client.get(reverse("profiles:conflict", args=[made.pk])).content.decode()
    client.post(reverse("profiles:keep-correction", args=[made.pk]), {"revision": record(cast.shop, "1").revision})
    assert asked() == []
    send(cast.shop, {"id": "1", "name": "Ada King", "mail": "third@post.example"}, name="c.jsonl")
    assert asked() == []
    says(cast, "fourth@post.example", "d.jsonl")
    assert asked() == ["third_value"]
    assert golden(profile_of(cast.shop, "1"), "email") == ["new@post.example"]


def test_what_the_steward_did_not_see_is_not_kept(cast: Cast) -> None:
    made = corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    seen = record(cast.shop, "1").revision
    says(cast, "fourth@post.example", "c.jsonl")
    client = Client()
    client.force_login(cast.ada)
    client.post(reverse("profiles:keep-correction", args=[made.pk]), {"revision": seen})
    assert asked() == ["third_value"]


def test_releasing_the_correction_lets_the_source_count_and_closes_the_item(cast: Cast) -> None:
    made = corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    corrections.release(correction=made, by=cast.ada)
    send(cast.shop, {"id": "2", "name": "Somebody Else"}, name="c.jsonl")
    assert golden(profile_of(cast.shop, "1"), "email") == ["third@post.example"]
    assert WorkItem.objects.get(kind="correction_conflict").state == WorkItem.State.DONE


def test_a_withdrawn_record_asks_nothing(cast: Cast) -> None:
    corrected(cast, "new@post.example")
    says(cast, "third@post.example", "b.jsonl")
    cast.shop.import_mode = "snapshot"
    cast.shop.save()
    send(cast.shop, {"id": "9", "name": "Somebody Else"}, name="c.jsonl")
    assert asked() == []


def test_a_corrected_record_is_resolved_with_its_correction(cast: Cast) -> None:
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example", "born": "1990-05-17"})
    assert not same((cast.shop, "1"), (cast.crm, "9"))
    corrected(cast, "ada@post.example")
    corrected(cast, "1990-05-17", field="birth_date")
    send(cast.shop, {"id": "2", "name": "Somebody Else"}, name="b.jsonl")
    assert same((cast.shop, "1"), (cast.crm, "9"))


def test_the_conflict_is_unknown_to_who_does_not_steward_the_source(cast: Cast) -> None:
    made = corrected(cast, "new@post.example")
    client = Client()
    client.force_login(cast.vera)
    assert client.get(reverse("profiles:conflict", args=[made.pk])).status_code == 403
    cast.ada.sourceusergrant_set.all().delete()
    client.force_login(cast.ada)
    assert client.get(reverse("profiles:conflict", args=[made.pk])).status_code == 404

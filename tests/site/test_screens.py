"""Every page opens for those who may, is 404 for those who may not know, and asks no more queries with more rows."""

import pytest
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import assign_perm

from matching.engine.explain import evidence_to_json
from matching.evidence import explain_pair
from matching.models import Proposal
from profiles import schema
from profiles.models import Profile
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "tel": "020 7946 0018"})
    send(cast.crm, {"id": "9", "name": "Κώστας Παπαδόπουλος", "mail": "kostas@post.example"})
    return cast


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize(
    "name", ["home", "matching:queue", "profiles:customers", "profiles:imports", "profiles:jobs", "matching:models"]
)
def test_pages_open_for_a_steward_and_ask_others_to_sign_in(cast: Cast, name: str) -> None:
    assert signed_in(cast.ada).get(reverse(name)).status_code == 200
    assert Client().get(reverse(name)).status_code == 302


def test_a_customer_shows_lineage_and_is_unknown_to_others(cast: Cast) -> None:
    url = reverse("profiles:customer", args=[profile_of(cast.crm, "9").pk])
    page = signed_in(cast.ada).get(url).content.decode()
    assert "rows.jsonl" in page
    assert "Παπαδόπουλος" in page
    assert signed_in(cast.bob).get(url).status_code == 404
    assert signed_in(cast.eve).get(url).status_code == 404


@pytest.mark.parametrize(
    ("text", "found"),
    [("ada byron", True), ("Ada Biron", True), ("ada@post.example", True), ("ada@pos", True), ("+44 20 7946 0018", True),
     ("02079460018", True), ("nobody anywhere", False), ("zz", False)],
)  # fmt: skip
def test_search_forgives_typos_and_takes_any_notation(cast: Cast, text: str, found: bool) -> None:
    page = signed_in(cast.ada).get(reverse("profiles:customers"), {"q": text}).content.decode()
    assert ("Ada Byron" in page) is found


def test_search_finds_any_script(cast: Cast) -> None:
    page = signed_in(cast.ada).get(reverse("profiles:customers"), {"q": "kostas papadopoulos"}).content.decode()
    assert "Παπαδόπουλος" in page


def test_search_leaks_nothing_of_another_source(cast: Cast) -> None:
    page = signed_in(cast.bob).get(reverse("profiles:customers"), {"q": "kostas@post.example"}).content.decode()
    assert "Nobody found" in page


def test_a_source_that_was_never_published_is_not_offered_for_an_upload(cast: Cast) -> None:
    new = Cast._source("till", trust=10)
    assign_perm("profiles.steward_source", cast.ada, new)
    page = signed_in(cast.ada).get(reverse("profiles:imports")).content.decode()
    assert ">Shop</option>" in page
    assert ">Till</option>" not in page
    schema.publish(by=None)
    assert ">Till</option>" in signed_in(cast.ada).get(reverse("profiles:imports")).content.decode()


def test_a_viewer_may_look_but_not_act(cast: Cast) -> None:
    client = signed_in(cast.vera)
    profile = profile_of(cast.shop, "1")
    assert client.get(reverse("profiles:customer", args=[profile.pk])).status_code == 200
    assert client.get(reverse("matching:split", args=[profile.pk])).status_code == 403
    assert client.post(reverse("profiles:correct", args=[record(cast.shop, "1").pk])).status_code == 403
    assert client.post(reverse("profiles:imports")).status_code == 403


def test_any_two_customers_can_be_compared_merged_and_undone(cast: Cast) -> None:
    client = signed_in(cast.ada)
    one, two = profile_of(cast.shop, "1"), profile_of(cast.crm, "9")
    assert client.get(reverse("matching:compare"), {"a": one.pk, "b": two.pk}).status_code == 200
    client.post(reverse("matching:decide-pair"), {"a": one.pk, "b": two.pk, "verdict": "same", "reason": "test"})
    operation = profile_of(cast.shop, "1").operations.get()
    assert "Exact" in client.get(reverse("matching:operation", args=[operation.pk])).content.decode()
    client.post(reverse("matching:undo", args=[operation.pk]), {"reason": "wrong"})
    assert profile_of(cast.shop, "1").id != profile_of(cast.crm, "9").id


def test_a_record_is_corrected_on_its_page(cast: Cast) -> None:
    client, row = signed_in(cast.ada), record(cast.shop, "1")
    url = reverse("profiles:correct", args=[row.pk])
    assert client.post(url, {"field": "email", "values": "no address", "reason": "r"}).status_code == 422
    assert client.post(url, {"field": "email", "values": "New@Post.example", "reason": "r"}).status_code == 302
    assert row.corrections.get().values == ["new@post.example"]


@pytest.mark.parametrize("name", ["profiles:customers", "profiles:imports", "governance:audit", "profiles:jobs"])
def test_lists_ask_the_same_number_of_queries_however_many_rows(
    cast: Cast, name: str, django_assert_max_num_queries: object
) -> None:
    client = signed_in(cast.root)
    client.get(reverse(name))
    counts = []
    for size in (24, 30):
        rows = [
            {"id": f"{size}-{n}", "name": f"Person{n} Family{n}", "mail": f"p{n}.{size}@post.example"}
            for n in range(size)
        ]
        send(cast.shop, *rows, name=f"{size}.jsonl")
        with django_assert_max_num_queries(40) as seen:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(seen))
    assert counts[0] == counts[1]


def test_the_queue_asks_the_same_number_of_queries_however_many_pairs(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    client, counts = signed_in(cast.ada), []
    people = [{"id": f"p{n}", "name": f"Person Family{n}", "mail": f"q{n}@post.example"} for n in range(13)]
    send(cast.shop, *people, name="people.jsonl")
    hub = profile_of(cast.shop, "1")
    for size in (range(1), range(1, 3), range(3, 13)):
        for n in size:
            propose(hub, profile_of(cast.shop, f"p{n}"))
        with django_assert_max_num_queries(40) as seen:
            assert client.get(reverse("matching:queue")).status_code == 200
        counts.append(len(seen))
    assert counts[1] == counts[2]  # the first one fills the caches of schema and model


def propose(one: Profile, two: Profile) -> None:
    """A proposal as the engine writes it, between two customers of one record each."""
    left, right = sorted([one, two], key=lambda profile: profile.id)
    ends = [profile.memberships.get().record_id for profile in (left, right)]
    evidence = evidence_to_json(explain_pair(*sorted(ends)))
    Proposal.objects.create(
        left=left, right=right, left_record_id=ends[0], right_record_id=ends[1], probability=0.8, weight=2,
        evidence=evidence, reasons=["unsure"], model_label="default-1", fingerprint=str(two.pk),
    )  # fmt: skip

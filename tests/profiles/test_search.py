"""Finding customers: by name with slips, in any order and script, by e-mail, phone and number, and only what is granted."""

from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from profiles import search
from profiles.search import Way, find
from tests.cast import Cast, profile_of, send

pytestmark = pytest.mark.django_db

PEOPLE = (
    {"id": "1", "name": "John Smith", "mail": "jsmith77@mail.example", "tel": "020 7946 0958", "card": "L-4711-22"},
    {"id": "2", "name": "Мария Шевченко", "nid": "NI445566"},
    {"id": "3", "name": "张伟"},
    {"id": "4", "name": "Patrick O'Brien"},
    {"id": "5", "name": "Margarethe von der Heyden"},
)


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.shop, *PEOPLE)
    return cast


FOUND = [
    ("John Smith", "1", Way.SAME),
    ("smith john", "1", Way.WORDS),
    ("SMITH", "1", Way.WORDS),
    ("john sm", "1", Way.BEGINS),
    ("sm", "1", Way.BEGINS),
    ("jonh smith", "1", Way.SPELLED),
    ("jon smyth", "1", Way.SPELLED),
    ("Мария Шевченко", "2", Way.SAME),
    ("shevchenko", "2", Way.WORDS),
    ("shevchneko mariya", "2", Way.SPELLED),
    ("张伟", "3", Way.WORDS),
    ("obrien", "4", Way.WORDS),
    ("von der heyden margarethe", "5", Way.WORDS),
    ("margaret vonderheyden", "5", Way.SIMILAR),
    ("jsmith77@mail.example", "1", Way.SAME),
    ("JSmith77@", "1", Way.BEGINS),
    ("jsmith", "1", Way.BEGINS),
    ("+44 20 7946 0958", "1", Way.SAME),
    ("020 7946 0958", "1", Way.SAME),
    ("020 7946", "1", Way.BEGINS),
    ("460958", "1", Way.ENDS),
]


@pytest.mark.parametrize(("typed", "who", "way"), FOUND)
def test_a_customer_is_found_and_the_hit_says_how(cast: Cast, typed: str, who: str, way: Way) -> None:
    hits = {hit.profile_id: hit for hit in find(typed, cast.vera)}
    assert hits[profile_of(cast.shop, who).id].way is way


@pytest.mark.parametrize(
    "typed", ["", "   ", "%", "_", "'; drop table", "&|!:*", "\\", "xqzzk wvnrt", "@", "x" * 500, "1"]
)
def test_odd_texts_find_nobody_and_harm_nothing(cast: Cast, typed: str) -> None:
    assert find(typed, cast.vera) == []


def test_what_is_as_typed_comes_first(cast: Cast) -> None:
    send(cast.shop, {"id": "6", "name": "John Smithson"}, {"id": "7", "name": "Smith John"}, name="more.jsonl")
    first, second, third = find("john smith", cast.vera)
    assert [first.way, second.way, third.way] == [Way.SAME, Way.WORDS, Way.BEGINS]
    assert first.score > second.score > third.score


def test_nobody_is_found_through_a_source_that_is_not_granted(cast: Cast) -> None:
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@crm.example", "tel": "020 7946 0111"})
    for typed in ("Ada Byron", "byron ada", "ada byr", "ada byorn", "ada@crm.example", "020 7946 0111", "460111"):
        assert find(typed, cast.vera), typed
        assert find(typed, cast.bob) == [], typed


def test_how_many_queries_a_search_takes_does_not_grow_with_what_it_finds(cast: Cast) -> None:
    client = Client(headers={"host": "localhost"})
    client.force_login(cast.vera)
    counts = []
    for extra in (0, 20):
        rows = [{"id": f"s{extra}{n}", "name": f"Smith {chr(65 + n)}lbert"} for n in range(extra)]
        if rows:
            send(cast.shop, *rows, name=f"{extra}.jsonl")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            page = client.get("/customers/", {"q": "smith"})
        assert b"Name, the same words" in page.content
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_no_search_takes_more_than_nine_queries(cast: Cast) -> None:
    cast.vera.get_all_permissions()  # which the page has asked already
    with CaptureQueriesContext(connection) as queries:
        assert find("nobody 123456", cast.vera) == []
    assert len(queries) <= 9 + 2  # and the savepoint around the loosest step


def test_the_loosest_step_ends_in_time(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = search._rows

    def slow(sql: str, params: dict[str, object]) -> list[tuple[UUID, str, str, float]]:
        if "%%>>" in sql:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(5)")
        return sent(sql, params)

    monkeypatch.setattr(search, "_rows", slow)
    assert find("margaret vonderheyden", cast.vera) == []
    assert find("john smith", cast.vera)

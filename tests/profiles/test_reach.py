"""How customers can be reached: counts that point at nobody, of the reader's sources, counted once for some minutes."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from profiles import reach
from tests.cast import Cast, send

pytestmark = pytest.mark.django_db


def test_counts_of_the_readers_sources_stand_for_a_while() -> None:
    cast = Cast()
    send(cast.shop, *({"id": f"s{n}", "name": f"Given{n} Family{n}", "mail": f"m{n}@post.example"} for n in range(12)))
    send(cast.crm, {"id": "c", "name": "Only One", "tel": "020 7946 0001"}, name="crm.jsonl")
    found = reach.reach(cast.bob)  # the shop only
    assert [(count.label, count.words) for count in (found.whole, *found.ways, *found.sources)] == [
        ("Customers", "12"), ("By e-mail", "12"), ("By phone", "0"), ("By post", "0"), ("Shop", "12"),
    ]  # fmt: skip
    both = reach.reach(cast.ada)
    assert (both.whole.words, [way.words for way in both.ways]) == ("13", ["12", "fewer than 10", "0"])
    assert [(count.label, count.words) for count in both.sources] == [("Crm", "fewer than 10"), ("Shop", "12")]
    send(cast.shop, {"id": "s99", "name": "One More"}, name="more.jsonl")
    with CaptureQueriesContext(connection) as asked:
        assert reach.reach(cast.bob) == found
    assert not [query for query in asked.captured_queries if "goldenvalue" in query["sql"]]
    cache.clear()
    again = reach.reach(cast.bob)
    assert again.whole.n == 13 and again.at - found.at < timedelta(minutes=1)

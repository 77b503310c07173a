"""Resolving: in sets, without a lock while reading, and with another look at what others did meanwhile."""

from collections.abc import Sequence

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cdv_site.demo.names import BRITISH
from matching import picture as pictures
from matching.locks import lock_resolution
from matching.models import Proposal
from matching.outcome import carry_out
from matching.picture import look
from matching.run import resolve_all, resolve_batch, resolve_now
from matching.upheld import still_true
from profiles import corrections, schema
from profiles.models import FieldMapping, GoldenValue, Profile, SourceRecord
from tests.cast import Cast, profile_of, record, same, send


@pytest.fixture
def cast(db: None) -> Cast:
    return Cast()


FOUR_NAMES = ("Mary Hall", "Peter Hall", "Susan Wood", "George King")


def people(count: int, start: int = 0) -> list[dict[str, str]]:
    """Different people, each with an e-mail of their own; every fifth is one with a namesake who was born another day."""
    found = []
    for n in range(start, start + count):
        given, family = BRITISH.male[n % 60][1], BRITISH.family[n // 60 % 60][1]
        found.append(
            {"id": str(n), "name": f"{given} {family}", "mail": f"p{n}@post.example", "born": f"19{60 + n % 30}-03-{1 + n % 28:02}"}
        )  # fmt: skip
    return found


def twins(rows: Sequence[dict[str, str]]) -> list[dict[str, str]]:
    """The same people as another source knows them: two thirds surely, the rest only by their names."""
    return [{**row, "mail": row["mail"] if n % 3 else ""} for n, row in enumerate(rows)]


def arrive(cast: Cast, size: int, start: int) -> list[int]:
    """Records of which some found a customer, some join one and some are proposed; all wait."""
    known, given = people(size, start), "Jacob" if start else "Gareth"
    doubtful = {
        "id": f"doubt-{start}",
        "name": f"{given} Hall",
        "born": "1971-03-22",
        "mail": f"one{start}@post.example",
    }
    send(cast.shop, *known, doubtful, name=f"{start}.jsonl")
    new = [*twins(known)[: size // 2], *people(size // 2 - 1, start + 5_000)]
    send(
        cast.crm,
        *new,
        doubtful | {"name": f"{given} Hill", "born": "1971-03-26", "mail": f"another{start}@post.example"},
        name=f"{start}.jsonl",
        resolve=False,
    )
    return list(SourceRecord.objects.filter(state="received").values_list("id", flat=True))


def test_a_batch_takes_no_more_queries_the_larger_it_is(cast: Cast) -> None:
    counted = []
    for size, start in ((10, 0), (300, 1_000)):
        ids = arrive(cast, size, start)
        with CaptureQueriesContext(connection) as captured:
            assert resolve_batch(ids) == size
        counted.append(len(captured))
    assert counted[0] <= counted[1] <= 45


def test_nothing_is_decided_otherwise_because_unlikely_pairs_were_left_out(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = arrive(cast, 120, 0)
    screened = look(ids)
    monkeypatch.setattr(pictures, "UNSCREENED", 10_000)
    whole = look(ids)
    assert whole.plan.components
    assert whole.plan.proposals
    assert decided(screened) == decided(whole)


def decided(picture: pictures.Picture) -> list[object]:
    """A plan in record and customer ids, which do not depend on how much was read."""

    def named(rows: Sequence[int]) -> list[int]:
        return sorted(picture.rows[row].record_id for row in rows)

    plan = picture.plan
    return [
        sorted((named(c.records), sorted(picture.profiles[p] for p in c.profiles), [(named([link.left, link.right]), link.evidence) for link in c.links]) for c in plan.components),
        sorted((named([p.left, p.right]), p.reasons, p.evidence.probability) for p in plan.proposals),
        sorted((named([h.left, h.right]), h.evidence.household_probability) for h in plan.households),
    ]  # fmt: skip


ADA = {"name": "Ada Byron", "mail": "ada@post.example", "born": "1985-12-10"}


def test_a_new_person_resolved_by_another_meanwhile_is_not_missed(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **ADA}, {"id": "2", "name": "Carl Gauss", "mail": "cg@post.example"}, resolve=False)
    mine = look([record(cast.shop, "1").id, record(cast.shop, "2").id])
    send(cast.crm, {"id": "9", **ADA}, resolve=False)
    resolve_now([record(cast.crm, "9").id])
    lock_resolution()
    held = still_true(mine)
    assert held.record_ids == [record(cast.shop, "2").id]
    carry_out(held)
    assert record(cast.shop, "1").state == "received"
    resolve_all()
    assert same((cast.shop, "1"), (cast.crm, "9"))


def test_what_a_steward_changed_meanwhile_is_looked_at_again(cast: Cast) -> None:
    from matching import identity

    send(cast.shop, {"id": "1", **ADA}, {"id": "2", "name": "Ada Byron", "tel": "+44 20 7946 0001"})
    send(cast.crm, {"id": "9", **ADA}, resolve=False)
    mine = look([record(cast.crm, "9").id])
    survivor = profile_of(cast.shop, "2").id
    identity.merge(survivor=survivor, losers=[profile_of(cast.shop, "1").id], by=cast.ada, reason="")
    lock_resolution()
    assert still_true(mine).record_ids == []
    resolve_all()
    assert profile_of(cast.crm, "9").id == survivor


def test_a_record_withdrawn_meanwhile_gives_no_golden_value(cast: Cast) -> None:
    from profiles.records import withdraw

    batch = send(cast.shop, {"id": "1", **ADA, "tel": "+44 20 7946 0001"})
    send(cast.crm, {"id": "9", **ADA}, resolve=False)
    mine = look([record(cast.crm, "9").id])
    withdraw(batch=batch, record_ids=[record(cast.shop, "1").id])
    lock_resolution()
    assert still_true(mine).record_ids == []


def test_customers_merged_by_the_engine_leave_no_golden_values_behind(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "tel": "+44 20 7946 0001"})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "card": "77001", "born": "1985-12-10"})
    assert not same((cast.shop, "1"), (cast.crm, "9"))
    bridge = {"id": "2", **ADA, "tel": "+44 20 7946 0001", "card": "77001"}
    send(cast.shop, bridge, name="bridge.jsonl")
    assert same((cast.shop, "1"), (cast.crm, "9"), (cast.shop, "2"))
    gone = Profile.objects.get(state="merged")
    assert not GoldenValue.objects.filter(profile=gone).exists()
    assert not gone.search_entries.exists()


def test_a_record_is_resolved_at_once_where_a_door_needs_the_answer(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **ADA})
    send(cast.crm, {"id": "9", **ADA}, {"id": "10", "name": "Carl Gauss"}, resolve=False)
    resolve_now([record(cast.crm, "9").id])
    assert same((cast.shop, "1"), (cast.crm, "9"))
    assert record(cast.crm, "10").state == "received"


def test_a_corrected_record_is_compared_as_corrected(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **ADA})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "lovelace@post.example"})
    assert not same((cast.shop, "1"), (cast.crm, "9"))
    corrections.correct(
        record=record(cast.crm, "9"), field="email", values=["ada@post.example"], reason="typo", by=cast.ada
    )
    resolve_all()
    assert same((cast.shop, "1"), (cast.crm, "9"))


def test_records_of_one_person_that_all_wait_do_not_make_a_value_look_shared(cast: Cast) -> None:
    """A first load: five rows of one person with one e-mail, of whom a batch holds only some."""
    send(
        cast.shop,
        *({"id": str(n), "name": "Ada Byron", "mail": "ada@post.example"} for n in range(4)),
        {"id": "4", "name": "Byron Ada", "mail": "ada@post.example"},
        *({"id": str(10 + n), "name": name, "mail": "us@home.example"} for n, name in enumerate(FOUR_NAMES)),
        {"id": "20", "name": FOUR_NAMES[0], "mail": "us@home.example"},
        resolve=False,
    )
    of = dict(SourceRecord.objects.values_list("external_id", "id"))
    resolve_now([of["0"], of["1"], of["10"], of["20"]])
    assert same((cast.shop, "0"), (cast.shop, "1"))
    assert not same((cast.shop, "10"), (cast.shop, "20"))  # four people share that address: it says nothing
    resolve_all()
    assert same(*((cast.shop, str(n)) for n in range(4)))


@pytest.mark.parametrize("unique", [True, False])
def test_what_a_source_declares_as_one_per_person_stops_the_automatic_within_it(cast: Cast, unique: bool) -> None:
    FieldMapping.objects.create(source=cast.shop, column="num", target="customer_number")
    cast.shop.unique_fields = ["customer_number"] if unique else []
    cast.shop.save()
    schema.publish(by=None)
    ada = {"name": "Ada Byron", "mail": "ada@post.example", "born": "1815-12-10"}
    send(cast.shop, {"id": "1", "num": "K-1", **ada}, {"id": "2", "num": "K-2", **ada})
    assert same((cast.shop, "1"), (cast.shop, "2")) is not unique
    assert list(Proposal.objects.values_list("reasons", flat=True)) == ([["identifier_differs"]] if unique else [])

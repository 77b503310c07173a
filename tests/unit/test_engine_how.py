"""Why several records are one customer: the matrix of pairs, the weakest link, the bridges, what speaks against it."""

from matching.engine.blocked import shipped_blocked
from matching.engine.explain_cluster import How, how
from matching.engine.model import default_model
from matching.engine.types import RecordInput
from tests.unit.engine_people import ANNA, person

MAIL = {name: ANNA[name] for name in ("given_name", "family_name", "email")}
PHONE = {name: ANNA[name] for name in ("given_name", "family_name", "phone")}


def told(*records: RecordInput) -> How:
    return how(records, default_model(), shipped_blocked())


def test_every_pair_is_told_with_its_evidence() -> None:
    found = told(person(3, **ANNA), person(1, **ANNA), person(2, **MAIL))
    assert set(found.pairs) == {(1, 2), (1, 3), (2, 3)}
    assert found.pairs[1, 3].levels["birth_date"] == "exact"
    assert found.apart == found.against == ()


def test_the_weakest_link_is_the_weakest_of_those_that_are_needed() -> None:
    found = told(person(1, **ANNA), person(2, **ANNA), person(3, **MAIL))
    assert found.links[0] == (1, 2)
    assert found.weakest in {(1, 3), (2, 3)}
    assert found.bridges == ()


def test_a_record_between_two_others_is_held_by_bridges() -> None:
    found = told(person(1, **MAIL), person(2, **ANNA), person(3, **PHONE))
    assert set(found.links) == set(found.bridges) == set(found.path) == {(1, 2), (2, 3)}


def test_records_that_nothing_connects_are_told_apart() -> None:
    found = told(person(1, **ANNA), person(2, **ANNA), person(9, given_name="Zoe", family_name="Zett"))
    assert found.apart == (frozenset({1, 2}), frozenset({9}))
    assert found.weakest is None
    assert found.path[0] == (1, 2) and len(found.path) == 2


def test_what_contradicts_is_named() -> None:
    found = told(person(1, **ANNA), person(2, **{**ANNA, "birth_date": "1951-11-30"}))
    assert found.against == ((1, 2),)

"""Which level two values reach: tables of cases, each the same in both directions."""

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.compare import KINDS, compare
from matching.engine.encode import encode
from matching.engine.model import default_model
from matching.engine.types import RecordInput
from tests.unit.engine_people import organisation, person

MODEL = default_model()


def levels(a: RecordInput, b: RecordInput) -> dict[str, str]:
    """Level names of a pair, which must be the same from both sides."""
    table = encode([a, b], MODEL, shipped_blocked())
    there, back = (compare(table, np.array([i]), np.array([1 - i]), MODEL)[0] for i in (0, 1))
    assert there.tolist() == back.tolist()
    return {item.name: item.levels[there[place]].name for place, item in enumerate(MODEL.comparisons)}


SINGLE_FIELD = [
    ("given_name", "Anna", "anna", "exact"),
    ("given_name", "Bob", "Robert", "nickname"),
    ("given_name", "Peggie", "Margaret", "nickname"),
    ("given_name", "Robbie", "Robert", "nickname"),
    ("given_name", "Leigh", "Lee", "nickname"),
    ("given_name", "Katharina", "Katarina", "near"),
    ("given_name", "Anna", "Anna Maria", "part"),
    ("given_name", "Anna", "A", "initial"),
    ("given_name", "Anna", "Peter", "different"),
    ("given_name", "José", "Jose", "exact"),
    ("family_name", "Müller", "Muller", "exact"),
    ("family_name", "van der Berg", "Vanderberg", "exact"),
    ("family_name", "de la Cruz", "Cruz", "near"),
    ("family_name", "Berger", "Bergr", "near"),
    ("family_name", "Berger", "Berger Schmidt", "part"),
    ("family_name", "Berger", "Okonkwo", "different"),
    ("middle_name", "Louise", "L", "initial"),
    ("middle_name", "Louise", "Marie", "different"),
    ("name_suffix", "Jr", "Jr", "exact"),
    ("name_suffix", "Jr", "Sr", "different"),
    ("birth_date", "1984-03-17", "1984-03-17", "exact"),
    ("birth_date", "1984-03-17", "1984-03-18", "one_digit"),
    ("birth_date", "1984-03-17", "1984-03-71", "missing"),
    ("birth_date", "1984-03-12", "1984-03-21", "transposed"),
    ("birth_date", "1984-03-05", "1984-05-03", "swapped"),
    ("birth_date", "1984", "1984-03-17", "partial"),
    ("birth_date", "1984-01-01", "1984-03-17", "partial"),
    ("birth_date", "1984-03-17", "1984-03-29", "close"),
    ("birth_date", "1984-03-17", "1951-11-30", "different"),
    ("gender", "female", "male", "different"),
    ("email", "a.berger@mail.org", "A.Berger@mail.org", "exact"),
    ("email", "a.berger@mail.org", "a.bergr@mail.org", "near"),
    ("email", "berger71@mail.org", "berger72@mail.org", "different"),
    ("email", "sunflower@mail.org", "sunflower@post.net", "handle"),
    ("email", "a.berger@mail.org", "zoe@post.net", "different"),
    ("phone", "+4930901820", "+4930901820", "exact"),
    ("phone", "+4930901820", "+4930901821", "near"),
    ("phone", "+4930901820", "+15551234567", "different"),
    ("national_id", "AB-471 0815", "ab4710815", "exact"),
    ("national_id", "4710815", "4710816", "near"),
    ("national_id", "4710815", "9933201", "different"),
    ("device_id", "d1e2f3a4", "d1e2f3a4", "exact"),
    ("company", "Acme Ltd", "ACME Limited", "exact"),
    ("company", "Acme Ltd", "Acme Worldwide", "part"),
]


@pytest.mark.parametrize(("field", "left", "right", "expected"), SINGLE_FIELD)
def test_two_values_reach_their_level(field: str, left: str, right: str, expected: str) -> None:
    assert levels(person(**{field: left}), person(**{field: right}))[field] == expected


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("Siemens AG", "Siemens Aktiengesellschaft", "exact"),
        ("Universal Exports Ltd", "Universal Export Limited", "near"),
        ("Presto Company", "Presto Bakery and Coffee Company", "part"),
        ("Siemens AG", "Volkswagen AG", "different"),
        ("Baker & Sons (Head office)", "Baker & Sons Ltd", "exact"),
        ("Baker & Sons (France)", "Baker & Sons (Belgium)", "different"),
    ],
)
def test_organisations_are_compared_without_their_legal_form(left: str, right: str, expected: str) -> None:
    pair = levels(organisation(organisation_name=left), organisation(organisation_name=right))
    assert pair["organisation_name"] == expected


HOME = {"street": "Main Street", "house_number": "12", "unit": "4", "postcode": "10115", "city": "Springfield"}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, "exact"),
        ({"street": "Main St"}, "exact"),
        ({"street": "Mian Street"}, "near"),
        ({"unit": "5"}, "unit"),
        ({"house_number": "99"}, "street"),
        ({"street": "Kirchgasse"}, "postcode"),
        ({"street": "Kirchgasse", "postcode": "99999"}, "city"),
        ({"street": "Kirchgasse", "postcode": "99999", "city": "Rome"}, "different"),
        ({"postcode": "99999", "city": "Rome"}, "number"),
    ],
)
def test_an_address_is_one_comparison(change: dict[str, str], expected: str) -> None:
    assert levels(person(**HOME), person(**{**HOME, **change}))["address"] == expected


def test_names_in_each_others_place_say_so() -> None:
    pair = levels(person(given_name="Anna", family_name="Berger"), person(given_name="Berger", family_name="Anna"))
    assert pair["given_name"] == pair["family_name"] == "swapped"


def test_any_equal_value_of_several_is_enough() -> None:
    pair = levels(
        person(email=["a.first@mail.org", "b.other@mail.org"]), person(email=["zzz@q.org", "b.other@mail.org"])
    )
    assert pair["email"] == "exact"


def test_missing_is_no_difference() -> None:
    assert set(levels(person(), person(given_name="Anna", email="a@mail.org")).values()) == {"missing"}


def test_every_level_has_a_sentence_and_every_comparer_says_what_it_does() -> None:
    for comparison in MODEL.comparisons:
        assert comparison.kind in KINDS
        assert all(level.sentence.endswith(".") for level in comparison.levels), comparison.name
    assert all((kind.look or kind.glance).__doc__ for kind in KINDS.values())

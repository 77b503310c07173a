"""What a pair says by itself: named rules, independent groups, vetoes, shared values."""

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.encode import encode
from matching.engine.judge import Judged, judge
from matching.engine.keys import value_keys
from matching.engine.model import Model, ModelInvalid, default_model
from matching.engine.types import Outcome, Reason, RecordInput
from matching.engine.usage import count
from tests.unit.engine_people import ANNA, organisation, person

MODEL = default_model()


def judged(a: RecordInput, b: RecordInput, holders: int = 0) -> Judged:
    """The pair's verdict when so many profiles hold each of its shareable values."""
    table = encode([a, b], MODEL, shipped_blocked())
    usage = dict.fromkeys(value_keys(table, MODEL).key.tolist(), holders)
    first, second = np.array([0]), np.array([1])
    return judge(table, first, second, np.zeros(1, np.int64), MODEL, count(table, MODEL, usage))


def outcome(a: RecordInput, b: RecordInput, holders: int = 0) -> Outcome:
    return Outcome(int(judged(a, b, holders).verdicts.outcome[0]))


def test_the_same_data_is_certain() -> None:
    assert outcome(person(**ANNA), person(**ANNA)) is Outcome.AUTO


def test_strangers_are_distinct() -> None:
    assert (
        outcome(person(**ANNA), person(given_name="Zoe", family_name="Zett", birth_date="1950-06-30"))
        is Outcome.DISTINCT
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"birth_date": "1959-11-30"}, Reason.BIRTH_DATE_DIFFERS),
        ({"national_id": "9933201"}, Reason.IDENTIFIER_DIFFERS),
        ({"loyalty_id": "L-77"}, Reason.IDENTIFIER_DIFFERS),
        ({"name_suffix": "Jr"}, Reason.SUFFIX_DIFFERS),
        ({"given_name": "Peter"}, Reason.FIRST_NAME_DIFFERS_AT_HOME),
    ],
)
def test_a_veto_keeps_a_likely_pair_for_a_person(change: dict[str, str], reason: Reason) -> None:
    full = {**ANNA, "national_id": "4710815", "loyalty_id": "L-12", "name_suffix": "Sr"}
    found = judged(person(**full), person(**{**full, **change}))
    assert found.verdicts.outcome[0] == Outcome.REVIEW
    assert reason in found.reasons(0)


@pytest.mark.parametrize("slip", ["1984-03-18", "1984-03-71", "1984-03"])
def test_a_slip_in_the_birth_date_is_no_veto(slip: str) -> None:
    assert outcome(person(**ANNA), person(**{**ANNA, "birth_date": slip})) is Outcome.AUTO


def test_different_customer_numbers_are_no_veto() -> None:
    assert outcome(person(**ANNA, customer_number="A-1003"), person(**ANNA, customer_number="B-7714")) is Outcome.AUTO


def test_a_person_and_an_organisation_never_match() -> None:
    shared = {"email": "hello.acme@mail.org", "phone": "+4930901820"}
    a = person(given_name="Acme", family_name="Works", **shared)
    assert outcome(a, organisation(organisation_name="Acme Works", **shared)) is Outcome.DISTINCT


def test_one_group_of_evidence_is_never_certain() -> None:
    name = {"given_name": "Anna", "family_name": "Berger"}
    assert outcome(person(**name), person(**name)) is not Outcome.AUTO
    assert outcome(person(email="anna.b@mail.org"), person(email="anna.b@mail.org")) is not Outcome.AUTO


def test_a_value_that_many_share_is_no_evidence() -> None:
    mail = {"email": "family@mail.org", "given_name": "Anna"}
    assert outcome(person(**mail), person(**mail), holders=2) is Outcome.AUTO
    shared = judged(person(**mail), person(**mail), holders=4)
    assert shared.verdicts.outcome[0] == Outcome.DISTINCT
    assert ("email", "shared_value") in shared.evidence(0).ignored
    assert ("email", "generic_value") in judged(person(**mail), person(**mail), holders=26).evidence(0).ignored


def test_missing_values_contradict_nothing() -> None:
    till = person(phone="+4930901820", given_name="Anna")
    crm = person(**ANNA)
    assert not judged(till, crm).verdicts.contradicted[0]


def test_verdicts_are_the_same_from_both_sides() -> None:
    a, b = person(1, **ANNA), person(2, **{**ANNA, "given_name": "Peter", "email": "peter@post.net"})
    there, back = judged(a, b), judged(b, a)
    assert there.scores.weight[0] == pytest.approx(back.scores.weight[0])
    assert there.verdicts.outcome[0] == back.verdicts.outcome[0]


def test_the_model_is_data_and_comes_back_from_it() -> None:
    assert Model.from_json(MODEL.to_json()) == MODEL
    assert MODEL.label == "default-1"


def test_a_rule_on_one_group_alone_is_refused() -> None:
    lone = {"name": "e-mail", "sentence": "Same e-mail.", "all": [{"email": ["exact"]}]}
    with pytest.raises(ModelInvalid, match="two independent groups"):
        Model.from_json(MODEL.to_json() | {"rules": [lone]})

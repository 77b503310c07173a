"""What keeps likely pairs from being joined by weight alone, and clusters from growing wrong."""

from collections.abc import Sequence

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.candidates import pairs_within
from matching.engine.encode import encode
from matching.engine.explain import explain_pair
from matching.engine.keys import block_keys
from matching.engine.model import Model, ModelInvalid, default_model
from matching.engine.resolve import resolve
from matching.engine.types import Evidence, Plan, Reason, RecordInput, Situation
from tests.unit.engine_people import ANNA, person

MODEL = default_model()
BORN = {"family_name": "Anderson", "birth_date": "1980-01-07"}


def evidence(one: dict[str, str], other: dict[str, str], model: Model = MODEL) -> Evidence:
    return explain_pair(person(**one), person(**other), model, shipped_blocked())


def plan_of(records: Sequence[RecordInput], profiles: Sequence[int]) -> Plan:
    profile_of = np.array(profiles, np.int64)
    table = encode(records, MODEL, shipped_blocked())
    pairs = pairs_within(block_keys(table, MODEL), MODEL.block_caps)
    return resolve(Situation(table, profile_of, profile_of < 0, pairs.left, pairs.right, pairs.rule), MODEL)


@pytest.mark.parametrize("given", [("Darla", "Darlene"), ("Mark", "Marsha"), ("Mohamed", "Mohsen")])
def test_first_names_that_are_only_alike_are_for_a_person_to_judge(given: tuple[str, str]) -> None:
    one, other = ({"given_name": name, **BORN} for name in given)
    assert Reason.FIRST_NAME_DOUBTFUL in evidence(one, other).reasons


def test_a_named_rule_overrides_a_doubtful_first_name() -> None:
    identified = {**BORN, "national_id": "4710815"}
    found = evidence({"given_name": "Darla", **identified}, {"given_name": "Darlene", **identified})
    assert found.rule == "national id and surname"
    assert found.reasons == ()


def test_a_suffix_on_one_side_only_may_be_parent_and_child() -> None:
    home = {key: ANNA[key] for key in ("family_name", "street", "house_number", "postcode", "city", "phone")}
    found = evidence({"given_name": "Paul", **home}, {"given_name": "Paul", "name_suffix": "Jr", **home})
    assert found.levels["name_suffix"] == "one_sided"
    assert found.reasons == (Reason.GENERATION_DOUBTFUL,)


@pytest.mark.parametrize(
    ("latin", "native", "level"),
    [
        ("Al-Mansoori", "المنصوري", "similar"),
        ("Vasiliev", "Васильев", "near"),
        ("Watanabe", "渡辺", "script"),
        ("Watanabe", "Vasiliev", "different"),
    ],
)
def test_surnames_of_two_scripts_differ_only_when_that_can_be_told(latin: str, native: str, level: str) -> None:
    assert evidence({"family_name": latin}, {"family_name": native}).levels["family_name"] == level


def test_an_address_in_another_script_is_compared_by_what_both_can_write() -> None:
    latin = {"street": "Al Waha Street", "house_number": "175", "city": "Sharjah"}
    native = {"street": "شارع الواحة", "house_number": "175", "city": "الشارقة"}
    assert "address" not in evidence(latin, native).levels
    assert evidence(latin | {"postcode": "1234"}, native | {"postcode": "1234"}).levels["address"] == "postcode"


def test_particles_do_not_make_surnames_alike() -> None:
    assert evidence({"family_name": "Al-Qahtani"}, {"family_name": "Al-Zahrani"}).levels["family_name"] == "different"


def test_more_emails_than_one_customer_should_have_are_asked_about() -> None:
    many = [person(1, **ANNA | {"email": [f"anna{i}@mail.org" for i in range(5)]})]
    plan = plan_of([*many, person(2, **ANNA)], [0, -1])
    assert [proposal.reasons for proposal in plan.proposals] == [(Reason.OVER_CAP,)]


def test_a_single_link_by_weight_does_not_join_two_groups() -> None:
    anna = {key: ANNA[key] for key in ("given_name", "family_name", "phone")}
    moved = {"given_name": "Anna", "family_name": "Berger", "email": "sunflower@post.net"}
    home = {key: ANNA[key] for key in ("street", "house_number", "postcode", "city")}
    left = [person(1, **anna), person(2, **anna, **home)]
    right = [person(3, **moved, **home), person(4, **moved)]
    plan = plan_of([*left, *right], [0, 0, 1, 1])
    assert plan.components == ()
    assert [proposal.reasons for proposal in plan.proposals] == [(Reason.ONLY_BRIDGE,)]


def test_the_more_customers_there_are_the_more_evidence_it_takes() -> None:
    name = {"given_name": "Anna", "family_name": "Berger"}
    few, many = (evidence(name, name, MODEL.for_population(size)) for size in (500, 5_000_000))
    assert few.probability > 0.9
    assert many.probability < 0.25


def test_resolve_refuses_a_table_out_of_order() -> None:
    with pytest.raises(ValueError, match="ascending"):
        plan_of([person(2, **ANNA), person(1, **ANNA)], [-1, -1])


def test_a_condition_on_a_level_that_is_none_is_refused() -> None:
    written = MODEL.to_json()
    written["doubts"][0]["all"] = [{"given_name": ["nearly"]}]
    with pytest.raises(ModelInvalid, match="nearly"):
        Model.from_json(written)

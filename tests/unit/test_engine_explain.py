"""Evidence can be kept, read back, said in words and drawn as bars that add up; it never holds a value."""

import json

import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.explain import (
    REASON_SENTENCES,
    evidence_from_json,
    evidence_to_json,
    explain_pair,
    verdict_sentence,
    waterfall,
    why_not,
)
from matching.engine.model import default_model
from matching.engine.types import Evidence, Reason, RecordInput
from tests.unit.engine_people import ANNA, organisation, person

MODEL = default_model()
BLOCKED = shipped_blocked()
TWIN = {**ANNA, "given_name": "Ann", "birth_date": "1984-03-18", "postcode": "99999", "street": "Am Ring"}


def evidence(a: RecordInput, b: RecordInput) -> Evidence:
    return explain_pair(a, b, MODEL, BLOCKED)


def test_evidence_survives_json() -> None:
    found = evidence(person(**ANNA), person(**TWIN, customer_number="unknown"))
    assert evidence_from_json(json.loads(json.dumps(evidence_to_json(found)))) == found


def test_evidence_holds_no_value() -> None:
    written = json.dumps(evidence_to_json(evidence(person(**ANNA), person(**TWIN)))).casefold()
    assert not [value for value in (*ANNA.values(), *TWIN.values()) if len(value) > 3 and value.casefold() in written]


def test_evidence_is_the_same_from_both_sides() -> None:
    assert evidence(person(1, **ANNA), person(2, **TWIN)) == evidence(person(2, **TWIN), person(1, **ANNA))


def test_the_first_line_says_what_weighs_most() -> None:
    a = person(given_name="Anna", family_name="Berger", birth_date="1984-03-17", email="anna.b@mail.org")
    b = person(given_name="Anna", family_name="Bergr", birth_date="1984-03-18", email="anna.b@mail.org")
    line = verdict_sentence(evidence(a, b), MODEL)
    assert line.startswith("Same e-mail; ")
    assert "surnames nearly equal" in line
    assert line.endswith("birth dates differ by one digit.")


def test_nothing_in_common_is_said_so() -> None:
    assert verdict_sentence(evidence(person(), person()), MODEL) == "Nothing to compare."


@pytest.mark.parametrize("other", [ANNA, TWIN, {"given_name": "Zoe", "family_name": "Zett"}, {}])
def test_bars_add_up_to_the_weight(other: dict[str, str]) -> None:
    found = evidence(person(**ANNA), person(**other))
    assert sum(bar.weight for bar in waterfall(found, MODEL)) == pytest.approx(found.weight, abs=0.02)


def test_every_comparison_has_one_bar_with_a_sentence() -> None:
    bars = waterfall(evidence(person(**ANNA), person(**TWIN)), MODEL)
    compared = [bar for bar in bars if bar.kind not in ("prior", "household")]
    assert len(compared) == len(MODEL.comparisons)
    assert all(bar.sentence.endswith(".") for bar in bars)


def test_an_older_models_evidence_is_still_told() -> None:
    found = evidence(person(**ANNA), person(**TWIN))
    older = evidence_from_json(
        evidence_to_json(found) | {"levels": {"shoe_size": "near"}, "weights": {"shoe_size": 1.5}}
    )
    assert verdict_sentence(older, MODEL).endswith(": near.")


def test_every_reason_has_a_sentence() -> None:
    assert set(REASON_SENTENCES) == set(Reason)
    assert all(sentence.endswith(".") for sentence in REASON_SENTENCES.values())


def test_a_blocked_value_is_named_by_field_only() -> None:
    found = evidence(person(**{**ANNA, "email": "noreply@shop.com"}), person(**ANNA))
    assert ("email", "blocked_value") in found.ignored


def test_why_not_is_empty_for_a_certain_pair() -> None:
    assert why_not(person(**ANNA), person(**ANNA), MODEL, BLOCKED) == []


def test_why_not_names_everything_in_the_way() -> None:
    found = why_not(person(given_name="Anna"), organisation(organisation_name="Acme"), MODEL, BLOCKED, cannot_link=True)
    assert [item.reason for item in found] == [
        Reason.CANNOT_LINK,
        Reason.NO_SHARED_KEY,
        Reason.PARTY_KIND_DIFFERS,
        Reason.MISSING_WEIGHT,
    ]

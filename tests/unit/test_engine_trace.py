"""Two records followed through a model: what is seen is what decides."""

import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.explain import explain_pair
from matching.engine.model import default_model
from matching.engine.trace import Trace, trace
from matching.engine.types import Outcome
from tests.unit.engine_people import person

MODEL, BLOCKED = default_model(), shipped_blocked()
ADA = {"given_name": "Ada", "family_name": "Byron", "email": "ada@post.test", "birth_date": "1984-03-12"}


def traced(left: dict[str, str], right: dict[str, str]) -> Trace:
    return trace(person(1, **left), person(2, **right), MODEL, BLOCKED)


def test_a_trace_ends_in_the_same_evidence_as_an_explanation() -> None:
    one, two = person(1, **ADA), person(2, **{**ADA, "given_name": "Adah"})
    assert trace(one, two, MODEL, BLOCKED).evidence == explain_pair(one, two, MODEL, BLOCKED)


def test_shared_keys_rules_and_groups_are_named() -> None:
    found = traced(ADA, ADA)
    assert found.outcome == Outcome.AUTO
    assert found.is_found
    assert {row.rule for row in found.keys if row.shared} >= {"email", "first name and birth date", "full name"}
    assert "e-mail and first name" in {rule.name for rule in found.rules if rule.holds}
    assert {group.name for group in found.groups if group.counts} == {"name", "birth_date", "email"}
    assert found.reasons == ()


@pytest.mark.parametrize(
    ("change", "veto"),
    [({"birth_date": "1950-07-30"}, "birth_date_differs"), ({"national_id": "B2"}, "identifier_differs")],
)
def test_a_veto_is_named_and_stops_the_automatic(change: dict[str, str], veto: str) -> None:
    found = traced({**ADA, "national_id": "A1"}, {**ADA, "national_id": "A1", **change})
    assert {held.name for held in found.vetoes if held.holds} == {veto}
    assert found.outcome == Outcome.REVIEW
    assert found.reasons


def test_a_pair_without_a_shared_key_is_compared_all_the_same() -> None:
    found = traced({"given_name": "Ada", "family_name": "Byron"}, {"given_name": "Kostas", "family_name": "Pappas"})
    assert not found.is_found
    assert found.outcome == Outcome.DISTINCT
    assert not any(rule.holds for rule in found.rules)

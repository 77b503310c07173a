"""When a pair that a person kept apart is asked about again."""

import pytest

from matching.engine.types import Evidence
from matching.reopening import CODES, Decided, sentence, why_again

THEN = {"email": "exact", "birth_date": "different", "loyalty_id": "missing"}


def evidence(probability: float = 0.8, **levels: str) -> Evidence:
    """Evidence in which "different" speaks against and everything else for."""
    told = {**THEN, **levels}
    weights = {name: -4.0 if level == "different" else 4.0 for name, level in told.items()}
    return Evidence("m", told, weights, -10.0, 0.0, 2.0, probability, 0.1)


@pytest.mark.parametrize(
    ("now", "fingerprint", "code"),
    [
        (evidence(0.95), "old", ""),  # nothing changed: a better model alone does not ask again
        (evidence(0.89), "new", ""),
        (evidence(0.90), "new", "score"),
        (evidence(loyalty_id="exact"), "new", "identifier:loyalty_id"),
        (evidence(birth_date="exact"), "new", "difference_gone:birth_date"),
        (evidence(birth_date="missing"), "new", "difference_gone:birth_date"),
        (evidence(0.4, email="different"), "new", ""),
    ],
)
def test_only_enough_change_asks_again(now: Evidence, fingerprint: str, code: str) -> None:
    decided = Decided("old", 0.8, evidence())
    assert why_again(decided, now, fingerprint, {"loyalty_id", "national_id"}) == code


def test_an_identifier_that_agreed_before_is_nothing_new() -> None:
    decided = Decided("old", 0.8, evidence(loyalty_id="exact"))
    assert why_again(decided, evidence(loyalty_id="exact"), "new", {"loyalty_id"}) == ""


def test_without_evidence_nothing_is_asked_again() -> None:
    assert why_again(Decided("old", None, None), evidence(0.99), "new", {"loyalty_id"}) == ""


@pytest.mark.parametrize("code", sorted(CODES))
def test_each_code_has_words(code: str) -> None:
    told = sentence(f"{code}:birth_date", lambda name: "Birth date")
    assert "_" not in told
    assert ("Birth date" in told) is ("{name}" in CODES[code])

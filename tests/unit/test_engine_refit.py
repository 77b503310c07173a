"""Probabilities refitted from decided pairs, on counts worked out by hand."""

import numpy as np
import pytest

from matching.engine.model import Model, default_model
from matching.engine.refit import HOUSEHOLD_PRIOR, STRANGERS_PRIOR, refit, shifts

MODEL = default_model()
GENDER = MODEL.column["gender"]
EXACT, DIFFERENT = 1, 2


def patterns(*genders: int) -> np.ndarray:
    """Pairs in which only the gender was compared."""
    levels = np.zeros((len(genders), len(MODEL.comparisons)), np.int8)
    levels[:, GENDER] = genders
    return levels


def gender(model: Model, name: str) -> list[float]:
    return [getattr(level, name) for level in model.comparison("gender").levels[1:]]


def test_pairs_that_are_the_same_teach_m_and_nothing_else() -> None:
    """Prior 50 pairs at .985/.015; 10 more, 4 of them different: (50 * .015 + 4) / 60."""
    levels = patterns(*[EXACT] * 6, *[DIFFERENT] * 4)
    fitted = refit(MODEL, levels, np.ones(10, np.bool_), np.zeros(10), prior=50)
    assert gender(fitted, "m") == pytest.approx([(50 * 0.985 + 6) / 60, (50 * 0.015 + 4) / 60])
    assert gender(fitted, "u") == gender(MODEL, "u")
    assert gender(fitted, "h") == gender(MODEL, "h")
    assert sum(gender(fitted, "m")) == pytest.approx(1)


def test_pairs_that_are_not_are_shared_out_between_household_and_strangers() -> None:
    levels, household = patterns(EXACT, EXACT, DIFFERENT), np.array([1.0, 0.5, 0.0])
    fitted = refit(MODEL, levels, np.zeros(3, np.bool_), household)
    assert gender(fitted, "m") == gender(MODEL, "m")
    assert gender(fitted, "h")[0] == pytest.approx((HOUSEHOLD_PRIOR * 0.42 + 1.5) / (HOUSEHOLD_PRIOR + 1.5))
    assert gender(fitted, "u")[0] == pytest.approx((STRANGERS_PRIOR * 0.5 + 0.5) / (STRANGERS_PRIOR + 1.5))


def test_missing_and_shared_levels_go_on_saying_nothing() -> None:
    levels = np.zeros((4, len(MODEL.comparisons)), np.int8)
    levels[:, MODEL.column["email"]] = MODEL.comparison("email").level("shared")
    fitted = refit(MODEL, levels, np.array([True, True, False, False]), np.zeros(4))
    assert fitted == MODEL


def test_nothing_decided_changes_nothing() -> None:
    fitted = refit(MODEL, patterns(), np.zeros(0, np.bool_), np.zeros(0))
    assert fitted == MODEL
    assert shifts(MODEL, fitted, patterns(), np.zeros(0, np.bool_)) == []


def test_shifts_name_the_levels_whose_weight_moves_most() -> None:
    levels, same = patterns(*[DIFFERENT] * 9, EXACT), np.array([True] * 9 + [False])
    found = shifts(MODEL, refit(MODEL, levels, same, np.zeros(10)), levels, same)
    assert [(shift.comparison, shift.level) for shift in found] == [("gender", "different"), ("gender", "exact")]
    assert (found[0].same, found[0].different) == (9, 0)
    assert found[0].by > 0 > found[1].by


def test_a_refitted_model_is_a_model() -> None:
    levels, same = patterns(EXACT, DIFFERENT), np.array([True, False])
    fitted = refit(MODEL, levels, same, np.zeros(2))
    assert Model.from_json(fitted.to_json()) == fitted

"""Figures of evaluation on small cases worked out by hand."""

import numpy as np
import pytest

from matching.engine import evaluate
from matching.engine.evaluate import Rates, RuleYield


def flags(text: str) -> np.ndarray:
    return np.array([sign == "+" for sign in text], np.bool_)


@pytest.mark.parametrize(
    ("claimed", "same", "expected", "precision", "recall", "f1"),
    [
        ("++--", "+-+-", Rates(1, 1, 1), 0.5, 0.5, 0.5),
        ("+++-", "+++-", Rates(3, 0, 0), 1.0, 1.0, 1.0),
        ("----", "++--", Rates(0, 0, 2), None, 0.0, 0.0),
        ("++--", "----", Rates(0, 2, 0), 0.0, None, 0.0),
        ("", "", Rates(0, 0, 0), None, None, None),
        ("++++", "+++-", Rates(3, 1, 0), 0.75, 1.0, 6 / 7),
    ],
)
def test_rates_of_pairs(
    claimed: str, same: str, expected: Rates, precision: float | None, recall: float | None, f1: float | None
) -> None:
    found = evaluate.rates(flags(claimed), flags(same))
    assert found == expected
    assert (found.precision, found.recall) == (precision, recall)
    assert found.f1 == (None if f1 is None else pytest.approx(f1))


def test_a_curve_has_one_point_per_probability_and_counts_what_no_key_found() -> None:
    probability, same = np.array([0.2, 0.9, 0.5, 0.9]), flags("+++-")
    points = evaluate.curve(probability, same, unseen=1)
    assert [(p.threshold, p.precision, p.recall) for p in points] == [
        (0.9, 1 / 2, 1 / 4),
        (0.5, 2 / 3, 2 / 4),
        (0.2, 3 / 4, 3 / 4),
    ]
    assert evaluate.best(points) == points[2]
    assert points[2].f1 == pytest.approx(0.75)


def test_a_long_curve_is_thinned_and_keeps_its_ends() -> None:
    probability = np.linspace(0, 1, 1000)
    points = evaluate.curve(probability, probability > 0.5)
    assert len(points) == evaluate.POINTS
    assert (points[0].threshold, points[-1].threshold) == (1.0, 0.0)
    assert points[-1].recall == 1.0


@pytest.mark.parametrize("same", ["", "---"])
def test_there_is_no_curve_where_nothing_is_true(same: str) -> None:
    points = evaluate.curve(np.linspace(0, 1, len(same)), flags(same))
    assert points == ()
    assert evaluate.best(points) is None


def test_a_threshold_table_says_what_is_decided_and_what_is_left_to_a_person() -> None:
    probability, same = np.array([0.99, 0.96, 0.96, 0.8, 0.75, 0.4]), flags("++-+-+")
    rows = evaluate.threshold_table(probability, same, 1, review=0.7, thresholds=(0.5, 0.7, 0.95, 0.999))
    assert [row.threshold for row in rows] == [0.7, 0.95, 0.999]
    assert [(row.auto, row.review) for row in rows] == [(5, 0), (3, 2), (0, 5)]
    assert [row.precision for row in rows] == [3 / 5, 2 / 3, None]
    assert [row.recall for row in rows] == [3 / 5, 2 / 5, 0.0]  # of five: four scored, one that no key found
    assert {row.recall_with_review for row in rows} == {3 / 5}


def test_calibration_sets_what_is_expected_beside_what_is() -> None:
    probability, same = np.array([0.1, 0.2, 0.5, 0.9, 1.0]), flags("-+-++")
    low, high = evaluate.calibration(probability, same, edges=(0.0, 0.5, 1.0))
    assert (low.pairs, low.expected, low.observed) == (2, pytest.approx(0.15), 0.5)
    assert (high.pairs, high.expected, high.observed) == (3, pytest.approx(0.8), pytest.approx(2 / 3))


def test_an_empty_band_says_nothing() -> None:
    low, _ = evaluate.calibration(np.array([0.9]), flags("+"), edges=(0.0, 0.5, 1.0))
    assert (low.pairs, low.expected, low.observed) == (0, None, None)


@pytest.mark.parametrize(
    ("part", "entity", "pairs", "clusters"),
    [
        # one entity of three found whole; a pair found; a single
        ([0, 0, 0, 1, 1, 2], [5, 5, 5, 6, 6, 7], Rates(4, 0, 0), Rates(2, 0, 0)),
        # the three fell apart into two and one
        ([0, 0, 3, 1, 1, 2], [5, 5, 5, 6, 6, 7], Rates(2, 0, 2), Rates(1, 1, 1)),
        # everything in one
        ([0, 0, 0, 0, 0, 0], [5, 5, 5, 6, 6, 7], Rates(4, 11, 0), Rates(0, 1, 2)),
        # nothing joined
        ([0, 1, 2, 3, 4, 5], [5, 5, 5, 6, 6, 7], Rates(0, 0, 4), Rates(0, 0, 2)),
        # a wrong pair beside a right one
        ([0, 0, 1, 1], [5, 5, 6, 7], Rates(1, 1, 0), Rates(1, 1, 0)),
    ],
)
def test_rates_of_joined_pairs_and_of_whole_clusters(
    part: list[int], entity: list[int], pairs: Rates, clusters: Rates
) -> None:
    assert evaluate.joined_rates(np.array(part), np.array(entity)) == pairs
    assert evaluate.cluster_rates(np.array(part), np.array(entity)) == clusters


def test_a_blocking_rule_yields_what_it_finds_alone_adds_and_finds_as_the_only_one() -> None:
    found = {"email": flags("++---"), "phone": flags("-++--"), "name": flags("+++--")}
    assert evaluate.rule_yields(found, {"email": 3, "phone": 9, "name": 40}) == (
        RuleYield("email", 3, found=2, added=2, only=0, recall=2 / 5, recall_so_far=2 / 5),
        RuleYield("phone", 9, found=2, added=1, only=0, recall=2 / 5, recall_so_far=3 / 5),
        RuleYield("name", 40, found=3, added=0, only=0, recall=3 / 5, recall_so_far=3 / 5),
    )
    alone = evaluate.rule_yields({"email": flags("+-"), "phone": flags("-+")}, {"email": 1, "phone": 1})
    assert [rule.only for rule in alone] == [1, 1]
    assert evaluate.rule_yields({}, {}) == ()

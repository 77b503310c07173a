"""A model held against labelled records, on a handful whose figures are plain to see and on the labelled sets."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.encode import encode
from matching.engine.evaluate import Rates
from matching.engine.measure import Truth, by_entity, figures_to_json, measure
from matching.engine.model import default_model
from matching.engine.types import RecordInput, Table
from tests.labelled import load

MODEL = default_model()


def table(*people: dict[str, str]) -> Table:
    rows = [RecordInput(n, "shop", "person", {k: [v] for k, v in p.items()}) for n, p in enumerate(people)]
    return encode(rows, MODEL, shipped_blocked())


ADA = {"given_name": "Ada", "family_name": "Byron", "email": "ada@post.test", "birth_date": "1984-03-12"}
TWIN = {**ADA, "birth_date": "1950-07-30"}  # same name and e-mail, another birth date: vetoed
KOSTAS = {"given_name": "Kostas", "family_name": "Pappas", "email": "kp@post.test", "birth_date": "1961-01-05"}
HIDDEN = {"given_name": "Konstantinos", "family_name": "Papadopoulos", "city": "Athens"}


def test_pairs_of_one_entity_are_all_listed() -> None:
    truth = by_entity(["a", "b", "a", "a", "c"])
    assert list(zip(truth.left.tolist(), truth.right.tolist(), strict=True)) == [(0, 2), (0, 3), (2, 3)]
    assert truth.same.all()


def test_figures_of_five_records() -> None:
    """Ada twice is joined, her vetoed twin of another entity is not; Kostas without a shared key is missed."""
    figures = measure(table(ADA, ADA, TWIN, KOSTAS, HIDDEN), by_entity(["a", "a", "b", "k", "k"]), MODEL)
    assert (figures.records, figures.true_pairs) == (5, 2)
    assert figures.pairs == figures.joined == Rates(right=1, wrong=0, missed=1)
    assert figures.clusters == Rates(right=1, wrong=0, missed=1)
    assert figures.found_recall == 0.5
    email = figures.blocking[0]
    assert (email.name, email.pairs, email.found, email.only) == ("email", 3, 1, 0)
    missed = figures.false_negatives
    assert [(error.left, error.right, error.found_by) for error in missed] == [(3, 4, None)]
    assert {"birth_date_differs"} <= {reason for error in figures.false_positives for reason in error.reasons}


def test_only_labelled_pairs_count_where_the_truth_is_not_complete() -> None:
    records = table(ADA, ADA, TWIN, KOSTAS)
    pairs = [(0, 1), (0, 3)]
    left, right = (np.array(side, np.int64) for side in zip(*pairs, strict=True))
    figures = measure(records, Truth(left, right, np.array([True, False])), MODEL)
    assert figures.labelled == 2
    assert figures.pairs == Rates(right=1, wrong=0, missed=0)
    assert figures.clusters is None


def test_figures_as_plain_data_name_no_record() -> None:
    plain = figures_to_json(measure(table(ADA, ADA), by_entity(["a", "a"]), MODEL))
    assert plain["pairs"] == {"right": 1, "wrong": 0, "missed": 0, "precision": 1.0, "recall": 1.0, "f1": 1.0}
    assert "false_positives" not in plain


def test_nothing_labelled_gives_no_figures_and_no_fault() -> None:
    figures = measure(table(ADA), by_entity(["a"]), MODEL)
    assert (figures.pairs.precision, figures.best, figures.curve) == (None, None, ())


@pytest.mark.parametrize(("name", "least"), [("febrl3", 0.97), ("jempi_5000", 0.97), ("senzing_truthset", 0.8)])
def test_the_best_f1_of_a_labelled_set_stays(name: str, least: float) -> None:
    data = load(name)
    figures = measure(encode(data.records, MODEL, shipped_blocked()), by_entity(data.entities), MODEL)
    assert figures.best is not None
    assert figures.best.f1 >= least
    assert figures.joined.precision is not None
    assert figures.joined.precision >= 0.99
    so_far = [rule.recall_so_far or 0.0 for rule in figures.blocking]
    assert so_far == sorted(so_far)
    assert so_far[-1] == pytest.approx(figures.found_recall)


def test_a_rule_that_is_switched_off_loses_what_only_it_finds() -> None:
    data = load("senzing_truthset")
    truth = by_entity(data.entities)
    all_rules = measure(encode(data.records, MODEL, shipped_blocked()), truth, MODEL)
    lost = next(rule for rule in all_rules.blocking if rule.only)
    without = replace(MODEL, blocking=tuple(rule for rule in MODEL.blocking if rule.name != lost.name))
    fewer = measure(encode(data.records, without, shipped_blocked()), truth, without)
    assert round((all_rules.found_recall - fewer.found_recall) * all_rules.true_pairs) == lost.only

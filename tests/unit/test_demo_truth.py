"""Pairwise precision and recall, worked out by hand."""

from pathlib import Path

import pytest

from cdv_site.demo.truth import RecordKey, load_truth, score


def keys(text: str) -> list[RecordKey]:
    return [("s", name) for name in text]


def grouping(*groups: str) -> dict[RecordKey, str]:
    """`grouping("ab", "c")`: a and b are one, c is another."""
    return {key: group for group in groups for key in keys(group)}


def pairs(*texts: str) -> list[tuple[RecordKey, RecordKey]]:
    return [(("s", left), ("s", right)) for left, right in texts]


TABLE = [
    # truth, clusters, proposals, precision, recall, recall with proposals
    pytest.param(("abc", "d"), ("abc", "d"), (), 1, 1, 1, id="all right"),
    pytest.param(("abc", "d"), ("a", "b", "c", "d"), (), 1, 0, 0, id="nothing joined"),
    pytest.param(("abc", "d"), ("abcd",), (), 3 / 6, 1, 1, id="everything joined"),
    pytest.param(("abcd",), ("ab", "cd"), (), 1, 2 / 6, 2 / 6, id="an entity in two halves"),
    pytest.param(("abcd",), ("ab", "cd"), ("bc",), 1, 2 / 6, 1, id="one proposal joins two clusters"),
    pytest.param(("abcd",), ("ab", "c", "d"), ("ac", "cd"), 1, 1 / 6, 1, id="proposals join in a chain"),
    pytest.param(("ab", "cd"), ("a", "b", "cd"), ("ac", "bc"), 1, 1 / 2, 1 / 2, id="wrong proposals do not help"),
    pytest.param(("ab", "c"), ("a", "bc"), ("ab",), 0, 0, 1, id="a right proposal into a wrong cluster"),
    pytest.param(("ab", "cd"), ("ac", "b", "d"), ("cd",), 0, 0, 1 / 2, id="a proposal helps its own entity only"),
    pytest.param(("a", "b"), ("a", "b"), (), 1, 1, 1, id="no pairs at all"),
]


@pytest.mark.parametrize(("truth", "clusters", "proposals", "precision", "recall", "with_proposals"), TABLE)
def test_figures(truth, clusters, proposals, precision, recall, with_proposals) -> None:
    report = score(grouping(*clusters), pairs(*proposals), grouping(*truth))
    assert report.pair_precision == pytest.approx(precision)
    assert report.pair_recall == pytest.approx(recall)
    assert report.recall_with_proposals == pytest.approx(with_proposals)
    assert (report.profiles, report.entities) == (len(clusters), len(truth))


def test_a_record_without_a_cluster_stands_alone() -> None:
    report = score(grouping("ab"), [], grouping("abc"))
    assert report.profiles == 2
    assert report.pair_recall == pytest.approx(1 / 3)


def test_records_that_the_truth_does_not_know_are_left_out() -> None:
    report = score(grouping("abx"), pairs("ax"), grouping("ab"))
    assert (report.records, report.joined_pairs, report.pair_precision) == (2, 1, 1)


def test_wrong_pairs_are_shown() -> None:
    report = score(grouping("abc"), [], grouping("ab", "c"))
    assert report.wrong_pairs == tuple(pairs("ac", "bc"))


def test_the_truth_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "truth.csv"
    path.write_text("source,external_id,entity_id\npos,T-1,P000001\n", encoding="utf-8")
    assert load_truth(path) == {("pos", "T-1"): "P000001"}

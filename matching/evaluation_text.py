"""An evaluation as lines of text for the terminal."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .models import Evaluation

NOTHING = "–"


def lines(evaluation: Evaluation, errors: int) -> Iterator[str]:
    """The whole evaluation, with so many errors of each kind."""
    found = evaluation.figures
    yield f"Model {evaluation.model_label} on {evaluation.set_name}"
    yield (
        f"{found['records']:,} records, {found['labelled']:,} labelled pairs, {found['true_pairs']:,} of them the same;"
        f" {found['candidates']:,} candidate pairs."
    )
    for column, target in found.get("mapping", {}).items():
        yield f"  {column} -> {target}"
    yield from _section("What is decided automatically", _rates(found))
    yield f"With review: recall {percent(found['recall_with_review'])}, {found['reviewed']:,} pairs for a person."
    if found["best"]:
        best = found["best"]
        yield f"Best F1 by probability alone: {best['f1']:.4f} at {best['threshold']:.4f}."
    yield from _section("Thresholds, by probability alone", _thresholds(found["thresholds"]))
    yield from _section("Precision and recall along the curve", _curve(found["curve"]))
    yield from _section("Blocking rules, in order", _blocking(found["blocking"]))
    yield from _section("Calibration", _calibration(found["calibration"]))
    for name, title in (("false_positives", "Worst false positives"), ("false_negatives", "Worst false negatives")):
        if errors and evaluation.errors[name]:
            yield from _section(title, _errors(evaluation.errors[name][:errors]))


def percent(value: float | None) -> str:
    """A share in percent with two digits; a dash where there is none."""
    return NOTHING if value is None else f"{value * 100:.2f} %"


def _section(title: str, rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """A table: first column to the left, the others to the right, wide enough for each."""
    listed = [list(row) for row in rows]
    widths = [max(len(row[place]) for row in listed) for place in range(len(listed[0]))]
    yield ""
    yield title
    for row in listed:
        cells = [row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]
        yield "  " + "  ".join(cells).rstrip()


def _rates(found: Mapping[str, Any]) -> Iterator[Sequence[str]]:
    yield "", "right", "wrong", "missed", "precision", "recall", "F1"
    titles = (("pairs", "pairs by themselves"), ("joined", "pairs in clusters"), ("clusters", "whole clusters"))
    for name, title in titles:
        rates = found[name]
        if rates:
            counts = (f"{rates[part]:,}" for part in ("right", "wrong", "missed"))
            yield title, *counts, *(percent(rates[part]) for part in ("precision", "recall", "f1"))


def _thresholds(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield "threshold", "auto", "review", "precision", "recall", "with review"
    for row in rows:
        shares = (percent(row[name]) for name in ("precision", "recall", "recall_with_review"))
        yield f"{row['threshold']:g}", f"{row['auto']:,}", f"{row['review']:,}", *shares


def _curve(points: Sequence[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield "from", "precision", "recall"
    step = max(1, len(points) // 12)
    for point in points[::step]:
        yield f"{point['threshold']:.4f}", percent(point["precision"]), percent(point["recall"])


def _blocking(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield "rule", "pairs", "true", "adds", "only it", "recall alone", "recall so far"
    for row in rows:
        counts = (f"{row[name]:,}" for name in ("pairs", "found", "added", "only"))
        yield row["name"], *counts, percent(row["recall"]), percent(row["recall_so_far"])


def _calibration(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield "probability", "pairs", "expected", "observed"
    for row in rows:
        yield (
            f"{row['low']:g} to {row['high']:g}",
            f"{row['pairs']:,}",
            percent(row["expected"]),
            percent(row["observed"]),
        )


def _errors(rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[str]]:
    yield "records", "probability", "found by", "levels"
    for row in rows:
        levels = ", ".join(f"{name} {level}" for name, level in row["levels"].items())
        yield f"{row['left']} / {row['right']}", percent(row["probability"]), row["found_by"] or "no key", levels

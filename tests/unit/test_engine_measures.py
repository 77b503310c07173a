"""Numbers and places are compared by how far apart they are, one by one and all at once alike."""

import math
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.arrow import encode_columns
from matching.engine.blocked import BlockedValues
from matching.engine.bulk import Run
from matching.engine.compare import compare
from matching.engine.encode import encode
from matching.engine.model import Comparison, Level, Model, ModelInvalid, default_model
from matching.engine.trace import trace
from matching.engine.train import train
from matching.engine.types import RecordInput


def comparison(name: str, kind: str, *reach: float) -> Comparison:
    names = ("exact", "near", "similar")[: len(reach)]
    levels = [Level(word, f"{name}: {word}.", 0.6, 0.1, 0.1, limit) for word, limit in zip(names, reach, strict=True)]
    last = Level("different", f"{name} differs.", 0.1, 0.7, 0.7)
    return Comparison(name, kind, name, (Level("missing", f"{name} missing."), *levels, last))


MEASURED = (
    comparison("height", "number", 0, 1, 5),
    comparison("income", "relative", 0, 0.05, 0.2),
    comparison("home", "distance", 0.01, 1, 50),
)
MODEL = replace(default_model(), comparisons=(*default_model().comparisons, *MEASURED))
FIELDS = [item.name for item in MEASURED]


def record(place: int, **values: str) -> RecordInput:
    return RecordInput(place, "", "person", {name: [value] for name, value in values.items() if value})


def levels_of(first: dict[str, str], second: dict[str, str], model: Model = MODEL) -> dict[str, str]:
    table = encode([record(0, **first), record(1, **second)], model, BlockedValues())
    return model.named_levels(compare(table, np.array([0]), np.array([1]), model)[0].tolist())


@pytest.mark.parametrize(
    ("field", "one", "other", "level"),
    [
        ("height", "180", "180.0", "exact"),
        ("height", "180", "181", "near"),
        ("height", "-2", "3", "similar"),
        ("height", "180", "185.01", "different"),
        ("height", "180", "", None),
        ("height", "180", "tall", None),
        ("height", "180", "1e2", None),
        ("income", "0", "0", "exact"),
        ("income", "100000", "95000", "near"),
        ("income", "100", "-100", "different"),
        ("home", "52.52,13.405", "52.52, 13.405", "exact"),
        ("home", "52.52;13.405", "52.5205 13.405", "near"),
        ("home", "52.52,13.405", "52.39,13.06", "similar"),  # Berlin, Potsdam: 28 km
        ("home", "0.5,179.9", "0.5,-179.9", "similar"),  # over the date line: 22 km
        ("home", "52.52,13.405", "48.86,2.35", "different"),
        ("home", "52.52,13.405", "0,0", None),
        ("home", "52.52,13.405", "95,13", None),
    ],
)
def test_a_level_reaches_as_far_as_the_model_says(field: str, one: str, other: str, level: str | None) -> None:
    assert levels_of({field: one}, {field: other}).get(field) == level
    assert levels_of({field: other}, {field: one}).get(field) == level


def test_the_trace_says_it_in_the_words_of_the_level() -> None:
    told = trace(record(0, height="180"), record(1, height="181"), MODEL, BlockedValues())
    assert told.evidence.levels == {"height": "near"}
    assert told.evidence.weights["height"] == pytest.approx(math.log2(6), abs=1e-3)


NUMBERS = st.sampled_from(["", "0", "1", "-1.5", "99", "100", "104.9", "105", "x", " 7 "])
PLACES = st.builds("{:.3f},{:.3f}".format, st.floats(-91, 91), st.floats(-181, 181)) | st.just("")


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(NUMBERS, NUMBERS, PLACES), min_size=2, max_size=8))
def test_pairs_one_by_one_and_columns_at_once_agree(rows: list[tuple[str, str, str]]) -> None:
    columns = {name: pa.array([row[place] for row in rows]) for place, name in enumerate(FIELDS)}
    table = encode_columns(columns, MODEL, BlockedValues())
    left, right = np.triu_indices(len(rows), 1)
    found = compare(table, left, right, MODEL)
    for one, other, pattern in zip(left.tolist(), right.tolist(), found.tolist(), strict=True):
        sides = (dict(zip(FIELDS, rows[place], strict=True)) for place in (one, other))
        assert MODEL.named_levels(pattern) == levels_of(*sides)


def test_a_model_that_compares_distances_is_trained_and_written() -> None:
    records = [
        record(place, given_name="ann", family_name=f"n{place % 40}", height=str(150 + place % 40))
        for place in range(120)
    ]
    fitted = train(Run.of(encode(records, MODEL, BlockedValues()), MODEL), "fitted")
    assert fitted.comparison("height").levels[1].m > fitted.comparison("height").levels[1].u
    assert Model.from_json(fitted.to_json()) == fitted
    assert fitted.to_json()["comparisons"][-1]["levels"][1]["within"] == 0.01
    assert "within" not in fitted.to_json()["comparisons"][0]["levels"][1]


@pytest.mark.parametrize("reach", [(0, 5, 1), (0, 0), (-1, 2)])
def test_levels_must_reach_farther_and_farther(reach: tuple[float, ...]) -> None:
    with pytest.raises(ModelInvalid, match="reach farther"):
        replace(default_model(), comparisons=(comparison("height", "number", *reach),), rules=(), vetoes=(), doubts=())

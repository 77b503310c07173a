"""Whole names of people and organisations in many scripts, held against 826 pairs that others judged."""

import csv
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest

from matching.engine.blocked import BlockedValues
from matching.engine.compare import compare
from matching.engine.encode import encode
from matching.engine.model import default_model
from matching.engine.types import RecordInput
from profiles.canonical.records import standardise_rows
from profiles.canonical.registry import TARGETS
from profiles.canonical.types import Context, FieldMapping
from tests.labelled import DATA

MODEL = default_model()
PERSON, ORGANISATION = "full_name", "organisation_name"
ALIKE = ("exact", "nickname", "near", "part", "initial", "swapped", "similar")
FLOORS = {PERSON: 0.70, ORGANISATION: 0.78}  # F1; measured .713 and .794 when set


@cache
def cases(field: str) -> list[dict[str, str]]:
    with (DATA / "name_bench" / "cases.csv").open(encoding="utf-8", newline="") as lines:
        return [row for row in csv.DictReader(lines) if (row["schema"] == "Person") == (field == PERSON)]


def records(field: str, names: list[str]) -> list[RecordInput]:
    kind = "person" if field == PERSON else "organisation"
    mapping = FieldMapping("name", field, TARGETS[field])
    read = standardise_rows([{"name": name} for name in names], [mapping], Context(region="US"), {})
    return [RecordInput(place, "", kind, record.attributes) for place, record in enumerate(read)]


def judged(field: str) -> Iterator[tuple[dict[str, str], dict[str, str]]]:
    """Each case with the levels that its two names reach."""
    rows = cases(field)
    table = encode(records(field, [row[side] for row in rows for side in ("name1", "name2")]), MODEL, BlockedValues())
    left = np.arange(0, 2 * len(rows), 2)
    for row, levels in zip(rows, compare(table, left, left + 1, MODEL), strict=True):
        names = {item.name: item.levels[level].name for item, level in zip(MODEL.comparisons, levels, strict=True)}
        yield row, names


def says_match(field: str, levels: dict[str, str]) -> bool:
    if field == ORGANISATION:
        return levels["organisation_name"] in ("exact", "near", "part")
    given, middle, family = (levels[name] for name in ("given_name", "middle_name", "family_name"))
    both = given in ALIKE and family in ALIKE or "exact" in (given, family) and "missing" in (given, family)
    return both and middle not in ("near", "different")


@pytest.mark.parametrize("field", [PERSON, ORGANISATION])
def test_names_are_told_apart_as_well_as_when_it_was_measured(field: str) -> None:
    told = [(row["is_match"] == "true", says_match(field, levels)) for row, levels in judged(field)]
    right, found = sum(truth and said for truth, said in told), sum(said for _, said in told)
    wanted = sum(truth for truth, _ in told)
    precision, recall = right / found, right / wanted
    f1 = 2 * precision * recall / (precision + recall)
    assert f1 >= FLOORS[field]

"""The demo's promise, for any seed: what is joined is right, and hardly anybody is missed."""

from pathlib import Path

import pytest

from cdv_site.demo.generate import generate
from cdv_site.demo.sources import SOURCES
from cdv_site.demo.truth import load_truth
from matching.engine.model import default_model
from matching.engine.types import RecordInput
from profiles.canonical.records import standardise_rows
from profiles.canonical.registry import TARGETS
from profiles.canonical.types import Context, FieldMapping
from profiles.connectors import Declared, Row, read_rows
from tests.labelled import Labelled, measure, resolve_from_scratch


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 7])
def test_precision_and_recall_hold_for_any_seed(tmp_path: Path, seed: int) -> None:
    data = demo(tmp_path, seed=seed, scale=1000)
    measured = measure(resolve_from_scratch(data, default_model())[1], data.entities)
    assert measured.precision >= 0.99
    assert measured.recall_with_proposals >= 0.95


def demo(folder: Path, *, seed: int, scale: int) -> Labelled:
    """The generator's files read by the set-up of their sources, in memory."""
    truth = load_truth(generate(folder, seed=seed, scale=scale).truth)
    records, keys = [], []
    for source in SOURCES:
        named = named_rows(folder / source["file"], source)
        mappings = tuple(
            FieldMapping(c, t, TARGETS.get(t, "text"), sep or "", must) for c, t, sep, must in source["mappings"]
        )
        context = Context(source["region"], source["date_format"], source["default_party_kind"])
        for name, record in zip(named, standardise_rows(list(named.values()), mappings, context, {}), strict=True):
            keys.append((source["key"], name))
            records.append(RecordInput(len(records), source["key"], record.party_kind, record.attributes))
    return Labelled(records, [truth[key] for key in keys], [f"{source} {name}" for source, name in keys])


def named_rows(path: Path, source: dict) -> dict[str, dict[str, str]]:
    """The good rows of a file by the source's own id."""
    separators = {column: separator for column, _, separator, _ in source["mappings"] if separator}
    declared = Declared(source["delimiter"], source["encoding"], source["id_column"], separators)
    rows = read_rows(path, name=path.name, declared=declared)
    good = (row.cells for row in rows if isinstance(row, Row))
    return {cells[source["id_column"]].strip(): cells for cells in good if cells.get(source["id_column"], "").strip()}

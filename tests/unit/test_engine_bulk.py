"""A full run over columns finds what pairs one by one find, whatever is left out, cut up or shared out on the way."""

from functools import cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import OSA, JaroWinkler

from matching.engine.arrow import encode_columns, load
from matching.engine.blocked import shipped_blocked
from matching.engine.bulk import Edges, Run
from matching.engine.candidates import Part, pairs_within
from matching.engine.cascade import Wanted, cascade
from matching.engine.compare import compare
from matching.engine.components import component_of
from matching.engine.crew import Crew
from matching.engine.encode import encode
from matching.engine.keys import block_keys
from matching.engine.model import Model, default_model
from matching.engine.patterns import distinct, pack, unpack
from matching.engine.score import total
from matching.engine.texts import Texts, hashes, jaro_winkler_at_most, may_be_one_slip, measures
from matching.engine.train import train
from matching.engine.types import Candidates, Ints, RecordInput, Table
from matching.engine.usage import agreeing, count, limit
from tests.labelled import load as labelled

SETS = ("febrl3", "jempi_5000", "senzing_truthset")
FIELDS = ("given_name", "family_name", "birth_date", "street", "house_number", "postcode", "city", "national_id")


@cache
def run_over(name: str) -> Run:
    model = default_model()
    return Run.of(encode(labelled(name).records, model, shipped_blocked()), model)


def in_order(edges: Edges) -> list[tuple[int, int, int, list[int], float]]:
    columns = (edges.left, edges.right, edges.found_by, edges.levels, edges.weight)
    return sorted(zip(*(column.tolist() for column in columns), strict=True))


def slowly(run: Run, candidates: Candidates) -> tuple[Ints, np.ndarray, np.ndarray]:
    """Places, levels and weights of the pairs worth keeping, every text of every pair read."""
    levels = compare(run.table, candidates.left, candidates.right, run.model)
    usage = agreeing(run.table, candidates.left, candidates.right, levels, run.model, run.counts)
    levels = limit(levels, usage, run.model)
    totals = total(levels, run.table, candidates.left, run.model)
    weight, ruled = totals.weight, [run.model.holds(rule.condition, levels) for rule in run.model.rules]
    likely = (weight >= run.wanted.same) | (totals.home >= run.wanted.home)
    keep = np.flatnonzero(np.logical_or.reduce([likely, *ruled]))
    return keep, levels[keep], weight[keep]


@pytest.mark.parametrize("name", SETS)
def test_the_cascade_drops_nothing_that_could_be_one(name: str) -> None:
    run = run_over(name)
    for chunk in run.blocking.chunks():
        keep, levels, weight = slowly(run, chunk)
        found = run.weigh(chunk)
        assert found.left.tolist() == chunk.left[keep].tolist()
        assert found.levels.tolist() == levels.tolist()
        assert found.weight == pytest.approx(weight, abs=1e-4)


@pytest.mark.parametrize("name", SETS)
def test_the_cascade_keeps_what_a_named_rule_decides_however_little_it_weighs(name: str) -> None:
    run = run_over(name)
    for chunk in run.blocking.chunks():
        levels = compare(run.table, chunk.left, chunk.right, run.model)
        levels = limit(levels, agreeing(run.table, chunk.left, chunk.right, levels, run.model, run.counts), run.model)
        ruled = np.logical_or.reduce([run.model.holds(rule.condition, levels) for rule in run.model.rules])
        kept = cascade(run.table, chunk.left, chunk.right, run.model, run.counts, Wanted(1e9))
        assert set(np.flatnonzero(ruled).tolist()) <= set(kept.places.tolist())


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("parts", [2, 5])
def test_the_parts_together_are_the_whole(name: str, parts: int) -> None:
    run = run_over(name)
    several = Edges.of([run.part(Part(number, parts)) for number in range(parts)])
    assert in_order(several) == in_order(run.all())


def test_two_processes_find_what_one_finds() -> None:
    run = run_over("febrl3")
    assert in_order(run.all(workers=2)) == in_order(run.all())


@pytest.mark.parametrize("name", SETS)
def test_every_pair_belongs_to_the_first_rule_that_finds_it(name: str) -> None:
    run = run_over(name)
    found = pairs_within(block_keys(run.table, run.model), run.model.block_caps)
    chunks = list(run.blocking.chunks())
    owned = sorted(
        (left, right, rule)
        for chunk in chunks
        for left, right, rule in zip(chunk.left.tolist(), chunk.right.tolist(), chunk.rule.tolist(), strict=True)
    )
    assert owned == list(zip(found.left.tolist(), found.right.tolist(), found.rule.tolist(), strict=True))
    assert len({pair[:2] for pair in owned}) == len(owned)


def as_columns(records: list[RecordInput]) -> dict[str, pa.Array]:
    lists = {name: [list(record.attributes.get(name, ())) for record in records] for name in FIELDS}
    return {name: pa.array(values, pa.list_(pa.string())) for name, values in lists.items()}


def bare(records: list[RecordInput]) -> list[RecordInput]:
    return [
        RecordInput(place, "", "person", {name: values for name, values in record.attributes.items() if name in FIELDS})
        for place, record in enumerate(records)
    ]


def told(table: Table, name: str) -> list[list[str]]:
    if name in table.single:
        column = table.single[name]
        return [[column.values[code]] if code else [] for code in column.codes.tolist()]
    several = table.multi[name]
    ends = zip(several.offsets[:-1].tolist(), several.offsets[1:].tolist(), strict=True)
    return [sorted(several.values[code] for code in several.codes[low:high].tolist()) for low, high in ends]


@pytest.mark.parametrize("name", SETS)
def test_columns_and_records_make_the_same_table(name: str) -> None:
    model, records = default_model(), bare(labelled(name).records)
    one, other = (
        encode(records, model, shipped_blocked()),
        encode_columns(as_columns(records), model, shipped_blocked()),
    )
    for column in (*one.single, *one.multi):
        assert told(one, column) == told(other, column), column
    assert [sorted(map(str, notes)) for notes in one.ignored] == [sorted(map(str, notes)) for notes in other.ignored]
    assert block_keys(one, model).key.tolist() == block_keys(other, model).key.tolist()


ODD = ["Müller", "O'Brien", "van der Berg", "李", "", "  Anna ", "NULL", "x", "null", "Николай", "JOHN", "test"]


def test_odd_texts_are_cleaned_and_blocked_alike_in_columns_and_in_records() -> None:
    model, blocked = default_model(), shipped_blocked()
    records = [
        RecordInput(place, "", "person", {"given_name": [one], "family_name": [other], "street": [other]})
        for place, (one, other) in enumerate(
            (one, other) for one in [*ODD, "John"] for other in [*ODD, "Doe", "Main St"]
        )
    ]
    columns = {name: pa.array([record.attributes[name][0] for record in records]) for name in records[0].attributes}
    table, other = encode(records, model, blocked), encode_columns(columns, model, blocked)
    for name in ("given_name", "family_name", "street", "family_name.core", "given_name.script", "street.script"):
        assert told(table, name) == told(other, name), name


def test_csv_and_parquet_load_alike(tmp_path: Path) -> None:
    table = pa.table({"first": ["Anna", None, "Bob"], "last": ["Berger", "Zett", ""]})
    pa.parquet.write_table(table, tmp_path / "people.parquet")
    pa.csv.write_csv(table, tmp_path / "people.csv")
    fields, model = {"given_name": "first", "family_name": "last"}, default_model()
    encoded = [
        encode_columns(load(tmp_path / name, fields), model, shipped_blocked())
        for name in ("people.parquet", "people.csv")
    ]
    for one in encoded:
        assert told(one, "given_name") == [["anna"], [], ["bob"]]
        assert told(one, "family_name") == [["berger"], ["zett"], []]


def trained(name: str) -> Model:
    return train(run_over(name), "trained-1")


def test_a_trained_model_is_plain_data_and_reads_back_equal() -> None:
    model = trained("febrl3")
    assert Model.from_json(model.to_json()) == model
    assert model.label == "trained-1"
    assert [rule.name for rule in model.rules] == [rule.name for rule in default_model().rules]


def test_training_is_the_same_each_time() -> None:
    assert trained("febrl3") == trained("febrl3")


def test_two_processes_learn_what_one_learns_but_for_the_random_pairs() -> None:
    run, alone = run_over("febrl3"), trained("febrl3")
    with Crew(run, 2) as crew:
        together = train(run, "trained-1", crew)
    for one, other in zip(alone.comparisons, together.comparisons, strict=True):
        assert [level.m for level in one.levels] == pytest.approx([level.m for level in other.levels], abs=0.02)


def test_training_learns_how_often_things_agree_by_chance_and_among_equals() -> None:
    model, data = trained("febrl3"), labelled("febrl3")
    codes = np.unique([record.attributes.get("birth_date", [""])[0] for record in data.records], return_inverse=True)[1]
    shares = np.bincount(codes) / len(codes)
    exact = model.comparison("birth_date").levels[model.comparison("birth_date").level("exact")]
    assert exact.u == pytest.approx(float((shares[1:] ** 2).sum()), rel=0.5)
    assert exact.m > 0.5 > model.comparison("birth_date").levels[-1].m


def test_how_many_hold_a_value_follows_from_the_table() -> None:
    model = default_model()
    people = [RecordInput(i, "", "person", {"email": ["a@mail.org"], "given_name": [name], "family_name": ["X"]})
              for i, name in enumerate("ABCA")]  # fmt: skip
    table = encode(people, model, shipped_blocked())
    assert count(table, model, profile_of=np.full(4, -1, np.int64))["email"].tolist() == [3, 3, 3, 3]
    assert count(table, model)["email"].tolist() == [0, 0, 0, 0]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29)), max_size=40))
def test_components_are_what_a_walk_along_the_edges_finds(edges: list[tuple[int, int]]) -> None:
    left, right = (np.array([edge[side] for edge in edges], np.int64) for side in (0, 1))
    lowest = list(range(30))
    for _ in range(30):
        for one, other in edges:
            lowest[one] = lowest[other] = min(lowest[one], lowest[other])
    assert component_of(30, left, right).tolist() == lowest


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 3), st.integers(0, 11)), max_size=30))
def test_a_pattern_is_one_number_and_back(rows: list[tuple[int, int, int]]) -> None:
    levels = np.array(rows, np.int8).reshape(-1, 3)
    packed = pack(levels, [9, 4, 12])
    assert unpack(packed, [9, 4, 12]).tolist() == levels.tolist()
    values, place = distinct(packed)
    assert values[place].tolist() == packed.tolist()
    assert len(set(values.tolist())) == len(values) == len(set(rows))


NAMES = st.text(st.sampled_from("abcdeélmnorst '"), min_size=1, max_size=12)


@settings(max_examples=200, deadline=None)
@given(st.lists(NAMES, min_size=2, max_size=12))
def test_no_likeness_is_above_its_bound(values: list[str]) -> None:
    one, other = (grid.reshape(-1) for grid in np.indices((len(values), len(values))))
    for texts in (values, Texts(pa.array(values))):
        known = measures(texts)
        bounds = jaro_winkler_at_most(known, one, known, other)
        slips = may_be_one_slip(known, one, known, other)
        for bound, slip, i, j in zip(bounds, slips, one, other, strict=True):
            assert JaroWinkler.similarity(values[i], values[j]) <= bound
            assert slip or OSA.distance(values[i], values[j]) != 1


@given(st.lists(st.text(max_size=20).filter(lambda text: not any("\ud800" <= sign <= "\udfff" for sign in text))))
def test_a_value_has_one_hash_in_lists_and_in_arrow_and_hardly_any_other_has_it(values: list[str]) -> None:
    found = hashes(values)
    assert found.tolist() == hashes(Texts(pa.array(values, pa.string()))).tolist()
    assert len(set(found.tolist())) == len(set(values))
    assert [value == "" for value in values] == (found == 0).tolist()


def test_names_in_each_others_place_are_counted_once() -> None:
    for model in (default_model(), trained("febrl3")):
        given, family = (model.comparison(name) for name in ("given_name", "family_name"))
        assert given.levels[given.level("swapped")].weight > 5
        assert family.levels[family.level("swapped")].weight == 0

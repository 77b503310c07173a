"""Labelled records: files whose rows name their entity, and what stewards decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from profiles import schema
from profiles.canonical.records import standardise_rows
from profiles.canonical.registry import TARGETS
from profiles.canonical.suggest import suggest_mappings
from profiles.canonical.types import Context, FieldMapping
from profiles.connectors import BadRow, Declared, Row, UnreadableFile, read_rows

from . import models_in_force
from .blocking import count_usage
from .engine.encode import encode
from .engine.keys import value_keys
from .engine.measure import Truth, by_entity, judged_pairs
from .engine.model import Model
from .engine.types import RecordInput, Table
from .models import Decision
from .reading import inputs

ID, ENTITY, SOURCE = "rec_id", "entity_id", "source"
SAMPLE = 200  # rows by which a mapping is suggested
SIDE = 10  # records of a customer among which the most telling pair is looked for


class NotLabelled(Exception):
    """There is nothing to evaluate on; the message says why."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Records in ascending order of id, what is known of their pairs, and the id by which each is reported."""

    records: list[RecordInput]
    truth: Truth
    ids: list[int | str]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a labelled file is read: what its values are declared to be, and columns mapped by hand."""

    context: Context = Context()
    mapped: Mapping[str, str] | None = None  # column -> canonical field; others are not read


def from_file(path: Path, options: FileOptions) -> tuple[Labelled, list[FieldMapping]]:
    """A file with `rec_id`, `entity_id` and maybe `source`, with the mapping of its other columns.

    Raises NotLabelled for a file without these columns, and for rows that cannot be read.
    """
    rows = [_cells(row) for row in _rows(path)]
    if not rows or not {ID, ENTITY} <= rows[0].keys():
        raise NotLabelled(f"{path.name} must have rows with the columns {ID} and {ENTITY}.")
    mappings = _mappings(rows, options.mapped)
    records = read(rows, mappings, options.context)
    return Labelled(records, by_entity([row[ENTITY] for row in rows]), [row[ID] for row in rows]), mappings


def _rows(path: Path) -> Iterable[Row | BadRow]:
    try:
        return list(read_rows(path, name=path.name, declared=Declared()))
    except (UnreadableFile, OSError, UnicodeError) as error:
        raise NotLabelled(f"{path.name} cannot be read: {error}") from error


def _cells(row: Row | BadRow) -> dict[str, str]:
    if isinstance(row, BadRow):
        raise NotLabelled(f"Line {row.line}: {row.reason}")
    return row.cells


def _mappings(rows: Sequence[Mapping[str, str]], mapped: Mapping[str, str] | None) -> list[FieldMapping]:
    if mapped is None:
        header = [column for column in rows[0] if column not in (ID, ENTITY, SOURCE)]
        return suggest_mappings(header, list(islice(rows, SAMPLE)))
    missing = [column for column in mapped if column not in rows[0]]
    unknown = [target for target in mapped.values() if target not in TARGETS]
    if missing or unknown:
        raise NotLabelled(f"There is no {', '.join([*missing, *unknown])}.")
    return [FieldMapping(column, target, TARGETS[target]) for column, target in mapped.items()]


def read(rows: Sequence[Mapping[str, str]], mappings: Sequence[FieldMapping], context: Context) -> list[RecordInput]:
    """Rows as the engine reads them, numbered in order."""
    standardised = standardise_rows(rows, mappings, context, {})
    return [
        RecordInput(number, row.get(SOURCE) or "file", record.party_kind, record.attributes)
        for number, (row, record) in enumerate(zip(rows, standardised, strict=True))
    ]


def from_decisions() -> Labelled:
    """Pairs of records that people decided on: the latest word of each, unless it was voided.

    Of each decision one pair counts: that of its proposal, or else the one that most speaks for being the same by the
    published model. So two models are held against the same pairs. 5 queries.
    """
    decisions = list(
        Decision.objects.filter(
            verdict__in=[Decision.Verdict.SAME, Decision.Verdict.NOT_SAME], voids__isnull=True, voided_by__isnull=True
        )
        .select_related("proposal")
        .order_by("id")
    )
    wanted = {pk for decision in decisions for pk in _involved(decision)}
    records = inputs(wanted)
    row_of = {record.record_id: row for row, record in enumerate(records)}
    same = _decided(decisions, records, row_of)
    if not same:
        raise NotLabelled("No decision of a steward is in force yet.")
    pairs = sorted(same)
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    truth = Truth(left, right, np.array([same[pair] for pair in pairs], np.bool_))
    return Labelled(records, truth, [record.record_id for record in records])


def _involved(decision: Decision) -> list[int]:
    own = [*decision.left_records[:SIDE], *decision.right_records[:SIDE]]
    return [*own, *(_proposed(decision) or ())]


def _proposed(decision: Decision) -> tuple[int, int] | None:
    proposal = decision.proposal
    if proposal is None or proposal.right_record_id is None:
        return None
    return proposal.left_record_id, proposal.right_record_id


def _decided(
    decisions: Sequence[Decision], records: Sequence[RecordInput], row_of: Mapping[int, int]
) -> dict[tuple[int, int], bool]:
    """Pairs of rows and whether they are the same; of two decisions about one pair the later stands."""
    chosen: dict[tuple[int, int], bool] = {}
    open_ones = []
    for decision in decisions:
        pair = _proposed(decision)
        if pair and pair[0] in row_of and pair[1] in row_of and pair[0] != pair[1]:
            chosen[_ordered(row_of[pair[0]], row_of[pair[1]])] = decision.verdict == Decision.Verdict.SAME
        else:
            open_ones.append(decision)
    for pair, decision in _most_telling(open_ones, records, row_of):
        chosen.setdefault(pair, decision.verdict == Decision.Verdict.SAME)
    return chosen


def _most_telling(
    decisions: Sequence[Decision], records: Sequence[RecordInput], row_of: Mapping[int, int]
) -> Iterable[tuple[tuple[int, int], Decision]]:
    crossed = [
        (_ordered(row_of[a], row_of[b]), decision)
        for decision in reversed(decisions)
        for a in decision.left_records[:SIDE]
        for b in decision.right_records[:SIDE]
        if a in row_of and b in row_of and a != b
    ]
    if not crossed:
        return
    model = models_in_force.published()
    table = encode(records, model, models_in_force.blocked_values(schema.published()))
    left, right = (np.array([pair[side] for pair, _ in crossed], np.int64) for side in (0, 1))
    weight = judged_pairs(table, left, right, model).scores.weight
    best: dict[int, int] = {}
    for place, (_, decision) in enumerate(crossed):
        if decision.id not in best or weight[place] > weight[best[decision.id]]:
            best[decision.id] = place
    for place in best.values():
        yield crossed[place]


def _ordered(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def usage_of(table: Table, model: Model) -> dict[int, int]:
    """How many customers hold each value of the table that the model counts. 1 query."""
    return count_usage(set(value_keys(table, model).key.tolist()))

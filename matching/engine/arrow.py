"""Millions of records from CSV or Parquet, straight into Arrow dictionaries, never as Python objects."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, overload

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from matching.engine.blocked import FULL_NAME, BlockedValues
from matching.engine.columns import Raw, from_arrow, without
from matching.engine.crew import at_once
from matching.engine.encode import table_of
from matching.engine.model import Model
from matching.engine.types import Column, Ignored, Ints, Reason, Table

NOTHING: tuple[Ignored, ...] = ()


def load(path: Path, fields: Mapping[str, str]) -> dict[str, Any]:
    """Columns of a file by canonical field; `fields` maps field -> column. CSV (gzip too) or Parquet by its suffix."""
    wanted = sorted(set(fields.values()))
    if path.suffix == ".parquet":
        table = pa.parquet.read_table(path, columns=wanted, read_dictionary=wanted)
    else:
        types = dict.fromkeys(wanted, pa.dictionary(pa.int32(), pa.string()))
        options = pa.csv.ConvertOptions(column_types=types, include_columns=wanted, strings_can_be_null=True)
        table = pa.csv.read_csv(path, convert_options=options)
    return {name: table[column] for name, column in fields.items()}


def encode_columns(
    columns: Mapping[str, Any],
    model: Model,
    blocked: BlockedValues,
    record_id: Ints | None = None,
    threads: int = 1,
) -> Table:
    """The table of Arrow columns by canonical field: texts, dictionaries of texts, or lists of texts.

    Without `record_id` records are numbered by row; without a party kind all are persons.
    """
    names = list(columns)
    joined = dict(zip(names, at_once([partial(whole, columns[name]) for name in names], threads), strict=True))
    return table_of(ArrowReader(joined, blocked, record_id), model, threads)


class Noted(Sequence[Sequence[Ignored]]):
    """What was ignored, by row; most rows have nothing."""

    def __init__(self, size: int) -> None:
        self.size, self.by_row = size, dict[int, list[Ignored]]()

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, row: int) -> Sequence[Ignored]: ...
    @overload
    def __getitem__(self, row: slice) -> Sequence[Sequence[Ignored]]: ...
    def __getitem__(self, row: int | slice) -> Any:
        return [self[i] for i in range(*row.indices(self.size))] if isinstance(row, slice) else self._of(row)

    def __iter__(self) -> Iterator[Sequence[Ignored]]:
        return (self._of(row) for row in range(self.size))

    def note(self, rows: Ints, name: str, index: Ints | int = 0) -> None:
        """Remember a blocked value of these rows."""
        for row, place in zip(rows.tolist(), np.broadcast_to(index, rows.shape).tolist(), strict=True):
            self.by_row.setdefault(row, []).append(Ignored(name, place, Reason.BLOCKED_VALUE))

    def _of(self, row: int) -> Sequence[Ignored]:
        return self.by_row.get(row, NOTHING)


class ArrowReader:
    """Raw columns of Arrow data. `ignored` collects the blocked values met while reading."""

    def __init__(self, columns: Mapping[str, Any], blocked: BlockedValues, record_id: Ints | None = None) -> None:
        self.columns, self.blocked = columns, blocked
        size = len(next(iter(columns.values())))
        self.record_id = np.arange(size, dtype=np.int64) if record_id is None else record_id
        self.ignored = Noted(size)

    def single(self, name: str) -> Column:
        """The first value of each record; blocked ones are missing."""
        if name not in self.columns:
            return self._constant("person" if name == "party_kind" else "")
        array = whole(self.columns[name])
        if pa.types.is_list(array.type):
            raw = self.several(name)
            rows, first = np.unique(raw.rows, return_index=True)
            codes = np.zeros(len(self.record_id), np.int32)
            codes[rows] = raw.column.codes[first]
            return Column(codes, raw.column.values)
        column = from_arrow(array)
        return self._unblocked(name, column, np.arange(len(self.record_id)), 0)

    def several(self, name: str) -> Raw:
        """All values that are not blocked."""
        if name not in self.columns:
            return Raw(np.zeros(0, np.int64), Column(np.zeros(0, np.int32), [""]))
        array = whole(self.columns[name])
        if not pa.types.is_list(array.type):
            column = self.single(name)
            rows = np.flatnonzero(column.codes)
            return Raw(rows, Column(column.codes[rows], column.values))
        counts = np.diff(array.offsets.to_numpy())
        rows = np.repeat(np.arange(len(counts)), counts)
        place = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        return Raw(rows, self._unblocked(name, from_arrow(array.flatten()), rows, place))

    def names(self) -> tuple[Column, Column]:
        """First names and surnames; both missing where the full name is blocked."""
        given, family = self.single("given_name"), self.single("family_name")
        bad = self._blocked_names(given, family)
        if not len(bad):
            return given, family
        for name in ("given_name", "family_name"):
            self.ignored.note(bad, name)
        return _missing_at(given, bad), _missing_at(family, bad)

    def _blocked_names(self, given: Column, family: Column) -> Ints:
        if not self.blocked.knows(FULL_NAME):
            return np.zeros(0, np.int64)
        rows = np.flatnonzero((given.codes > 0) & (family.codes > 0))
        packed = given.codes[rows].astype(np.int64) * len(family.values) + family.codes[rows]
        told = pa.array(packed).dictionary_encode()
        one, other = np.divmod(told.dictionary.to_numpy(), len(family.values))
        full = [
            f"{first} {last}"
            for first, last in zip(given.values.pick(one), family.values.pick(other), strict=True)  # type: ignore[attr-defined]
        ]
        bad = self.blocked.among(FULL_NAME, full)
        flags = np.fromiter((name in bad for name in full), np.bool_, len(full))
        found: Ints = rows[flags[told.indices.to_numpy()]]
        return found

    def _unblocked(self, name: str, column: Column, rows: Ints, place: Ints | int) -> Column:
        bad = self.blocked.places(name, column.values)
        if not len(bad):
            return column
        gone = np.flatnonzero(np.isin(column.codes, bad))
        self.ignored.note(rows[gone], name, place if isinstance(place, int) else place[gone])
        return without(column, bad.tolist())

    def _constant(self, value: str) -> Column:
        size = len(self.record_id)
        if not value:
            return Column(np.zeros(size, np.int32), [""])
        return Column(np.ones(size, np.int32), ["", value])


def whole(column: Any) -> Any:
    """A column as one array, with one dictionary."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 0:
        return pa.array([], column.type)
    return pa.concat_arrays(column.unify_dictionaries().chunks)


def _missing_at(column: Column, rows: Ints) -> Column:
    codes = column.codes.copy()
    codes[rows] = 0
    return Column(codes, column.values)

"""Caps: how many values of a field one customer may hold before a person must look."""

from collections.abc import Iterable, Sequence

import numpy as np

from matching.engine.compare_dates import DATE, date
from matching.engine.model import Model
from matching.engine.selection import OFFSETS
from matching.engine.types import Ints, Table

SLIPS = ("exact", "one_digit", "transposed", "swapped", "partial")


def caps_exceeded(table: Table, rows: Sequence[int], model: Model) -> bool:
    """Whether the records together hold more values of a field than one customer should.

    Birth dates count once when they are slips of one another; identifiers that a source gives a person only once are
    counted per source.
    """
    return any(
        _may_hold(table, name, rows, cap) and _held(table, name, rows) > cap for name, cap in model.limits.caps.items()
    ) or any(
        _may_hold(table, name, own, 1) and len(_values(table, name, own)) > 1
        for source, own in _by_source(table, rows).items()
        for name in _unique(table, source, model)
    )


def _held(table: Table, name: str, rows: Sequence[int]) -> int:
    return _dates(table, name, rows) if name in table.date_parts else len(_values(table, name, rows))


def _may_hold(table: Table, name: str, rows: Sequence[int], cap: int) -> bool:
    """Whether the records have so many values at all, equal ones counted twice: cheap, and mostly enough."""
    counts = _counted(table, name)
    return sum([counts[row] for row in rows]) > cap


def _counted(table: Table, name: str) -> list[int]:
    counts: list[int] = table.fact(f"{OFFSETS}counts of {name}", lambda: _counts(table, name))
    return counts


def _unique(table: Table, source: str, model: Model) -> list[str]:
    """The identifiers that a source gives a person only once."""
    found: list[str] = table.fact(
        f"{OFFSETS}unique of {source} under {model.label}",
        lambda: [name for name in table.multi if model.is_unique(name, source)],
    )
    return found


def _counts(table: Table, name: str) -> list[int]:
    in_each = table.single[name].codes > 0 if name in table.date_parts else np.diff(table.multi[name].offsets)
    counts: list[int] = in_each.astype(np.int64).tolist()
    return counts


def _values(table: Table, name: str, rows: Iterable[int]) -> set[int]:
    column = table.multi[name]
    return {code for row in rows for code in column.codes[column.offsets[row] : column.offsets[row + 1]].tolist()}


def _by_source(table: Table, rows: Sequence[int]) -> dict[str, list[int]]:
    source = table.single["source"]
    found: dict[str, list[int]] = {}
    for row in rows:
        found.setdefault(source.values[source.codes[row]], []).append(row)
    return found


def _dates(table: Table, name: str, rows: Sequence[int]) -> int:
    """Dates that are no slip of one another."""
    column = table.single[name]
    known = {int(column.codes[row]): row for row in rows if column.codes[row]}
    different: list[int] = []
    for row in known.values():
        if not any(_is_slip(table, name, row, other) for other in different):
            different.append(row)
    return len(different)


def _is_slip(table: Table, name: str, left: int, right: int) -> bool:
    level = date(table, _one(left), _one(right), name)[0]
    return DATE[level] in SLIPS


def _one(row: int) -> Ints:
    return np.array([row], np.int64)

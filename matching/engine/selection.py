"""Some records of a table as a table of their own, with what is known of their values."""

from typing import Any

import numpy as np

from matching.engine.columns import Facets
from matching.engine.keys import Entries
from matching.engine.types import Column, Ints, MultiColumn, Table

OFFSETS = "offsets of "  # facts about how values lie: a selection works its own out


def selected(table: Table, rows: Ints) -> Table:
    """The table of these rows, in their order. Distinct values are shared, not copied; costs nothing until looked at."""
    return Table(
        table.record_id[rows],
        Facets({name: lambda name=name: _single(table.single[name], rows) for name in table.single}),  # type: ignore[misc]
        Facets({name: lambda name=name: _multi(table.multi[name], rows) for name in table.multi}),  # type: ignore[misc]
        {name: parts[rows] for name, parts in table.date_parts.items()},
        [table.ignored[row] for row in rows.tolist()],
        {
            name: _fact(name, found, table, rows)
            for name, found in list(table.facts.items())
            if not name.startswith(OFFSETS)
        },
        table.lore,
    )


def offsets_of(table: Table, name: str) -> Ints:
    """Where the entries of each record stand in a fact with several entries per record; worked out once per table."""

    def work_out() -> Ints:
        counts = np.bincount(table.facts[name].rows, minlength=len(table))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    found: Ints = table.fact(OFFSETS + name, work_out)
    return found


def _single(column: Column, rows: Ints) -> Column:
    return Column(column.codes[rows], column.values)


def _multi(column: MultiColumn, rows: Ints) -> MultiColumn:
    counts = column.offsets[rows + 1] - column.offsets[rows]
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    return MultiColumn(offsets, column.codes[places_of(column.offsets, rows)], column.values)


def places_of(offsets: Ints, rows: Ints) -> Ints:
    """Where the entries of these rows stand."""
    counts = offsets[rows + 1] - offsets[rows]
    step = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places: Ints = np.repeat(offsets[rows], counts) + step
    return places


def _fact(name: str, found: Any, table: Table, rows: Ints) -> Any:
    """A fact of the records, of these rows: one entry per record, or one per value of a part with several."""
    if isinstance(found, Entries):
        if found.rows is None:
            return Entries(None, found.number[rows])
        offsets = offsets_of(table, name)
        own = np.repeat(np.arange(len(rows), dtype=np.int64), offsets[rows + 1] - offsets[rows])
        return Entries(own, found.number[places_of(offsets, rows)])
    part = name.removeprefix("hashes of ")
    if part in table.multi and name != part:
        return found[places_of(table.multi[part].offsets, rows)]
    return found[rows]

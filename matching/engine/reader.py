"""Reading attributes by field instead of by record, leaving out what is blocked and remembering where it stood."""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from matching.engine.blocked import FULL_NAME, BlockedValues
from matching.engine.types import Ignored, Reason, RecordInput

Values = list[str]


class Flat(NamedTuple):
    """All values of a field, one after the other, with the row that each belongs to."""

    rows: list[int]
    values: Values


class Reader:
    """Values of records by field. `ignored` collects, per record, the blocked values met while reading."""

    def __init__(self, records: Sequence[RecordInput], blocked: BlockedValues) -> None:
        self.size = len(records)
        self.blocked = blocked
        self.ignored: list[list[Ignored]] = [[] for _ in records]
        self._cells: defaultdict[str, tuple[list[int], list[Sequence[str]]]] = defaultdict(lambda: ([], []))
        for row, record in enumerate(records):
            for name, values in record.attributes.items():
                if values:
                    rows, cells = self._cells[name]
                    rows.append(row)
                    cells.append(values)

    def first(self, name: str) -> Values:
        """The first value of each record, "" where it has none or a blocked one."""
        result = [""] * self.size
        rows, cells = self._cells[name]
        values = [cell[0] for cell in cells]
        bad = self.blocked.among(name, values)
        for row, value in zip(rows, values, strict=True):
            result[row] = self._drop(row, name, 0) if value in bad else value
        return result

    def all(self, name: str) -> Flat:
        """Every value of the field without the blocked ones."""
        rows, cells = self._cells[name]
        bad = self.blocked.among(name, [value for cell in cells for value in cell])
        flat = Flat([], [])
        for row, cell in zip(rows, cells, strict=True):
            for index, value in enumerate(cell):
                if value in bad:
                    self._drop(row, name, index)
                else:
                    flat.rows.append(row)
                    flat.values.append(value)
        return flat

    def names(self) -> tuple[Values, Values]:
        """First names and surnames; both missing where the full name is blocked."""
        given, family = self.first("given_name"), self.first("family_name")
        full = [f"{first} {last}" if first and last else "" for first, last in zip(given, family, strict=True)]
        bad = self.blocked.among(FULL_NAME, full)
        for row in [row for row, name in enumerate(full) if name in bad] if bad else ():
            given[row] = self._drop(row, "given_name", 0)
            family[row] = self._drop(row, "family_name", 0)
        return given, family

    def _drop(self, row: int, name: str, index: int) -> str:
        self.ignored[row].append(Ignored(name, index, Reason.BLOCKED_VALUE))
        return ""

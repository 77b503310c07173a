"""Reading attributes by field instead of by record, leaving out what is blocked and remembering where it stood."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from matching.engine.blocked import FULL_NAME, BlockedValues
from matching.engine.columns import Raw, dictionary
from matching.engine.types import Column, Ignored, Reason, RecordInput

Values = list[str]


class Reader:
    """Values of records by field. `ignored` collects, per record, the blocked values met while reading."""

    def __init__(self, records: Sequence[RecordInput], blocked: BlockedValues) -> None:
        self.record_id = np.fromiter((record.record_id for record in records), np.int64, len(records))
        self.blocked = blocked
        self.ignored: list[list[Ignored]] = [[] for _ in records]
        self._own = {"source": [record.source for record in records]}
        self._own["party_kind"] = [record.party_kind for record in records]
        self._cells: defaultdict[str, tuple[list[int], list[Sequence[str]]]] = defaultdict(lambda: ([], []))
        for row, record in enumerate(records):
            for name, values in record.attributes.items():
                if values:
                    rows, cells = self._cells[name]
                    rows.append(row)
                    cells.append(values)

    def single(self, name: str) -> Column:
        """The first value of each record, missing where it has none or a blocked one."""
        return dictionary(self._own[name] if name in self._own else self._first(name))

    def several(self, name: str) -> Raw:
        """Every value of the field without the blocked ones."""
        rows, cells = self._cells[name]
        bad = self.blocked.among(name, [value for cell in cells for value in cell])
        owners: list[int] = []
        kept: Values = []
        for row, cell in zip(rows, cells, strict=True):
            for index, value in enumerate(cell):
                if value in bad:
                    self._drop(row, name, index)
                else:
                    owners.append(row)
                    kept.append(value)
        return Raw(np.array(owners, np.int64), dictionary(kept))

    def names(self) -> tuple[Column, Column]:
        """First names and surnames; both missing where the full name is blocked."""
        given, family = self._first("given_name"), self._first("family_name")
        full = [f"{first} {last}" if first and last else "" for first, last in zip(given, family, strict=True)]
        bad = self.blocked.among(FULL_NAME, full)
        for row in [row for row, name in enumerate(full) if name in bad] if bad else ():
            given[row] = self._drop(row, "given_name", 0)
            family[row] = self._drop(row, "family_name", 0)
        return dictionary(given), dictionary(family)

    def _first(self, name: str) -> Values:
        result = [""] * len(self.record_id)
        rows, cells = self._cells[name]
        values = [cell[0] for cell in cells]
        bad = self.blocked.among(name, values)
        for row, value in zip(rows, values, strict=True):
            result[row] = self._drop(row, name, 0) if value in bad else value
        return result

    def _drop(self, row: int, name: str, index: int) -> str:
        self.ignored[row].append(Ignored(name, index, Reason.BLOCKED_VALUE))
        return ""

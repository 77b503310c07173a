"""Where a shown value came from: the cell as the source sent it, and the standardiser that read it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .canonical.registry import TARGETS, help_text, read
from .canonical.types import FieldMapping
from .customers import ShownValue
from .masking import Mask, cover
from .models import Correction, SourceRecord
from .schema import Schema, SourceSpec, published

RULES = {
    "trusted": "most trusted source", "recent": "most recent", "frequent": "most frequent", "longest": "longest",
    "union": "all are kept", "correction": "a steward's correction",
}  # fmt: skip
"""Survivorship rules in words."""


@dataclass(frozen=True, slots=True)
class Origin:
    """What stood in which column, and how it was read; or who set it."""

    column: str = ""
    raw: str = ""
    rule: str = ""
    correction: Correction | None = None


@dataclass(frozen=True, slots=True)
class Traced:
    """A shown value with the record it was taken from (if the reader sees it) and its origin there."""

    value: ShownValue
    record: SourceRecord | None
    origin: Origin


class Tracer:
    """Leads shown values back to their cells, for who may see rows as sent; each payload is unpacked once. 1 query (the
    schema's number)."""

    def __init__(self, records: Collection[SourceRecord], mask: Mask) -> None:
        """Records with source and payload, and their corrections prefetched."""
        self.schema, self.mask = published(), mask
        self.records = {record.id: record for record in records}
        self.cells: dict[int, dict[str, str]] = {}

    def trace(self, values: Iterable[ShownValue]) -> list[Traced]:
        """Each value with its record and origin; a value whose record is not among the records stands alone."""
        return [self._traced(value, self.records.get(value.record_id)) for value in values]

    def _traced(self, value: ShownValue, record: SourceRecord | None) -> Traced:
        if record is None:
            return Traced(value, None, Origin())
        if not self.mask.sees_rows or value.is_masked:
            cover([record], self.mask)
            return Traced(value, record, Origin())
        if record.id not in self.cells:
            self.cells[record.id] = record.cells()
        return Traced(value, record, _origin(value, record, self.cells[record.id], self.schema))


def _origin(value: ShownValue, record: SourceRecord, cells: dict[str, str], schema: Schema) -> Origin:
    for correction in record.corrections.all():
        if correction.field == value.field and correction.released_at is None and value.value in correction.values:
            return Origin(correction=correction)
    source = schema.sources.get(record.source.key)
    if source is None:
        return Origin()
    ordered = sorted(source.mappings, key=lambda mapping: mapping.target != value.field)
    return next((found for mapping in ordered if (found := _read(value, mapping, cells, source))), Origin())


def _read(value: ShownValue, mapping: FieldMapping, cells: dict[str, str], source: SourceSpec) -> Origin | None:
    """The cell of this column, if reading it gives the value. Read again, so that nothing need be stored."""
    cell = cells.get(mapping.column, "")
    parts = cell.split(mapping.separator) if mapping.separator else [cell]
    for part in filter(None, (part.strip() for part in parts)):
        found = read(mapping.target, part, source.context, mapping.standardiser)
        if value.value in found.values.get(value.field, ()):
            rule = mapping.standardiser or TARGETS.get(mapping.target, "text")
            return Origin(mapping.column, cell, help_text(rule))
    return None

"""Whole rows to canonical records, each distinct value of a column once."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from .registry import COMPOSITES, IGNORE, SINGLE_VALUED, read
from .types import Context, FieldMapping, FieldProblem, Problem, StandardisedRecord

TABLE_LIMIT = 16_384
"""Distinct values remembered per column; a full table starts afresh, so memory is flat in the size of a file."""

MISSING = ("required_missing", "A required value is missing.")
UNREADABLE = ("required_unreadable", "A required value cannot be read.")
_PERSONAL = ("given_name", "middle_name", "family_name")
Values = tuple[str, ...]


class Reading(NamedTuple):
    """What one cell says: values of its target, values for other fields where these are empty, and problems."""

    own: Values = ()
    others: tuple[tuple[str, Values], ...] = ()
    problems: tuple[FieldProblem, ...] = ()


NOTHING = Reading()
Cache = dict[tuple[FieldMapping, Context], dict[str, Reading]]


def standardise_rows(
    rows: Sequence[Mapping[str, str]], mappings: Sequence[FieldMapping], context: Context, cache: Cache
) -> list[StandardisedRecord]:
    """Rows in canonical form, in order. The cache is the caller's: an empty dict to begin with, the same one for all chunks.

    Values that cannot be read are set aside with a problem. Columns of a field's own win over parts of a whole name or address.
    """
    used = sorted((mapping for mapping in mappings if mapping.target != IGNORE), key=_turn)
    columns = [_Column(mapping, context, cache) for mapping in used]
    return [_record(row, columns, context) for row in rows]


def _turn(mapping: FieldMapping) -> int:
    """The kind of party first, since it tells how to read a whole name, and composites last."""
    return 0 if mapping.target == "party_kind" else 2 if mapping.target in COMPOSITES else 1


class _Column:
    """One mapped column with what is remembered of its values."""

    def __init__(self, mapping: FieldMapping, context: Context, cache: Cache) -> None:
        self.mapping, self.context, self.cache = mapping, context, cache
        self.by_kind = mapping.target == "full_name" and mapping.standardiser in ("", "full_name")
        self.table = self._table(mapping)

    def _table(self, mapping: FieldMapping) -> dict[str, Reading]:
        return self.cache.setdefault((mapping, self.context), {})

    def read(self, raw: str, kind: str) -> Reading:
        """What a cell says; `kind` is the party kind as told by another column, empty when none told."""
        mapping, table = self.mapping, self.table
        if kind and self.by_kind:
            name = "organisation_name" if kind == "organisation" else "person_name"
            mapping = FieldMapping(mapping.column, mapping.target, name, mapping.separator, mapping.required)
            table = self._table(mapping)
        found = table.get(raw)
        if found is None:
            if len(table) >= TABLE_LIMIT:
                table.clear()
            found = table[raw] = _reading(raw, mapping, self.context)
        return found


def _reading(raw: str, mapping: FieldMapping, context: Context) -> Reading:
    """A cell read piece by piece."""
    own: dict[str, None] = {}
    others: dict[str, Values] = {}
    problems: list[FieldProblem] = []
    for piece in raw.split(mapping.separator) if mapping.separator else (raw,):
        found = read(mapping.target, piece, context, mapping.standardiser)
        for field, values in found.values.items():
            if field == mapping.target and field not in COMPOSITES:
                own.update(dict.fromkeys(values))
            else:
                others.setdefault(field, values)
        if found.problem:
            problems.append(_placed(found.problem, mapping))
    return Reading(tuple(own), tuple(others.items()), tuple(problems))


def _placed(problem: Problem, mapping: FieldMapping) -> FieldProblem:
    return FieldProblem(mapping.target, mapping.column, problem.code, problem.message)


def _record(row: Mapping[str, str], columns: Sequence[_Column], context: Context) -> StandardisedRecord:
    record = StandardisedRecord(context.default_party_kind, {}, [])
    attributes, spare = record.attributes, []
    told = context.default_party_kind if context.default_party_kind == "organisation" else ""
    for column in columns:
        raw = row.get(column.mapping.column)
        found = column.read(raw, told) if raw else NOTHING
        if found.own:
            _add(attributes, column.mapping.target, found.own)
            told = found.own[0] if column.mapping.target == "party_kind" else told
        if found.others:
            spare.append(found.others)
        if found.problems:
            record.problems.extend(found.problems)
        if column.mapping.required and not (found.own or found.others) and record.rejected is None:
            record.rejected = _placed(Problem(*(UNREADABLE if found.problems else MISSING)), column.mapping)
    for others in spare:
        for field, values in others:
            attributes.setdefault(field, list(values))
    _settle_kind(record)
    return record


def _add(attributes: dict[str, list[str]], field: str, values: Values) -> None:
    present = attributes.get(field)
    if present is None:
        attributes[field] = [values[0]] if field in SINGLE_VALUED else list(values)
    elif field not in SINGLE_VALUED:
        present.extend(value for value in values if value not in present)


def _settle_kind(record: StandardisedRecord) -> None:
    """Person or organisation: as told, else by the names there are, else as the source's default says."""
    attributes = record.attributes
    told = attributes.get("party_kind")
    personal = [field for field in _PERSONAL if field in attributes]
    if told:
        record.party_kind = told[0]
    elif "organisation_name" in attributes and not personal:
        record.party_kind = "organisation"
    if record.party_kind == "organisation":
        if personal and "organisation_name" not in attributes:
            attributes["organisation_name"] = [" ".join(name for field in personal for name in attributes.pop(field))]
    elif "organisation_name" in attributes:
        attributes.setdefault("company", attributes.pop("organisation_name"))
    attributes["party_kind"] = [record.party_kind]

"""Whole rows to canonical records, each distinct value of a column once."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from .registry import COMPOSITES, IGNORE, SINGLE_VALUED, read
from .types import Context, FieldMapping, FieldProblem, Problem, StandardisedRecord

TABLE_LIMIT = 16_384
"""Distinct values remembered per column; a full table starts afresh, so memory is flat in the size of a file."""

MISSING = ("required_missing", "A required value is missing.")
UNREADABLE = ("required_unreadable", "A required value cannot be read.")
_PERSONAL = ("given_name", "middle_name", "family_name")
Values = tuple[str, ...]


Reading = tuple[Values, tuple[tuple[str, Values], ...], tuple[FieldProblem, ...]]
"""What one cell says: values of its target, values for other fields where these are empty, and problems.

A plain tuple: the garbage collector leaves those alone once it has seen that they hold only text, and thousands are kept.
"""

NOTHING: Reading = ((), (), ())
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

    __slots__ = (
        "by_kind",
        "cache",
        "context",
        "mapping",
        "name",
        "required",
        "single",
        "strict",
        "table",
        "target",
        "variants",
    )

    def __init__(self, mapping: FieldMapping, context: Context, cache: Cache) -> None:
        self.mapping, self.context, self.cache = mapping, context, cache
        self.name, self.target, self.required = mapping.column, mapping.target, mapping.required
        self.single = mapping.target in SINGLE_VALUED
        self.strict = mapping.standardiser == "consent"  # a no that cannot be read must not get lost
        self.by_kind = mapping.target == "full_name" and mapping.standardiser in ("", "full_name")
        self.table = cache.setdefault((mapping, context), {})
        self.variants: dict[str, _Column] = {}

    def for_kind(self, kind: str) -> "_Column":
        """This column of whole names as it is read when another column told the kind of party."""
        if kind not in self.variants:
            standardiser = "organisation_name" if kind == "organisation" else "person_name"
            self.variants[kind] = _Column(replace(self.mapping, standardiser=standardiser), self.context, self.cache)
        return self.variants[kind]

    def read(self, raw: str) -> Reading:
        """What a cell says, worked out when it is seen for the first time."""
        if len(self.table) >= TABLE_LIMIT:
            self.table.clear()
        found = self.table[raw] = _reading(raw, self.mapping, self.context)
        return found


def _reading(raw: str, mapping: FieldMapping, context: Context) -> Reading:
    """A cell, read piece by piece when it may hold several values."""
    if mapping.separator and mapping.separator in raw:
        return _joined([_piece(piece, mapping, context) for piece in raw.split(mapping.separator)])
    return _piece(raw, mapping, context)


def _piece(raw: str, mapping: FieldMapping, context: Context) -> Reading:
    found = read(mapping.target, raw, context, mapping.standardiser)
    problems = (_placed(found.problem, mapping),) if found.problem else ()
    if mapping.target in COMPOSITES:
        return (), tuple(found.values.items()), problems
    own = found.values.get(mapping.target, ())
    if len(found.values) <= 1 and own:
        return own, (), problems
    return own, tuple(item for item in found.values.items() if item[0] != mapping.target), problems


def _joined(pieces: Sequence[Reading]) -> Reading:
    own = tuple(dict.fromkeys(value for values, _, _ in pieces for value in values))
    others = {field: values for _, items, _ in reversed(pieces) for field, values in items}
    return own, tuple(others.items()), tuple(problem for _, _, problems in pieces for problem in problems)


def _placed(problem: Problem, mapping: FieldMapping) -> FieldProblem:
    return FieldProblem(mapping.target, mapping.column, problem.code, problem.message)


def _record(row: Mapping[str, str], columns: Sequence[_Column], context: Context) -> StandardisedRecord:
    record = StandardisedRecord(context.default_party_kind, {}, [])
    attributes = record.attributes
    spare: list[tuple[str, Values]] = []
    told = context.default_party_kind if context.default_party_kind == "organisation" else ""
    for column in columns:
        if column.by_kind and told:
            column = column.for_kind(told)
        raw = row.get(column.name)
        own, others, problems = (column.table.get(raw) or column.read(raw)) if raw else NOTHING
        if own:
            if column.target in attributes:
                _add_more(attributes, column, own)
            else:
                attributes[column.target] = [own[0]] if column.single else list(own)
            if column.target == "party_kind":
                told = own[0]
        if others:
            spare.extend(others)
        if problems:
            record.problems.extend(problems)
        lacks = column.required or (column.strict and problems)
        if lacks and not (own or others) and record.rejected is None:
            record.rejected = _placed(Problem(*(UNREADABLE if problems else MISSING)), column.mapping)
    for field, values in spare:
        if field not in attributes:
            attributes[field] = list(values)
    _settle_kind(record)
    return record


def _add_more(attributes: dict[str, list[str]], column: _Column, values: Values) -> None:
    """Values of a second column of the same field; a field of one value keeps its first."""
    if not column.single:
        present = attributes[column.target]
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

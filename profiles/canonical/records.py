"""Whole rows to canonical records, each distinct value of a column once."""

from collections.abc import Mapping, Sequence

from .registry import STANDARDISERS
from .types import Context, FieldMapping, FieldProblem, Standardised, StandardisedRecord

CACHE_LIMIT = 200_000
Cache = dict[tuple[str, str, str], Standardised]


def standardise_rows(
    rows: Sequence[Mapping[str, str]], mappings: Sequence[FieldMapping], context: Context, cache: Cache
) -> list[StandardisedRecord]:
    """Rows in canonical form, in order. The cache is the caller's, per source, and is emptied when it grows too large."""
    if len(cache) > CACHE_LIMIT:
        cache.clear()
    used = [mapping for mapping in mappings if mapping.target != "ignore"]
    return [_record(row, used, context, cache) for row in rows]


def _record(
    row: Mapping[str, str], mappings: Sequence[FieldMapping], context: Context, cache: Cache
) -> StandardisedRecord:
    record = StandardisedRecord(context.default_party_kind, {}, [])
    for mapping in mappings:
        raw = row.get(mapping.column, "")
        found = _fill(record, mapping, raw, context, cache) if raw else False
        if mapping.required and not found and record.rejected is None:
            record.rejected = FieldProblem(
                mapping.target, mapping.column, "required", "A required value is missing or cannot be read."
            )
    _settle_kind(record, context)
    return record


def _fill(record: StandardisedRecord, mapping: FieldMapping, raw: str, context: Context, cache: Cache) -> bool:
    """Add what one cell says to the record; whether it said anything."""
    any_value = False
    for piece in raw.split(mapping.separator) if mapping.separator else (raw,):
        key = (mapping.standardiser, mapping.target, piece)
        result = cache.get(key)
        if result is None:
            result = cache[key] = STANDARDISERS[mapping.standardiser](piece, context)
        if result.problem:
            record.problems.append(
                FieldProblem(mapping.target, mapping.column, result.problem.code, result.problem.message)
            )
        for field, values in result.values.items():
            any_value = True
            _add(record.attributes, mapping.target if field == "value" else field, values)
    return any_value


def _add(attributes: dict[str, list[str]], field: str, values: Sequence[str]) -> None:
    present = attributes.setdefault(field, [])
    present.extend(value for value in values if value not in present)


def _settle_kind(record: StandardisedRecord, context: Context) -> None:
    """Person or organisation: as told, else by the names there are, else as the source's default says."""
    attributes = record.attributes
    personal = [f for f in ("given_name", "middle_name", "family_name") if f in attributes]
    told = attributes.get("party_kind")
    if told:
        record.party_kind = told[0]
    elif "organisation_name" in attributes and not personal:
        record.party_kind = "organisation"
    if record.party_kind == "organisation" and personal and "organisation_name" not in attributes:
        attributes["organisation_name"] = [" ".join(v for f in personal for v in attributes.pop(f))]
    attributes["party_kind"] = [record.party_kind]

"""Trying a model on two records: stored ones that the reader may see, or rows pasted in, of which nothing is kept."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from profiles import schema
from profiles.canonical.suggest import suggest_mappings
from profiles.canonical.types import Context
from profiles.masking import CLEAR, Mask, Sight, mask_of
from profiles.models import Membership, SourceRecord, User
from profiles.search import find

from . import models_in_force, named
from .engine.encode import encode
from .engine.model import Model
from .engine.trace import Trace, trace
from .engine.types import RecordInput
from .labels import read, usage_of
from .reading import inputs

FOUND = 20


class TrialNotPossible(Exception):
    """The model cannot be tried on these two; the message says why."""


@dataclass(frozen=True, slots=True)
class Value:
    """One field of both records in standardised form."""

    label: str
    left: str
    right: str


@dataclass(frozen=True, slots=True)
class Trial:
    """A trace with the standardised values of both sides, and the customers whose data was shown."""

    trace: Trace
    values: list[Value]
    titles: tuple[str, str]
    subjects: frozenset[UUID]


def of_records(model: Model, ids: Sequence[int], user: User) -> Trial:
    """Try a model on two stored records. Raises TrialNotPossible unless the user may see both. About 8 queries."""
    seen = named.visible_records(ids, user)
    if len(set(ids)) < 2 or len(seen) < 2:
        raise TrialNotPossible("Choose two different records that you may see.")
    rows = {row.record_id: row for row in inputs(ids)}
    if len(rows) < 2:
        raise TrialNotPossible("One of the records was withdrawn or erased: it is not matched any more.")
    first, second = rows[ids[0]], rows[ids[1]]
    table = encode([first, second], model, _blocked())
    found = trace(first, second, model, _blocked(), usage_of(table, model))
    homes = Membership.objects.filter(record_id__in=ids).values_list("profile_id", flat=True)
    titles = tuple(f"{seen[pk].source.name} {seen[pk].external_id}" for pk in ids)
    return Trial(found, _values(first, second, mask_of(user)), (titles[0], titles[1]), frozenset(homes))


def of_rows(model: Model, text: str, region: str) -> Trial:
    """Try a model on two rows below a line that names the columns; columns are mapped by their names."""
    rows = _parsed(text)
    mappings = suggest_mappings(list(rows[0]), rows)
    if not mappings:
        raise TrialNotPossible("No column was understood. Name them as in name, email, phone, born, postcode.")
    first, second = read(rows, mappings, Context(region=region.upper()))
    return Trial(
        trace(first, second, model, _blocked()), _values(first, second, CLEAR), ("First row", "Second row"), frozenset()
    )


def _parsed(text: str) -> list[dict[str, str]]:
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) != 3:
        raise TrialNotPossible("Paste three lines: the names of the columns and two rows.")
    delimiter = max(",;\t|", key=lines[0].count)
    header, *rows = csv.reader(lines, delimiter=delimiter)
    if any(len(row) != len(header) for row in rows):
        raise TrialNotPossible("Both rows need as many cells as there are columns.")
    names = [name.strip() for name in header]
    return [dict(zip(names, row, strict=True)) for row in rows]


def _blocked() -> models_in_force.BlockedValues:
    return models_in_force.blocked_values(schema.published())


def _values(first: RecordInput, second: RecordInput, mask: Mask) -> list[Value]:
    """Field by field; where values are not seen in clear, only what came of the comparison."""
    version = schema.published()
    names = sorted({*first.attributes, *second.attributes}, key=lambda name: _position(version, name))
    found = []
    for name in names:
        left, right = ("; ".join(side.attributes.get(name, ())) for side in (first, second))
        if mask.of_field(name, version) is not Sight.CLEAR:
            word = "the same" if left == right else "differs" if left and right else "only here"
            left, right = (word if side else "" for side in (left, right))
        found.append(Value(version.label(name), left, right))
    return found


def _position(version: schema.Schema, name: str) -> tuple[int, str]:
    spec = version.fields.get(name)
    return (spec.position if spec else 10_000, name)


def search(text: str, user: User) -> list[SourceRecord]:
    """Records to choose from: that of the number, or those of the customers that the text finds. At most 7 queries."""
    if text.isdecimal() and int(text) < 1 << 63 and (exact := named.visible_records([int(text)], user)):
        return list(exact.values())
    profiles = [hit.profile_id for hit in find(text, user)]
    ids = Membership.objects.filter(profile_id__in=profiles).order_by("record_id").values_list("record_id", flat=True)
    return list(named.visible_records(ids[:FOUND], user).values())

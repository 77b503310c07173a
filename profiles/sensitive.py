"""Which values are stored sealed, and how: sensitive fields of the schema, and attributes that no field declares.

What matching compares by likeness (names, e-mail, phone, postal address, birth date) stays in clear beside it, whatever its
sensitivity, since nothing can be compared under encryption. Rows keep their clear values where they always were and the
others in a column `sealed`; a model instance that was read holds both together.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import orjson

from .encryption import Place, blind_index, blind_indexes, decrypt, encrypt
from .personal_data import Sensitivity
from .schema_diff import FOR_MATCHING

if TYPE_CHECKING:
    from .schema import Schema

Attributes = Mapping[str, Sequence[str]]


def clear_fields(schema: "Schema") -> frozenset[str]:
    """Fields that are stored in clear; all others are sealed."""
    declared = {key for key, spec in schema.fields.items() if spec.sensitivity != Sensitivity.SENSITIVE}
    return FOR_MATCHING | declared


def is_sealed(field: str, schema: "Schema") -> bool:
    """Whether values of a field are stored sealed."""
    spec = schema.fields.get(field)
    return field not in FOR_MATCHING and (spec is None or spec.sensitivity == Sensitivity.SENSITIVE)


def seal(attributes: Attributes, clear: Collection[str], place: Place) -> tuple[Attributes, bytes | None]:
    """Attributes as they are stored: the clear ones, and the others sealed together; nothing when there are none."""
    hidden = attributes.keys() - clear
    if not hidden:
        return attributes, None
    kept = {field: values for field, values in attributes.items() if field not in hidden}
    return kept, encrypt(orjson.dumps({field: attributes[field] for field in sorted(hidden)}), place=place)


def opened(attributes: Attributes, sealed: bytes | memoryview | None, place: Place) -> dict[str, list[str]]:
    """Attributes with what was sealed of them. Raises encryption.NotReadable."""
    return {**attributes, **orjson.loads(decrypt(sealed, place=place))} if sealed else attributes


def place_of_record(record_id: int) -> Place:
    """Where sealed attributes of a record lie; its older states share the place, as with payloads."""
    return Place("profiles_sourcerecord", "sealed", record_id)


def place_of_golden(profile_id: object, field: str) -> Place:
    """Where a sealed golden value lies."""
    return Place("profiles_goldenvalue", "sealed", f"{profile_id}:{field}")


# ---- exact lookup --------------------------------------------------------------------------------------------------------

_NOISE = re.compile(r"[\W_]+")


def lookup_text(value: str) -> str:
    """By what a sealed number is found in the search table: its blind index, whatever its blanks, signs and case."""
    return blind_index(_plain(value), purpose="number").hex()


def lookup_texts(value: str) -> list[str]:
    """What to look for, under every digest key."""
    plain = _plain(value)
    return [index.hex() for index in blind_indexes(plain, purpose="number")] if plain else []


def _plain(value: str) -> str:
    return _NOISE.sub("", value.casefold())

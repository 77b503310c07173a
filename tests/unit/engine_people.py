"""A small cast of records for the tests of the engine."""

from itertools import count

from matching.engine.types import RecordInput

numbers = count(1)


def person(record_id: int | None = None, source: str = "shop", **fields: str | list[str]) -> RecordInput:
    """A person with the given attributes; a text stands for a list of one."""
    return _record(record_id, source, "person", fields)


def organisation(record_id: int | None = None, source: str = "shop", **fields: str | list[str]) -> RecordInput:
    """An organisation with the given attributes."""
    return _record(record_id, source, "organisation", fields)


def _record(record_id: int | None, source: str, kind: str, fields: dict[str, str | list[str]]) -> RecordInput:
    attributes = {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
    return RecordInput(next(numbers) if record_id is None else record_id, source, kind, attributes)


ANNA = {
    "given_name": "Anna",
    "family_name": "Berger",
    "birth_date": "1984-03-17",
    "email": "anna.b@mail.org",
    "phone": "+4930901820",
    "street": "Lindenweg",
    "house_number": "12",
    "postcode": "10115",
    "city": "Berlin",
}

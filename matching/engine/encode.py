"""Records as dictionary-encoded columns: everything expensive is done once per distinct value."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.engine import features
from matching.engine.blocked import BlockedValues
from matching.engine.model import Model
from matching.engine.reader import Flat, Reader, Values
from matching.engine.types import Codes, Column, Ints, MultiColumn, RecordInput, Table

Parts = NDArray[np.int16]

SINGLE: dict[str, Callable[[str], str]] = {
    "middle_name": features.plain,
    "name_suffix": features.compact,
    "gender": features.plain,
    "street": features.street,
    "house_number": features.compact,
    "unit": features.compact,
    "postcode": features.postcode,
    "city": features.plain,
    "country": features.plain,
    "company": lambda value: " ".join(features.organisation_words(value)),
    "organisation_name": lambda value: " ".join(features.organisation_words(value)),
}
MULTI: dict[str, Callable[[str], str]] = {
    "email": str.casefold,
    "phone": features.digits,
    "national_id": features.compact,
    "loyalty_id": features.compact,
    "customer_number": features.compact,
    "device_id": features.compact,
}
SCRIPTS = ("street", "city")  # parts of an address that are not compared across scripts
ORGANISATION_WORD = 3  # letters from which a word of an organisation's name is a key


def encode(records: Sequence[RecordInput], model: Model, blocked: BlockedValues) -> Table:
    """The records as a table. Blocked values become missing and are listed in `table.ignored`.

    Identifiers that the model compares beyond the shipped ones are encoded too. Never raises for odd values.
    """
    reader = Reader(records, blocked)
    given, family = reader.names()
    single = _name_columns(given, family)
    single |= _plain_columns(reader)
    single |= {"source": dictionary([record.source for record in records])}
    single |= {"party_kind": dictionary([record.party_kind for record in records])}
    single |= _address_column(single)
    dates, parts = _date_columns(reader.first("birth_date"))
    single |= dates
    flat = {name: reader.all(name) for name in _multi_fields(model)}
    multi = {name: _multi(flat[name], clean, len(records)) for name, clean in _multi_fields(model).items()}
    multi["email.handle"] = _multi(_handles(flat["email"], single), str, len(records))
    multi["organisation.word"] = _multi(_organisation_words(single["organisation_name"]), str, len(records))
    record_id = np.fromiter((record.record_id for record in records), np.int64, len(records))
    return Table(record_id, single, multi, {"birth_date": parts}, reader.ignored)


def dictionary(values: Iterable[str]) -> Column:
    """Number the distinct values in order of appearance; "" is 0."""
    listed = list(values)
    distinct = list(dict.fromkeys(["", *listed]))
    numbers = dict(zip(distinct, range(len(distinct)), strict=True))
    return Column(np.fromiter(map(numbers.__getitem__, listed), np.int32, len(listed)), distinct)


def combine(columns: Sequence[Column], separator: str = "\x1f") -> Column:
    """One column of several: missing where any of them is; distinct combinations only are put together."""
    rows = np.flatnonzero(np.logical_and.reduce([column.codes > 0 for column in columns]))
    packed = columns[0].codes[rows].astype(np.int64)
    for column in columns[1:]:
        packed = np.unique(packed, return_inverse=True)[1] * len(column.values) + column.codes[rows]
    _, first, inverse = np.unique(packed, return_index=True, return_inverse=True)
    codes = np.zeros(len(columns[0].codes), np.int32)
    codes[rows] = inverse + 1
    examples = [[column.values[code] for code in column.codes[rows[first]].tolist()] for column in columns]
    return Column(codes, ["", *(separator.join(parts) for parts in zip(*examples, strict=True))])


def _map_distinct(values: Values, clean: Callable[[str], str]) -> Column:
    raw = dictionary(values)
    return _mapped(raw, [clean(value) if value else "" for value in raw.values])


def _mapped(raw: Column, cleaned: Sequence[str]) -> Column:
    """The column whose value is `cleaned[code]` where `raw` has that code."""
    distinct = dictionary(cleaned)
    return Column(distinct.codes[raw.codes], distinct.values)


def _plain_columns(reader: Reader) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    for name, clean in SINGLE.items():
        values = reader.first(name)
        columns[name] = _map_distinct(values, clean)
        if name in SCRIPTS:
            columns[f"{name}.script"] = _map_distinct(values, features.script)
    return columns


def _name_columns(given: Values, family: Values) -> dict[str, Column]:
    columns: dict[str, Column] = {}
    columns |= _facets("given_name", given, features.given_name)
    columns |= _facets("family_name", family, features.family_name)
    both = combine([columns["given_name"], columns["family_name"]], " ")
    columns["name.sorted"] = _mapped(both, [" ".join(sorted(name.split())) for name in both.values])
    columns["name.sounds"] = _in_any_order(columns["given_name.sound"], columns["family_name.sound"])
    columns["name.initials"] = _in_any_order(columns["given_name.initial"], columns["family_name.initial"])
    return columns


def _facets(name: str, values: Values, read: Callable[[str], features.NameFeatures]) -> dict[str, Column]:
    raw = dictionary(values)
    facets = zip(*map(read, raw.values), strict=True)
    columns = {f"{name}.{facet}": _mapped(raw, found) for facet, found in zip(features.FACETS, facets, strict=True)}
    return {name: columns.pop(f"{name}.text"), **columns}


def _in_any_order(left: Column, right: Column) -> Column:
    both = combine([left, right], " ")
    return _mapped(both, [" ".join(sorted(value.split(" "))) if value else "" for value in both.values])


def _address_column(single: dict[str, Column]) -> dict[str, Column]:
    """Street, number, unit and place as one value; the place is the postcode, or else the city."""
    place = _either(single["postcode"], single["city"])
    number = single["house_number"]
    with_number = combine([single["street"], number, place], "|")
    unit = single["unit"]
    units = [f"|{value}" if value else "" for value in unit.values]
    pairs = dictionary(
        [
            f"{with_number.values[code]}{units[door]}" if code else ""
            for code, door in zip(with_number.codes.tolist(), unit.codes.tolist(), strict=True)
        ]
    )
    return {"address": pairs}


def _either(first: Column, second: Column) -> Column:
    shift = len(first.values) - 1
    codes = np.where(first.codes > 0, first.codes, np.where(second.codes > 0, second.codes + shift, 0))
    return Column(codes.astype(np.int32), [*first.values, *second.values[1:]])


def _date_columns(values: Values) -> tuple[dict[str, Column], Parts]:
    raw = dictionary(values)
    parts = [features.date_parts(value) for value in raw.values]
    columns = {
        "birth_date": _mapped(raw, ["-".join(map(str, part)) if part[0] else "" for part in parts]),
        "birth_date.day": _mapped(raw, ["-".join(map(str, part)) if part[2] else "" for part in parts]),
        "birth_date.year": _mapped(raw, [str(part[0]) if part[0] else "" for part in parts]),
    }
    return columns, np.array(parts, np.int16)[raw.codes]


def _multi_fields(model: Model) -> dict[str, Callable[[str], str]]:
    own = [comparison.name for comparison in model.comparisons if comparison.kind == "identifier"]
    return dict.fromkeys(own, features.compact) | MULTI


def _multi(flat: Flat, clean: Callable[[str], str], records: int) -> MultiColumn:
    """Values by record; cleaned ones that are empty or repeated within a record are left out."""
    return _csr(np.array(flat.rows, np.int64), _map_distinct(flat.values, clean), records)


def _csr(owner: Ints, column: Column, records: int) -> MultiColumn:
    width = len(column.values)
    packed = np.unique(owner[column.codes > 0] * width + column.codes[column.codes > 0])
    counts = np.bincount(packed // width, minlength=records)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    codes: Codes = (packed % width).astype(np.int32)
    return MultiColumn(offsets, codes, column.values)


def _handles(emails: Flat, single: Mapping[str, Column]) -> Flat:
    """Local parts that are not made from the owner's name: those say something wherever the mailbox is."""
    given, family = single["given_name.compact"], single["family_name.compact"]
    first, last = given.codes[emails.rows].tolist(), family.codes[emails.rows].tolist()
    found = Flat([], [])
    for row, email, one, other in zip(emails.rows, emails.values, first, last, strict=True):
        local = features.local_part(email)
        if features.is_handle(local, given.values[one], family.values[other]):
            found.rows.append(row)
            found.values.append(local)
    return found


def _organisation_words(names: Column) -> Flat:
    rows = np.flatnonzero(names.codes).tolist()
    words = [(row, word) for row in rows for word in names.values[names.codes[row]].split()]
    kept = [(row, features.word_sound(word)) for row, word in words if len(word) >= ORGANISATION_WORD]
    return Flat([row for row, _ in kept], [sound for _, sound in kept])

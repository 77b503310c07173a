"""Records as dictionary-encoded columns: everything expensive is done once per distinct value."""

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from matching.engine import features
from matching.engine.blocked import FULL_NAME, BlockedValues
from matching.engine.model import Model
from matching.engine.types import Codes, Column, Ignored, Ints, MultiColumn, Reason, RecordInput, Table

Values = list[str]
Lists = list[list[str]]
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
ORGANISATION_WORD = 3  # letters from which a word of an organisation's name is a key


def encode(records: Sequence[RecordInput], model: Model, blocked: BlockedValues) -> Table:
    """The records as a table. Blocked values become missing and are listed in `table.ignored`.

    Identifiers that the model compares beyond the shipped ones are encoded too. Never raises for odd values.
    """
    reader = _Reader(records, blocked)
    given, family = reader.names()
    single = _name_columns(given, family)
    single |= {name: _map_distinct(reader.first(name), clean) for name, clean in SINGLE.items()}
    single |= {"source": dictionary([record.source for record in records])}
    single |= {"party_kind": dictionary([record.party_kind for record in records])}
    single |= _address_column(single)
    dates, parts = _date_columns(reader.first("birth_date"))
    single |= dates
    lists = {name: reader.all(name) for name in _multi_fields(model)}
    multi = {name: _multi(lists[name], clean) for name, clean in _multi_fields(model).items()}
    multi["email.handle"] = _handles(lists["email"], given, family)
    multi["organisation.word"] = _multi(_organisation_words(reader.first("organisation_name")), str)
    record_id = np.fromiter((record.record_id for record in records), np.int64, len(records))
    return Table(record_id, single, multi, {"birth_date": parts}, reader.ignored)


def dictionary(values: Iterable[str]) -> Column:
    """Number the distinct values in order of appearance; "" is 0."""
    numbers: dict[str, int] = {"": 0}
    codes = [numbers.setdefault(value, len(numbers)) for value in values]
    return Column(np.array(codes, np.int32), list(numbers))


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


class _Reader:
    """Reads attribute values by column and leaves out the blocked ones, remembering which."""

    def __init__(self, records: Sequence[RecordInput], blocked: BlockedValues) -> None:
        self.attributes = [record.attributes for record in records]
        self.blocked = blocked
        self.ignored: list[list[Ignored]] = [[] for _ in records]

    def first(self, name: str) -> Values:
        """The first value of each record, "" where it has none or a blocked one."""
        found = [attributes.get(name) for attributes in self.attributes]
        values = [item[0] if item else "" for item in found]
        bad = {value for value in set(values) if value and self.blocked.blocks(name, value)}
        if bad:
            values = [self._drop(row, name, 0) if value in bad else value for row, value in enumerate(values)]
        return values

    def all(self, name: str) -> Lists:
        """All values of each record without the blocked ones."""
        lists = [list(attributes.get(name, ())) for attributes in self.attributes]
        bad = {value for values in lists for value in values if value and self.blocked.blocks(name, value)}
        if not bad:
            return lists
        return [self._without(row, name, values, bad) for row, values in enumerate(lists)]

    def names(self) -> tuple[Values, Values]:
        """First names and surnames; both missing where the full name is blocked."""
        given, family = self.first("given_name"), self.first("family_name")
        pairs = {pair for pair in zip(given, family, strict=True) if all(pair)}
        bad = {pair for pair in pairs if self.blocked.blocks(FULL_NAME, " ".join(pair))}
        for row, pair in enumerate(zip(given, family, strict=True) if bad else ()):
            if pair in bad:
                given[row] = self._drop(row, "given_name", 0)
                family[row] = self._drop(row, "family_name", 0)
        return given, family

    def _without(self, row: int, name: str, values: Values, bad: set[str]) -> Values:
        for index, value in enumerate(values):
            if value in bad:
                self._drop(row, name, index)
        return [value for value in values if value not in bad]

    def _drop(self, row: int, name: str, index: int) -> str:
        self.ignored[row].append(Ignored(name, index, Reason.BLOCKED_VALUE))
        return ""


def _map_distinct(values: Values, clean: Callable[[str], str]) -> Column:
    raw = dictionary(values)
    return _mapped(raw, [clean(value) if value else "" for value in raw.values])


def _mapped(raw: Column, cleaned: Sequence[str]) -> Column:
    """The column whose value is `cleaned[code]` where `raw` has that code."""
    distinct = dictionary(cleaned)
    return Column(distinct.codes[raw.codes], distinct.values)


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
    read_values = [read(value) for value in raw.values]
    columns = {
        f"{name}.{facet}": _mapped(raw, [getattr(item, facet) for item in read_values])
        for facet in features.NameFeatures._fields
    }
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


def _multi(lists: Lists, clean: Callable[[str], str]) -> MultiColumn:
    """Flatten lists of values; cleaned values that are empty or repeated within a record are left out."""
    flat = dictionary([value for values in lists for value in values])
    cleaned = _mapped(flat, [clean(value) if value else "" for value in flat.values])
    owner = np.repeat(np.arange(len(lists)), np.fromiter(map(len, lists), np.int64, len(lists)))
    return _csr(owner, cleaned, len(lists))


def _csr(owner: Ints, column: Column, records: int) -> MultiColumn:
    width = len(column.values)
    packed = np.unique(owner[column.codes > 0] * width + column.codes[column.codes > 0])
    counts = np.bincount(packed // width, minlength=records)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    codes: Codes = (packed % width).astype(np.int32)
    return MultiColumn(offsets, codes, column.values)


def _handles(emails: Lists, given: Values, family: Values) -> MultiColumn:
    """Local parts that are not made from the owner's name: those say something wherever the mailbox is."""
    lists: Lists = []
    for values, first, last in zip(emails, given, family, strict=True):
        names = (features.given_name(first).compact, features.family_name(last).compact) if values else ()
        locals_ = [features.local_part(value.casefold()) for value in values]
        lists.append([local for local in locals_ if features.is_handle(local, names)])
    return _multi(lists, str)


def _organisation_words(names: Values) -> Lists:
    words = {name: features.organisation_words(name) for name in set(names)}
    return [[features.word_sound(word) for word in words[name] if len(word) >= ORGANISATION_WORD] for name in names]

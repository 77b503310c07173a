"""Blocking keys: one stable 64-bit number per rule and record, the same in every process and in the database.

A key is stirred from the hashes of its parts, so that no texts are put together and all records are done at once.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache, partial
from typing import NamedTuple

import numpy as np

from matching.engine.columns import containing
from matching.engine.features import nickname
from matching.engine.model import BlockingRule, Model, ModelInvalid
from matching.engine.texts import Hashes, hashes, pick, stirred
from matching.engine.types import Codes, Ints, Keys, Table

HOLDERS = ("name.initials",)  # the part by which holders of one value are told apart
STEP = np.uint64(0x9E3779B97F4A7C15)


class Entries(NamedTuple):
    """One number per record, or where a part has several values per value: `rows` is None, or whose each is. 0 is none."""

    rows: Ints | None
    number: Hashes


def block_keys(table: Table, model: Model) -> Keys:
    """Every key of every record, by rule, then record."""
    return _keys(table, model.blocking)


def value_keys(table: Table, model: Model) -> Keys:
    """Only the keys that stand for one value that people may share: e-mail, phone, address, device."""
    return _keys(table, [rule for rule in model.blocking if rule.value_of])


def stable_key(rule_name: str, value: str) -> int:
    """The key of one value under a rule of one part, as a signed 64-bit number."""
    return int(stirred(_joined(_seed(rule_name), [hashes([value])])).view(np.int64)[0])


def rule_keys(table: Table, rule: BlockingRule) -> Entries:
    """The keys of one rule, 0 where a part is missing; worked out once per table."""
    found: Entries = table.fact(f"keys of {rule.name}", lambda: _of_rule(table, rule))
    return found


def part_hashes(table: Table, part: str) -> Hashes:
    """A hash of one part of each record, 0 where it is missing; of a part with several values one for each value."""
    found: Hashes = table.fact(f"hashes of {part}", lambda: _of_part(table, part))
    return found


def keys_of(table: Table, model: Model) -> Iterator[list[Callable[[], object]]]:
    """What keys ask of the table, in two stages: the parts of rules, then the keys made of them."""
    parts = dict.fromkeys(part for rule in model.blocking for part in (*rule.parts, *HOLDERS[: bool(rule.value_of)]))
    yield [partial(part_hashes, table, part) for part in parts]
    yield [partial(rule_keys, table, rule) for rule in model.blocking]


def _keys(table: Table, rules: Iterable[BlockingRule]) -> Keys:
    record: list[Codes] = [np.zeros(0, np.int32)]
    number, key = [np.zeros(0, np.int16)], [np.zeros(0, np.int64)]
    for rule in rules:
        rows, keys = rule_keys(table, rule)
        present = np.flatnonzero(keys)
        record.append((present if rows is None else rows[present]).astype(np.int32))
        number.append(np.full(len(present), rule.number, np.int16))
        key.append(keys[present].view(np.int64))
    return Keys(np.concatenate(record), np.concatenate(number), np.concatenate(key))


def _of_rule(table: Table, rule: BlockingRule) -> Entries:
    several = [part for part in rule.parts if part in table.multi]
    if len(several) > 1:
        raise ModelInvalid(f"Blocking rule {rule.name} has two parts with several values.")
    rows = None
    if several:
        offsets = table.multi[several[0]].offsets
        rows = np.repeat(np.arange(len(table), dtype=np.int64), np.diff(offsets))
    parts = [part_hashes(table, part) for part in rule.parts]
    if rows is not None:
        parts = [found if part in table.multi else found[rows] for part, found in zip(rule.parts, parts, strict=True)]
    key = stirred(_joined(_seed(rule.name), parts))
    present = np.logical_and.reduce([found != 0 for found in parts])
    return Entries(rows, np.where(present, np.maximum(key, np.uint64(1)), np.uint64(0)))


@lru_cache(1 << 8)
def _seed(rule_name: str) -> Hashes:
    return hashes([rule_name])


def _joined(key: Hashes, parts: Iterable[Hashes]) -> Hashes:
    """Parts that are well stirred each, in their order."""
    for found in parts:
        key = key * STEP + found
    return key


def _of_part(table: Table, part: str) -> Hashes:
    if part in COMPOSED:
        return COMPOSED[part](table)
    if part in table.multi:
        return hashes(table.multi[part].values)[table.multi[part].codes]
    if part in table.single:
        return hashes(table.single[part].values)[table.single[part].codes]
    raise ModelInvalid(f"There is nothing called {part} to make keys from.")


def _both(one: Hashes, other: Hashes) -> Hashes:
    """In any order."""
    return np.where((one != 0) & (other != 0), stirred(one + other), np.uint64(0))


def _words(table: Table) -> Hashes:
    return _both(_sum_of_words(table, "given_name"), _sum_of_words(table, "family_name"))


def _sum_of_words(table: Table, name: str) -> Hashes:
    column = table.single[name]
    summed = hashes(column.values)
    several = np.flatnonzero(containing(column.values, " "))
    if len(several):
        words = [value.split() for value in pick(column.values, several)]
        starts = np.cumsum([0, *map(len, words[:-1])])
        summed[several] = np.add.reduceat(hashes([word for name in words for word in name]), starts)
    return summed[column.codes]


def _forms(table: Table) -> Hashes:
    """All words of the names in any order, each first name by its most usual form: Howie Hughes is Hughes Howard."""
    return _both(_sum_of_forms(table, "given_name"), _sum_of_forms(table, "family_name"))


def _sum_of_forms(table: Table, name: str) -> Hashes:
    column = table.single[name]
    words = [value.split() or [""] for value in column.values]
    starts = np.cumsum([0, *map(len, words[:-1])])
    found: Hashes = np.add.reduceat(hashes([nickname(word) for several in words for word in several]), starts)
    return found[column.codes]


def _sounds(table: Table) -> Hashes:
    return _both(part_hashes(table, "given_name.sound"), part_hashes(table, "family_name.sound"))


def _initials(table: Table) -> Hashes:
    return _both(part_hashes(table, "given_name.initial"), part_hashes(table, "family_name.initial"))


def _date(table: Table, known_to: int) -> Hashes:
    """The digits of a date that is known to its year (0) or to its day (2)."""
    parts = table.date_parts["birth_date"]
    number = np.zeros(len(parts), np.uint64)
    for place in range(known_to + 1):
        number = number * np.uint64(100) + parts[:, place].astype(np.uint64)
    return np.where(parts[:, known_to] > 0, stirred(number + np.uint64(1)), np.uint64(0))


def _day(table: Table) -> Hashes:
    return _date(table, 2)


def _year(table: Table) -> Hashes:
    return _date(table, 0)


def _address(table: Table) -> Hashes:
    """Street, number, unit and place; the place is the postcode, or else the city."""
    street, number, unit, code, city = (
        part_hashes(table, part) for part in ("street", "house_number", "unit", "postcode", "city")
    )
    place = np.where(code != 0, code, stirred(city))
    found = stirred(_joined(street, (number, place, unit)))
    present = (street != 0) & (number != 0) & (place != 0)
    return np.where(present, found, np.uint64(0))


COMPOSED: dict[str, Callable[[Table], Hashes]] = {
    "name.sorted": _words,
    "name.forms": _forms,
    "name.sounds": _sounds,
    "name.initials": _initials,
    "address": _address,
    "birth_date.day": _day,
    "birth_date.year": _year,
}

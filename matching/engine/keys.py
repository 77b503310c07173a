"""Blocking keys: one stable 64-bit number per rule and record, the same in every process and in the database."""

from collections.abc import Iterable
from functools import lru_cache
from hashlib import blake2b

import numpy as np

from matching.engine.encode import combine
from matching.engine.model import BlockingRule, Model, ModelInvalid
from matching.engine.types import Column, Ints, Keys, Table


def block_keys(table: Table, model: Model) -> Keys:
    """Every key of every record, by rule, then record."""
    return _keys(table, model.blocking)


def value_keys(table: Table, model: Model) -> Keys:
    """Only the keys that stand for one value that people may share: e-mail, phone, address, device."""
    return _keys(table, [rule for rule in model.blocking if rule.value_of])


@lru_cache(1 << 18)
def stable_key(rule_name: str, value: str) -> int:
    """The key of one value under one rule, as a signed 64-bit number."""
    digest = blake2b(f"{rule_name}\x1e{value}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _keys(table: Table, rules: Iterable[BlockingRule]) -> Keys:
    found = [(rule.number, *_of_rule(table, rule)) for rule in rules]
    record = np.concatenate([rows for _, rows, _ in found]) if found else np.zeros(0, np.int64)
    key = np.concatenate([keys for _, _, keys in found]) if found else np.zeros(0, np.int64)
    rule = np.repeat([number for number, _, _ in found], [len(keys) for _, _, keys in found])
    return Keys(record.astype(np.int32), rule.astype(np.int16), key)


def _of_rule(table: Table, rule: BlockingRule) -> tuple[Ints, Ints]:
    """Row numbers and keys of one rule; rows without all of its parts have none."""
    rows, columns = _gather(table, rule)
    combined = columns[0] if len(columns) == 1 else combine(columns)
    used = np.unique(combined.codes)
    key_of_code = np.zeros(len(combined.values), np.int64)
    key_of_code[used] = [stable_key(rule.name, combined.values[code]) for code in used.tolist()]
    present = combined.codes > 0
    return rows[present], key_of_code[combined.codes[present]]


def _gather(table: Table, rule: BlockingRule) -> tuple[Ints, list[Column]]:
    """The parts of a rule as columns of equal length; a part with several values repeats its record."""
    several = [part for part in rule.parts if part in table.multi]
    if len(several) > 1:
        raise ModelInvalid(f"Blocking rule {rule.name} has two parts with several values.")
    rows = np.arange(len(table), dtype=np.int64)
    if several:
        offsets = table.multi[several[0]].offsets
        rows = np.repeat(rows, np.diff(offsets))
    return rows, [_part(table, part, rows) for part in rule.parts]


def _part(table: Table, part: str, rows: Ints) -> Column:
    if part in table.multi:
        return Column(table.multi[part].codes, table.multi[part].values)
    if part not in table.single:
        raise ModelInvalid(f"There is nothing called {part} to make keys from.")
    return Column(table.single[part].codes[rows], table.single[part].values)

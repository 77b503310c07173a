"""How many customers hold a value: what many share says that they are related, not that they are one."""

from collections.abc import Mapping

import numpy as np

from matching.engine.keys import stable_key
from matching.engine.model import BlockingRule, Model
from matching.engine.pairs import cross
from matching.engine.types import Codes, Ints, Levels, Table

Usage = Mapping[int, int]


def with_table(usage: Usage, table: Table, profile_of: Ints, model: Model) -> dict[int, int]:
    """Usage raised to what the table itself shows.

    Holders without a profile yet are told apart by their initials, so that many records of one person who was
    received for the first time do not look like many people.
    """
    raised = dict(usage)
    holders = _holders(table, profile_of)
    for rule in _value_rules(model):
        for code, count in _counts(table, rule, holders):
            key = stable_key(rule.name, _values(table, rule)[code])
            raised[key] = max(count, raised.get(key, 0))
    return raised


def agreeing(table: Table, left: Ints, right: Ints, levels: Levels, model: Model, usage: Usage) -> dict[str, Codes]:
    """Per comparison how many hold the value that a pair agrees on exactly: of several the rarest; 0 if not counted."""
    result: dict[str, Codes] = {}
    for rule in _value_rules(model):
        name = rule.value_of
        if name is None or not model.has(name):
            continue
        counts = np.zeros(len(left), np.int32)
        rows = np.flatnonzero(levels[:, model.column[name]] == model.comparison(name).level("exact"))
        if len(rows):
            counts[rows] = _rarest(table, rule, left[rows], right[rows], usage)
        result[name] = counts
    return result


def limit(levels: Levels, counts: Mapping[str, Codes], model: Model) -> Levels:
    """The patterns with agreement on values over their limit turned to "shared", which is no evidence."""
    limited = levels.copy()
    for name, held in counts.items():
        comparison = model.comparison(name)
        if comparison.has("shared"):
            over = held > model.limits.shared.get(name, model.limits.generic)
            limited[over, model.column[name]] = comparison.level("shared")
    return limited


def _value_rules(model: Model) -> list[BlockingRule]:
    return [rule for rule in model.blocking if rule.value_of]


def _values(table: Table, rule: BlockingRule) -> list[str]:
    part = rule.parts[0]
    return list((table.multi[part] if part in table.multi else table.single[part]).values)


def _holders(table: Table, profile_of: Ints) -> Ints:
    initials = table.single["name.initials"].codes.astype(np.int64)
    return np.where(profile_of >= 0, profile_of + initials.max(initial=0) + 1, initials)


def _counts(table: Table, rule: BlockingRule, holders: Ints) -> list[tuple[int, int]]:
    """(code, distinct holders) of values with more than one."""
    part = rule.parts[0]
    if part in table.multi:
        codes, owner = table.multi[part].codes, np.repeat(holders, np.diff(table.multi[part].offsets))
    else:
        codes, owner = table.single[part].codes, holders
    distinct = np.unique(np.stack([codes, owner])[:, codes > 0], axis=1)
    held, counts = np.unique(distinct[0], return_counts=True)
    return [(int(code), int(count)) for code, count in zip(held, counts, strict=True) if count > 1]


def _rarest(table: Table, rule: BlockingRule, left: Ints, right: Ints, usage: Usage) -> Codes:
    part = rule.parts[0]
    if part not in table.multi:
        return _used(table, rule, table.single[part].codes[left], usage)
    crossed = cross(table.multi[part], left, right)
    same = crossed.left == crossed.right
    pair, counts = crossed.pair[same], _used(table, rule, crossed.left[same], usage)
    rarest = np.full(len(left), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(rarest, pair, counts)
    return np.where(rarest == np.iinfo(np.int32).max, 0, rarest).astype(np.int32)


def _used(table: Table, rule: BlockingRule, codes: Codes, usage: Usage) -> Codes:
    values = _values(table, rule)
    distinct, inverse = np.unique(codes, return_inverse=True)
    counts = [usage.get(stable_key(rule.name, values[code]), 0) if code else 0 for code in distinct.tolist()]
    return np.array(counts, np.int32)[inverse.reshape(-1)] if counts else np.zeros(0, np.int32)

"""How many customers hold a value: what many share says that they are related, not that they are one."""

from collections.abc import Mapping

import numpy as np

from matching.engine.blocks import rule_blocks
from matching.engine.keys import part_hashes, rule_keys
from matching.engine.model import BlockingRule, Model
from matching.engine.pairs import crossed_places
from matching.engine.texts import Hashes
from matching.engine.types import Codes, Ints, Levels, Table

Usage = Mapping[int, int]  # key -> holders
Counts = Mapping[str, Codes]  # comparison -> holders of each record's value, or of each of its values
NOWHERE: Usage = {}


def count(
    table: Table, model: Model, usage: Usage = NOWHERE, profile_of: Ints | None = None, over_limit: bool = False
) -> Counts:
    """How many customers hold each value of the table: what is known already, raised to what the table itself shows.

    Holders without a profile yet are told apart by their initials, so that many records of one person who was
    received for the first time do not look like many people; nor do they beside a profile that holds the value under the
    same initials: it does not matter which of them came first. Without `profile_of` only what is known counts. With
    `over_limit` what is within the model's limit counts as nought, which is cheaper.
    """
    return {
        rule.value_of: _of_rule(table, rule, usage, profile_of, _limit(rule.value_of, model) if over_limit else 1)
        for rule in model.blocking
        if rule.value_of and model.has(rule.value_of)
    }


def agreeing(table: Table, left: Ints, right: Ints, levels: Levels, model: Model, counts: Counts) -> dict[str, Codes]:
    """Per comparison how many hold the value that a pair agrees on exactly: of several the rarest; 0 if not counted."""
    result: dict[str, Codes] = {}
    for name, held in counts.items():
        found = np.zeros(len(left), np.int32)
        rows = np.flatnonzero(levels[:, model.column[name]] == model.comparison(name).level("exact"))
        if len(rows) and held.any():
            found[rows] = _rarest(table, name, left[rows], right[rows], held)
        result[name] = found
    return result


def limit(levels: Levels, counts: Mapping[str, Codes], model: Model) -> Levels:
    """The patterns with agreement on values over their limit turned to "shared", which is no evidence."""
    limited = levels.copy()
    for name, held in counts.items():
        comparison = model.comparison(name)
        if comparison.has("shared"):
            over = held > _limit(name, model)
            limited[over, model.column[name]] = comparison.level("shared")
    return limited


def _limit(name: str, model: Model) -> int:
    return model.limits.shared.get(name, model.limits.generic)


def _of_rule(table: Table, rule: BlockingRule, usage: Usage, profile_of: Ints | None, above: int) -> Codes:
    rows, keys = rule_keys(table, rule)
    held = np.zeros(len(keys), np.int32)
    if profile_of is not None:
        owners = np.arange(len(table)) if rows is None else rows
        found = rule_blocks(table, rule)
        several = found.chosen(found.sizes > above).entries
        initials = part_hashes(table, "name.initials")[owners[several]]
        held[several] = _held(keys[several], initials, profile_of[owners[several]], above)
    if usage:
        known = [usage.get(key, 0) for key in keys.view(np.int64).tolist()]
        held = np.maximum(held, np.array(known, np.int32))
    return held


def _held(keys: Hashes, initials: Hashes, profile_of: Ints, above: int) -> Codes:
    """Distinct holders of each entry's key, where there are more than so many."""
    held = np.zeros(len(keys), np.int32)
    if not len(keys):
        return held
    holders = _holders(keys, initials, profile_of)
    order = np.lexsort((holders, keys))
    key, holder = keys[order], holders[order]
    new_key = np.r_[True, key[1:] != key[:-1]]
    new_holder = new_key | np.r_[True, holder[1:] != holder[:-1]]
    group = np.cumsum(new_key) - 1
    counts = np.bincount(group[new_holder])[group]
    held[order] = np.where(counts > above, counts, 0)
    return held


def _holders(keys: Hashes, initials: Hashes, profile_of: Ints) -> Hashes:
    """Who holds the key of each entry: its profile, or one that holds it under the same initials, or else these."""
    own = profile_of.astype(np.uint64)
    if not (profile_of >= 0).any() or not (profile_of < 0).any():
        return np.where(profile_of >= 0, own, initials)
    order = np.lexsort((profile_of < 0, initials, keys))
    key, name, profile = keys[order], initials[order], profile_of[order]
    first = np.r_[True, (key[1:] != key[:-1]) | (name[1:] != name[:-1])]
    known = profile[np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))]
    found = np.empty(len(order), np.uint64)
    of = np.where(profile >= 0, profile, known)
    found[order] = np.where(of >= 0, of.astype(np.uint64), name)
    return found


def _rarest(table: Table, name: str, left: Ints, right: Ints, held: Codes) -> Codes:
    if name not in table.multi:
        return held[left]
    column = table.multi[name]
    pair, one, other = crossed_places(column.offsets, left, right)
    same = column.codes[one] == column.codes[other]
    rarest = np.full(len(left), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(rarest, pair[same], held[one[same]])
    return np.where(rarest == np.iinfo(np.int32).max, 0, rarest).astype(np.int32)

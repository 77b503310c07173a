"""Pairs of records that share a key, found in memory, a chunk at a time.

A pair belongs to the first rule that finds it. That is told by comparing the keys of its two records, so chunks and
partitions need to know nothing of each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import numpy as np

from matching.engine.blocks import Blocks, blocks, ranges, rule_blocks
from matching.engine.crew import at_once
from matching.engine.keys import Entries, rule_keys
from matching.engine.model import BlockingRule, Model
from matching.engine.pairs import crossed_places
from matching.engine.texts import Hashes
from matching.engine.types import Candidates, Flags, Ints, Keys, Oversize, Table

CHUNK = 1 << 18  # pairs at a time


class Part(NamedTuple):
    """A share of all keys: those that leave the remainder `number` by `of`; of these every `sample`th."""

    number: int = 0
    of: int = 1
    sample: int = 1

    def holds(self, keys: Hashes) -> Flags:
        """Which keys are in it."""
        found: Flags = keys != 0
        if self.of > 1:
            found &= keys % np.uint64(self.of) == np.uint64(self.number)
        if self.sample > 1:
            found &= (keys >> np.uint64(32)) % np.uint64(self.sample) == 0
        return found


EVERYTHING = Part()


@dataclass(frozen=True, slots=True)
class RuleKeys:
    """The keys of one rule, one per record, or where records have several `several[i]:several[i + 1]`; 0 is none."""

    rule: BlockingRule
    keys: Hashes
    blocks: Blocks
    several: Ints | None = None

    @property
    def rows(self) -> Ints | None:
        """The record of each key, where that is not its place."""
        if self.several is None:
            return None
        return np.repeat(np.arange(len(self.several) - 1, dtype=np.int64), np.diff(self.several))

    def shared(self, left: Ints, right: Ints, below: Hashes | None = None) -> Flags:
        """Whether pairs have a key in common, or one below the one that they were found by."""
        if self.several is None:
            key = self.keys[left]
            shared: Flags = (key == self.keys[right]) & (key != 0)
            return shared
        pair, one, other = crossed_places(self.several, left, right)
        same = (self.keys[one] == self.keys[other]) & (self.keys[one] != 0)
        if below is not None:
            same &= self.keys[one] < below[pair]
        return np.bincount(pair[same], minlength=len(left)) > 0


@dataclass(frozen=True, slots=True)
class Blocking:
    """All keys of a table by rule, in the order of their numbers, without the oversize ones."""

    rules: Sequence[RuleKeys]
    oversize: tuple[Oversize, ...]

    @classmethod
    def of(cls, table: Table, model: Model, threads: int = 1) -> "Blocking":
        """The keys of a table; those of more records than a block may have are left out and reported."""
        ordered = sorted(model.blocking, key=lambda rule: rule.number)
        at_once([partial(rule_blocks, table, rule) for rule in ordered], threads)
        rules, oversize = [], []
        for rule in ordered:
            entries = rule_keys(table, rule)
            if entries.number.any():
                found, large = _within_cap(
                    rule, entries, rule_blocks(table, rule), model.block_caps[rule.number], len(table)
                )
                rules.append(found)
                oversize += large
        return cls(rules, tuple(oversize))

    def chunks(self, part: Part = EVERYTHING, owned: bool = True) -> Iterator[Candidates]:
        """All pairs of a part of the keys, those of one rule after the other; `owned` leaves each to its first rule."""
        for place, rule in enumerate(self.rules):
            for left, right, key in _pairs_of_rule(rule, part):
                if owned and (place or rule.several is not None):
                    mine = np.flatnonzero(self._is_first(place, left, right, key))
                    left, right = left[mine], right[mine]
                yield Candidates(left, right, np.full(len(left), rule.rule.number, np.int16))

    def size(self, part: Part) -> int:
        """How many pairs the blocks of a part have, those found several times counted each time."""
        return sum(int(rule.blocks.pairs[part.holds(rule.blocks.key)].sum()) for rule in self.rules)

    def owns(self, candidates: Candidates) -> Flags:
        """Of pairs found by rules of one key a record, which belong to the rule that found them."""
        mine = np.ones(len(candidates), np.bool_)
        for place, rule in enumerate(self.rules):
            rows = np.flatnonzero(candidates.rule == rule.rule.number)
            mine[rows] = self._is_first(place, candidates.left[rows], candidates.right[rows], None)
        return mine

    def _is_first(self, place: int, left: Ints, right: Ints, key: Hashes | None) -> Flags:
        mine = np.ones(len(left), np.bool_)
        for earlier in self.rules[:place]:
            mine &= ~earlier.shared(left, right)
        if self.rules[place].several is not None and key is not None:
            mine &= ~self.rules[place].shared(left, right, key)
        return mine


def pairs_within(keys: Keys, caps: Mapping[int, int]) -> Candidates:
    """All pairs of records with a common key, each with the lowest rule number that finds it.

    Keys of more records than the cap of their rule (`model.block_caps`) are left out and reported as oversize.
    """
    rules, oversize = [], []
    for number in np.unique(keys.rule).tolist():
        own = np.flatnonzero(keys.rule == number)
        own = own[np.argsort(keys.record[own], kind="stable")]
        rule = BlockingRule(number, str(number), (), "")
        entries = Entries(keys.record[own].astype(np.int64), keys.key[own].view(np.uint64))
        one, large = _within_cap(rule, entries, blocks(entries.number), caps[number], int(keys.record.max()) + 1)
        rules.append(one)
        oversize += large
    found = list(Blocking(rules, tuple(oversize)).chunks())
    if not found:
        return Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int16), tuple(oversize))
    stacked = [np.concatenate([getattr(one, name) for one in found]) for name in ("left", "right", "rule")]
    order = np.lexsort((stacked[1], stacked[0]))
    return Candidates(stacked[0][order], stacked[1][order], stacked[2][order], tuple(oversize))


def _within_cap(
    rule: BlockingRule, entries: Entries, found: Blocks, cap: int, records: int
) -> tuple[RuleKeys, list[Oversize]]:
    """The keys of so many records without those of more entries than the cap."""
    large = found.sizes > cap
    kept = found.chosen(~large)
    if not large.any():
        return _rule_keys(rule, entries, kept, records), []
    keys, gone = entries.number.copy(), found.chosen(large)
    keys[gone.entries] = 0
    told = zip(gone.key.view(np.int64).tolist(), gone.sizes.tolist(), strict=True)
    oversize = [Oversize(rule.number, key, size) for key, size in told]
    return _rule_keys(rule, Entries(entries.rows, keys), kept, records), oversize


def _rule_keys(rule: BlockingRule, entries: Entries, kept: Blocks, records: int) -> RuleKeys:
    rows, keys = entries
    if rows is None:
        return RuleKeys(rule, keys, kept)
    counts = np.bincount(rows, minlength=records)
    if counts.max(initial=0) > 1:
        return RuleKeys(rule, keys, kept, np.concatenate([[0], np.cumsum(counts)]))
    one_each = np.zeros(records, np.uint64)
    one_each[rows] = keys
    return RuleKeys(rule, one_each, kept._replace(members=rows[kept.members].astype(np.int32)))


def _pairs_of_rule(rule: RuleKeys, part: Part) -> Iterator[tuple[Ints, Ints, Hashes]]:
    """Pairs within blocks, as rows (left < right), with the key of each."""
    found = rule.blocks.chosen(part.holds(rule.blocks.key))
    owner = rule.rows
    record = found.members if owner is None else owner[found.members]
    made = np.cumsum(found.pairs)
    edges = [0, *(np.flatnonzero(np.diff(made // CHUNK)) + 1).tolist(), len(made)]
    for low, high in zip(edges[:-1], edges[1:], strict=True):
        if high > low:
            first, second = _pairs_in_blocks(found.starts[low:high], found.sizes[low:high])
            key = np.repeat(found.key[low:high], found.pairs[low:high])
            yield record[first].astype(np.int64), record[second].astype(np.int64), key


def _pairs_in_blocks(starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Places of all pairs within runs given by start and size."""
    step = ranges(sizes)
    later = np.repeat(sizes, sizes) - 1 - step  # members after each member of its block
    first = np.repeat(np.repeat(starts, sizes) + step, later)
    return first, first + 1 + ranges(later)

"""Records that share a key, block by block: worked out once for each rule, for pairs, caps and counts alike."""

from typing import NamedTuple, Self

import numpy as np

from matching.engine.keys import rule_keys
from matching.engine.model import BlockingRule
from matching.engine.selection import OFFSETS
from matching.engine.texts import Hashes
from matching.engine.types import Codes, Flags, Ints, Table


class Blocks(NamedTuple):
    """Entries that share a key with others: those of `key[i]` are `sizes[i]` of `members` from `starts[i]` on, ascending."""

    members: Codes
    starts: Ints
    sizes: Ints
    key: Hashes

    def chosen(self, wanted: Flags) -> Self:
        """Some of the blocks."""
        return self._replace(starts=self.starts[wanted], sizes=self.sizes[wanted], key=self.key[wanted])

    @property
    def pairs(self) -> Ints:
        """How many pairs each block has."""
        made: Ints = self.sizes * (self.sizes - 1) // 2
        return made

    @property
    def entries(self) -> Ints:
        """All members, block after block."""
        places: Ints = self.members[np.repeat(self.starts, self.sizes) + ranges(self.sizes)].astype(np.int64)
        return places


def rule_blocks(table: Table, rule: BlockingRule) -> Blocks:
    """The blocks of a rule's keys; worked out once per table."""
    found: Blocks = table.fact(f"{OFFSETS}blocks of {rule.name}", lambda: blocks(rule_keys(table, rule).number))
    return found


def blocks(keys: Hashes) -> Blocks:
    """The blocks of two entries or more; an entry without a key (0) is in none."""
    members = _by_key(keys)
    key = keys[members]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else np.zeros(0, np.int64)
    found = Blocks(members.astype(np.int32), starts, np.diff(np.append(starts, len(key))), key[starts])
    return found.chosen(found.sizes > 1)


def ranges(counts: Ints) -> Ints:
    """0..n-1 for each n, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)


def _by_key(keys: Hashes) -> Ints:
    """Places of the entries that may share their key, those of one key next to each other, ascending.

    Two rounds of radix sort bring together what agrees in the low 32 bits, in a third of the time of sorting by key. Keys
    that differ only above, one in thousands, are parted afterwards.
    """
    places = np.flatnonzero(keys)
    for shift in (0, 16):
        digits = (keys[places] >> np.uint64(shift)).astype(np.uint16)
        places = places[np.argsort(digits, kind="stable")]
    key = keys[places]
    low = key.astype(np.uint32)
    apart = np.r_[True, low[1:] != low[:-1], True]
    kept = np.flatnonzero(~(apart[:-1] & apart[1:]))
    places, key, low = places[kept], key[kept], low[kept]
    group = np.cumsum(np.r_[True, low[1:] != low[:-1]][: len(low)]) - 1
    is_mixed = np.zeros(len(group), np.bool_)
    is_mixed[group[1:][(key[1:] != key[:-1]) & (group[1:] == group[:-1])]] = True
    mixed = np.flatnonzero(is_mixed[group])
    places[mixed] = places[mixed[np.lexsort((key[mixed], low[mixed]))]]
    return places

"""Pairs of records that share a key, found in memory."""

import numpy as np

from matching.engine.types import Candidates, Ints, Keys, Oversize


def pairs_within(keys: Keys, cap: int) -> Candidates:
    """All pairs of records with a common key, each with the lowest rule number that finds it.

    Keys of more than `cap` records are left out and reported as oversize.
    """
    order = np.lexsort((keys.record, keys.key, keys.rule))
    record, rule, key = keys.record[order].astype(np.int64), keys.rule[order], keys.key[order]
    starts = np.flatnonzero(np.r_[True, (np.diff(rule) != 0) | (np.diff(key) != 0)]) if len(key) else _none()
    sizes = np.diff(np.append(starts, len(key)))
    oversize = tuple(
        Oversize(int(rule[starts[i]]), int(key[starts[i]]), int(sizes[i])) for i in np.flatnonzero(sizes > cap)
    )
    blocks = (sizes > 1) & (sizes <= cap)
    first, second = _pairs_in_blocks(starts[blocks], sizes[blocks])
    return _first_finder(record[first], record[second], rule[first], oversize)


def _pairs_in_blocks(starts: Ints, sizes: Ints) -> tuple[Ints, Ints]:
    """Places of all pairs within runs given by start and size."""
    later = np.repeat(sizes, sizes) - 1 - _ranges(sizes)  # members after each member of its block
    place = np.repeat(starts, sizes) + _ranges(sizes)
    first = np.repeat(place, later)
    return first, first + 1 + _ranges(later)


def _ranges(counts: Ints) -> Ints:
    """0..n-1 for each n, one after the other."""
    ends = np.cumsum(counts)
    return np.arange(ends[-1] if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts, counts)


def _first_finder(left: Ints, right: Ints, rule: np.ndarray, oversize: tuple[Oversize, ...]) -> Candidates:
    """One entry per pair; the input is ordered by rule, so the first one found stays."""
    if not len(left):
        return Candidates(left, right, rule.astype(np.int16), oversize)
    width = int(right.max()) + 1
    _, first = np.unique(left * width + right, return_index=True)
    return Candidates(left[first], right[first], rule[first].astype(np.int16), oversize)


def _none() -> Ints:
    return np.zeros(0, np.int64)

"""Patterns of levels as single numbers, so that what depends on the pattern alone is worked out once for each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from matching.engine.types import Ints, Levels

ROOM = 1 << 62


class Distinct(NamedTuple):
    """Distinct numbers in order of appearance, and for each number the place of its own among them."""

    values: Ints
    place: Ints


def pack(levels: Levels, sizes: Sequence[int]) -> Ints:
    """Each pattern as one number; `sizes` says how many levels each comparison has."""
    packed = np.zeros(len(levels), np.int64)
    room = 1
    for column, size in enumerate(sizes):
        if room * size > ROOM:
            raise OverflowError("A model has too many levels for its patterns to be numbered.")
        packed *= size
        packed += levels[:, column]
        room *= size
    return packed


def unpack(packed: Ints, sizes: Sequence[int]) -> Levels:
    """The patterns of numbers."""
    levels = np.zeros((len(packed), len(sizes)), np.int8, order="F")
    rest = packed.copy()
    for column in reversed(range(len(sizes))):
        rest, levels[:, column] = np.divmod(rest, sizes[column])
    return levels


def distinct(packed: Ints) -> Distinct:
    """What numbers there are; by hashing, so the cheaper the fewer there are."""
    encoded = pa.array(packed).dictionary_encode()
    return Distinct(encoded.dictionary.to_numpy(), encoded.indices.to_numpy())

"""Connected components of millions of edges, as columns."""

import numpy as np

from matching.engine.types import Codes, Ints


def component_of(size: int, left: Codes | Ints, right: Codes | Ints) -> Ints:
    """For each of so many rows the lowest row that it is connected with, itself if it is alone.

    Rounds of hooking each tree under the lowest neighbour and halving all paths; a handful whatever the size.
    """
    root = np.arange(size, dtype=np.int64)
    one, other = left.astype(np.int64), right.astype(np.int64)
    while len(one):
        low, high = np.minimum(one, other), np.maximum(one, other)
        np.minimum.at(root, high, low)
        while True:
            shorter = root[root]
            if np.array_equal(shorter, root):
                break
            root = shorter
        one, other = root[one], root[other]
        apart = one != other
        one, other = one[apart], other[apart]
    return root


def sizes_of(component: Ints) -> Ints:
    """How many rows each component has, by its lowest row."""
    return np.bincount(component, minlength=len(component))

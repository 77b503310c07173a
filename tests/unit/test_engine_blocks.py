"""Blocks are what entries share a key with others, however alike the keys are in half of their bits."""

from collections import defaultdict

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from matching.engine.blocks import blocks

KEYS = st.builds(lambda high, low: high << 33 | low, st.integers(0, 3), st.integers(0, 5))


@given(st.lists(KEYS, max_size=60))
def test_a_block_holds_all_entries_of_a_key_that_several_have_in_their_order(keys: list[int]) -> None:
    found = blocks(np.array(keys, np.uint64))
    places = np.split(found.entries, np.cumsum(found.sizes)[:-1]) if len(found.sizes) else []
    expected: defaultdict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        expected[key].append(place)
    assert {key: place.tolist() for key, place in zip(found.key.tolist(), places, strict=True)} == {
        key: place for key, place in expected.items() if key and len(place) > 1
    }
    assert found.pairs.tolist() == [len(place) * (len(place) - 1) // 2 for place in places]

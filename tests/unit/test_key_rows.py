"""Keys as binary COPY: what PostgreSQL is sent, byte by byte."""

import struct

import numpy as np

from matching.engine.types import Keys
from matching.key_rows import HEADER, TRAILER, packed


def rows(sent: bytes) -> list[tuple[int, int, int]]:
    """(key, record, rule) of each row sent."""
    assert sent.startswith(HEADER) and sent.endswith(TRAILER)
    body, found = sent[len(HEADER) : -len(TRAILER)], []
    for fields, *rest in struct.iter_unpack(">hiqiqih", body):
        assert (fields, *rest[0::2]) == (3, 8, 8, 2)
        found.append(tuple(rest[1::2]))
    return found


def test_each_key_of_a_record_is_sent_once_with_its_first_rule_in_index_order() -> None:
    keys = Keys(np.array([0, 1, 0, 1], np.int32), np.array([4, 5, 6, 7], np.int16), np.array([9, -3, 9, 9], np.int64))
    assert rows(packed(keys, np.array([100, 200], np.int64))) == [(-3, 200, 5), (9, 100, 4), (9, 200, 7)]


def test_no_keys_are_an_empty_copy() -> None:
    nothing = Keys(np.zeros(0, np.int32), np.zeros(0, np.int16), np.zeros(0, np.int64))
    assert rows(packed(nothing, np.array([100], np.int64))) == []

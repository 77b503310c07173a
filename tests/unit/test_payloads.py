"""Payloads: what is stored is read back as it came, whichever way it was stored."""

import json
import zlib

import pytest

from profiles import payloads

SHORT = {"id": "7", "name": "Zoë 李 \u2028", "note": 'a "quoted" \\ line\n'}
LONG = SHORT | {"remarks": "lorem ipsum " * 200}


@pytest.mark.parametrize("row", [{}, SHORT, LONG])
def test_rows_are_read_back_with_columns_in_the_order_received(row):
    found = payloads.unpack(payloads.pack(row))

    assert found == row
    assert list(found) == list(row)


def test_only_long_rows_are_compressed():
    assert payloads.pack(SHORT).startswith(payloads.PLAIN)
    assert len(payloads.pack(LONG)) < 400


def test_compressed_short_rows_are_read():
    assert payloads.unpack(zlib.compress(json.dumps(SHORT).encode())) == SHORT


def test_fingerprints_heed_content_not_the_order_of_columns():
    assert payloads.fingerprint(SHORT) == payloads.fingerprint(dict(reversed(SHORT.items())))
    assert payloads.fingerprint(SHORT) != payloads.fingerprint(SHORT | {"id": "8"})

"""Payloads: what is stored is read back as it came, whichever way it was stored."""

import json
import zlib

import pytest

from profiles import encryption, keyring, payloads

PLACE = payloads.place_of(7)
SHORT = {"id": "7", "name": "Zoë 李 \u2028", "note": 'a "quoted" \\ line\n'}
LONG = SHORT | {"remarks": "lorem ipsum " * 200}


@pytest.mark.parametrize("row", [{}, SHORT, LONG])
def test_rows_are_read_back_with_columns_in_the_order_received(row):
    found = payloads.unpack(payloads.pack(row, place=PLACE), place=PLACE)

    assert found == row
    assert list(found) == list(row)


def test_they_are_sealed_for_their_record_and_only_long_rows_are_compressed():
    short, long = payloads.pack(SHORT, place=PLACE), payloads.pack(LONG, place=PLACE)
    assert b"Zo" not in short
    assert encryption.decrypt(short, place=PLACE).startswith(payloads.PLAIN)
    assert len(long) < 480
    with pytest.raises(encryption.Moved):
        payloads.unpack(short, place=payloads.place_of(8))


def test_what_was_stored_before_there_was_encryption_is_read():
    assert payloads.unpack(json.dumps(SHORT).encode(), place=PLACE) == SHORT
    assert payloads.unpack(zlib.compress(json.dumps(SHORT).encode()), place=PLACE) == SHORT
    assert payloads.unpack(b"", place=PLACE) == {}


def test_fingerprints_heed_content_not_the_order_of_columns():
    assert payloads.fingerprint(SHORT) == payloads.fingerprint(dict(reversed(SHORT.items())))
    assert payloads.fingerprint(SHORT) != payloads.fingerprint(SHORT | {"id": "8"})


def test_fingerprints_are_keyed_by_a_key_that_stays(settings: object):
    one, two = keyring.new_key(1), keyring.new_key(2)
    settings.DIGEST_KEYS = one
    before = payloads.fingerprint(SHORT)
    settings.DIGEST_KEYS = f"{two},{one}"
    assert payloads.fingerprint(SHORT) == before
    settings.DIGEST_KEYS = two
    assert payloads.fingerprint(SHORT) != before

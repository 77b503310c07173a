"""The only door to payloads: sealed bytes, bound to their row and never queried. What was stored before there was
encryption is read as well; `manage.py rotate_keys` seals it."""

import hashlib
import zlib
from collections.abc import Mapping

import orjson

from .encryption import Place, decrypt, encrypt, is_sealed, lasting_key

WORTH_PRESSING = 1_000  # bytes of a row from which compressing it saves more than it costs
PLAIN = b"{"  # how a row begins that was not compressed; zlib's streams never do


def place_of(record_id: int) -> Place:
    """Where the payload of a record lies. Its older states share it: a version is a copy that stays with its record."""
    return Place("profiles_sourcerecord", "payload", record_id)


def place_set_aside(row_id: int) -> Place:
    """Where the payload of a row that was set aside lies."""
    return Place("profiles_quarantinedrow", "payload", row_id)


def pack(row: Mapping[str, object], *, place: Place) -> bytes:
    """A row as received, to the bytes that are stored: JSON, keys in the order received, long ones compressed, sealed."""
    plain = orjson.dumps(row)
    return encrypt(plain if len(plain) < WORTH_PRESSING else zlib.compress(plain, 1), place=place)


def unpack(stored: bytes | memoryview, *, place: Place) -> dict[str, object]:
    """The row as it was received, without cells when it was erased. Raises encryption.NotReadable."""
    if not stored:
        return {}
    content = decrypt(stored, place=place) if is_sealed(stored) else bytes(stored)
    return orjson.loads(content if content.startswith(PLAIN) else zlib.decompress(content))


def fingerprint(row: Mapping[str, object]) -> bytes:
    """16 bytes that are equal exactly for equal content, whatever the order of columns. Keyed, so that nobody can try
    values out against it, under a key that never changes, so that what is unchanged stays so."""
    content = orjson.dumps(row, option=orjson.OPT_SORT_KEYS)
    return hashlib.blake2b(content, digest_size=16, key=lasting_key("payload")).digest()

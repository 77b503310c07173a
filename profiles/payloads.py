"""The only door to payloads: stored as bytes, never queried, so that encryption can be put in here alone."""

import hashlib
import zlib
from collections.abc import Mapping

import orjson

WORTH_PRESSING = 1_000  # bytes of a row from which compressing it saves more than it costs
PLAIN = b"{"  # how a row begins that was not compressed; zlib's streams never do


def pack(row: Mapping[str, object]) -> bytes:
    """A row as received, to the bytes that are stored: JSON, keys in the order received, long ones compressed."""
    plain = orjson.dumps(row)
    return plain if len(plain) < WORTH_PRESSING else zlib.compress(plain, 1)


def unpack(stored: bytes | memoryview) -> dict[str, object]:
    """The row as it was received."""
    content = bytes(stored)
    return orjson.loads(content if content.startswith(PLAIN) else zlib.decompress(content))


def fingerprint(row: Mapping[str, object]) -> bytes:
    """16 bytes that are equal exactly for equal content, whatever the order of columns."""
    return hashlib.blake2b(orjson.dumps(row, option=orjson.OPT_SORT_KEYS), digest_size=16).digest()

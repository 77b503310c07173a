"""The only door to payloads: stored as bytes, never queried, so that encryption can be put in here alone."""

import hashlib
import json
import zlib
from collections.abc import Mapping

# made once: json.dumps makes an encoder at each call that asks for anything unusual
_as_received = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_in_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, sort_keys=True).encode


def pack(row: Mapping[str, object]) -> bytes:
    """A row as received, to the bytes that are stored (compressed JSON, keys in the order received)."""
    return zlib.compress(_as_received(row).encode(), 1)


def unpack(stored: bytes | memoryview) -> dict[str, object]:
    """The row as it was received."""
    return json.loads(zlib.decompress(bytes(stored)))


def fingerprint(row: Mapping[str, object]) -> bytes:
    """16 bytes that are equal exactly for equal content, whatever the order of columns."""
    return hashlib.blake2b(_in_order(row).encode(), digest_size=16).digest()

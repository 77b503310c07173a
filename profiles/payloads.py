"""The only door to payloads: stored as bytes, never queried, so that encryption can be put in here alone."""

import hashlib
import json
import zlib
from collections.abc import Mapping


def pack(row: Mapping[str, object]) -> bytes:
    """A row as received, to the bytes that are stored (compressed JSON, keys in the order received)."""
    return zlib.compress(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode(), 1)


def unpack(stored: bytes | memoryview) -> dict[str, object]:
    """The row as it was received."""
    return json.loads(zlib.decompress(bytes(stored)))


def fingerprint(row: Mapping[str, object]) -> bytes:
    """16 bytes that are equal exactly for equal content, whatever the order of columns."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()

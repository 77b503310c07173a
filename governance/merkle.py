"""Merkle trees over the bytes of audit events: pure, so that anyone can check a seal without the site.

Leaves and nodes are hashed with different prefixes, so that no node can pose as a leaf. The last node of an odd row is
carried up as it is.
"""

from collections.abc import Iterable, Sequence
from hashlib import sha256

LEAF, NODE = b"\x00", b"\x01"
SIZE = 32


def leaf(content: bytes) -> bytes:
    """The hash of one event. 32 bytes."""
    return sha256(LEAF + content).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """The one hash that stands for all leaves in their order. 32 bytes. Raises ValueError without any."""
    if not leaves:
        raise ValueError("A tree has at least one leaf.")
    row = list(leaves)
    while len(row) > 1:
        pairs = [sha256(NODE + left + right).digest() for left, right in zip(row[::2], row[1::2], strict=False)]
        row = pairs + row[-1:] if len(row) % 2 else pairs
    return row[0]


def joined(leaves: Iterable[bytes]) -> bytes:
    """Leaves as one text of bytes, as a seal stores them."""
    return b"".join(leaves)


def parted(stored: bytes) -> list[bytes]:
    """The leaves of a seal, one by one. Raises ValueError when the text is cut."""
    if len(stored) % SIZE:
        raise ValueError("The stored leaves are cut.")
    return [stored[i : i + SIZE] for i in range(0, len(stored), SIZE)]

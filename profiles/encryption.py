"""Encryption at rest: AES-256-GCM, a fresh data key per value, wrapped by a key that lies outside the database.

A sealed value is bound to its place (table, column, row): copied elsewhere, it does not open. Its layout, 83 bytes more
than what it holds:

    format 1 | key version 2 | place check 4 | wrap nonce 12 | wrapped data key 48 | sealed content, with 16 of tag

The data key is wrapped with format and key version as associated data, the content with format and place. Each data key
seals one content once, so the content's nonce is constant; a rotation unwraps and wraps the data key and leaves the
content as it is. The place check (CRC-32) only helps to say what is wrong. About 10 µs for a row of 300 bytes.
"""

import hmac
import os
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from .keyring import DIGEST, ENCRYPTION, KEY_BYTES, Ring, ring

VALUE, FILE = b"\xe1", b"\xe2"  # formats; neither JSON nor zlib's streams nor UTF-8 text begin with them
NONCE, TAG = 12, 16
ONCE = bytes(NONCE)
_VERSION, _CHECK, _WRAP_NONCE = slice(1, 3), slice(3, 7), slice(7, 19)
HEADER = 19 + KEY_BYTES + TAG


class NotReadable(Exception):
    """A sealed value cannot be opened; the message says why and never what."""


class KeyMissing(NotReadable):
    """It was sealed under a key version that is not configured."""


class WrongKey(NotReadable):
    """The configured key of its version is another one than sealed it."""


class Moved(NotReadable):
    """It was sealed for another place."""


class Tampered(NotReadable):
    """It was changed, or cut off, since it was sealed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed value lies: its table, its column, and the key of its row."""

    table: str
    column: str
    row: object

    def associated(self) -> bytes:
        return f"{self.table}\0{self.column}\0{self.row}".encode()


def encrypt(plain: bytes, *, place: Place) -> bytes:
    """Seal a value for its place, under the key in force. Raises keyring.NoKey."""
    associated = place.associated()
    header, content = new_header(VALUE, associated)
    return header + content.encrypt(ONCE, plain, VALUE + associated)


def decrypt(sealed: bytes, *, place: Place) -> bytes:
    """Open a value of this place. Raises NotReadable: KeyMissing, WrongKey, Moved or Tampered."""
    associated = place.associated()
    content = content_key(sealed, VALUE)
    try:
        return content.decrypt(ONCE, memoryview(sealed)[HEADER:], VALUE + associated)
    except InvalidTag:
        raise why_not(sealed, associated) from None


def is_sealed(stored: bytes) -> bool:
    """Whether bytes are a sealed value, and not one of before there was encryption."""
    return stored[:1] == VALUE


def key_version(sealed: bytes) -> int:
    """The version of the key that a value or a file is sealed under."""
    return int.from_bytes(sealed[_VERSION])


def rewrap(sealed: bytes) -> bytes:
    """The same value with its data key wrapped by the key in force; its content is not read. Raises NotReadable."""
    form = bytes(sealed[:1])
    return _wrapped(form, _unwrapped(sealed, form), sealed[_CHECK]) + sealed[HEADER:]


# ---- headers, for values and files ---------------------------------------------------------------------------------------


def new_header(form: bytes, associated: bytes) -> tuple[bytes, AESGCM]:
    """The beginning of something sealed now, and the cipher for its content, of which it is the only use."""
    data_key = os.urandom(KEY_BYTES)
    return _wrapped(form, data_key, zlib.crc32(associated).to_bytes(4)), AESGCM(data_key)


def content_key(sealed: bytes, form: bytes) -> AESGCM:
    """The cipher for the content behind a header. Raises NotReadable."""
    return AESGCM(_unwrapped(sealed, form))


def why_not(sealed: bytes, associated: bytes) -> NotReadable:
    """Why content does not open although its data key does."""
    if sealed[_CHECK] != zlib.crc32(associated).to_bytes(4):
        return Moved("The value was sealed for another row or column than the one it is read from.")
    return Tampered("The value was changed since it was sealed.")


def _wrapped(form: bytes, data_key: bytes, check: bytes) -> bytes:
    keys = ring(ENCRYPTION)
    nonce, version = os.urandom(NONCE), keys.in_force.to_bytes(2)
    wrapped = _cipher(keys.keys[keys.in_force]).encrypt(nonce, data_key, form + version)
    return form + version + bytes(check) + nonce + wrapped


def _unwrapped(sealed: bytes, form: bytes) -> bytes:
    if sealed[:1] != form or len(sealed) < HEADER:
        raise Tampered("The value is none that was sealed here, or was cut off.")
    keys, version = ring(ENCRYPTION), key_version(sealed)
    if version not in keys.keys:
        raise KeyMissing(f"The value was sealed under version {version} of ENCRYPTION_KEYS, which is not among them.")
    try:
        wrapped = sealed[_WRAP_NONCE.stop : HEADER]
        return _cipher(keys.keys[version]).decrypt(bytes(sealed[_WRAP_NONCE]), wrapped, form + bytes(sealed[_VERSION]))
    except InvalidTag:
        raise WrongKey(
            f"Version {version} of ENCRYPTION_KEYS is not the key that the value was sealed under."
        ) from None


@lru_cache(maxsize=64)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


# ---- keyed hashes --------------------------------------------------------------------------------------------------------


def digest(value: str | bytes, *, purpose: str, version: int | None = None) -> bytes:
    """HMAC-SHA-256 of a value, 32 bytes, under a key of its own per purpose: equal values of one purpose are equal.

    `version` is one of DIGEST_KEYS, the one in force by default; store it beside (`digest_version`). About 2 µs.
    """
    keys = ring(DIGEST)
    key = _purpose_key(keys.keys[version or keys.in_force], purpose)
    return hmac.digest(key, value.encode() if isinstance(value, str) else value, "sha256")


def lasting_key(purpose: str) -> bytes:
    """32 bytes for a keyed hash of which no other version is ever looked up: under the oldest digest key."""
    keys = ring(DIGEST).keys
    return _purpose_key(keys[min(keys)], purpose)


def digest_version() -> int:
    """The version of the digest key in force."""
    return ring(DIGEST).in_force


def digests(value: str | bytes, *, purpose: str) -> dict[int, bytes]:
    """The hash of a value under each digest key there is, the one in force first: to look up what was stored under any."""
    return {version: digest(value, purpose=purpose, version=version) for version in ring(DIGEST).keys}


def hasher(purpose: str) -> Callable[[str], list[bytes]]:
    """What `digests` gives, for many values at once: the keys are looked up once. About 1 µs a value and key."""
    keys = [_purpose_key(key, purpose) for key in ring(DIGEST).keys.values()]
    return lambda value: [hmac.digest(key, value.encode(), "sha256") for key in keys]


def blind_index(value: str | bytes, *, purpose: str) -> bytes:
    """The hash by which a sealed value is found by exact lookup, without being told; under the digest key in force."""
    return digest(value, purpose=f"blind index\0{purpose}")


def blind_indexes(value: str | bytes, *, purpose: str) -> list[bytes]:
    """What to look for: the blind index of a value under every digest key."""
    return list(digests(value, purpose=f"blind index\0{purpose}").values())


@lru_cache(maxsize=256)
def _purpose_key(key: bytes, purpose: str) -> bytes:
    return hmac.digest(key, purpose.encode(), "sha256")


def rings() -> Iterator[tuple[str, Ring]]:
    """Both rings by the name of their setting."""
    for name in (ENCRYPTION, DIGEST):
        yield name, ring(name)

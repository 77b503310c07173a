"""Keys that lie outside the database: several versions of each at once, the first of which is in force.

Two rings: ENCRYPTION_KEYS wrap the data keys of what is stored and are replaced now and then (`manage.py rotate_keys`);
DIGEST_KEYS make keyed hashes of what is gone and cannot be computed anew, so an old one is never taken out.
"""

import os
import secrets
from base64 import b64decode, b64encode
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings

KEY_BYTES = 32
HIGHEST = 0xFFFF  # a version is two bytes of every sealed value
ENCRYPTION, DIGEST = "ENCRYPTION_KEYS", "DIGEST_KEYS"


class NoKey(LookupError):
    """No key was configured."""


class BadKey(ValueError):
    """What was configured is no key; the message says which setting, never its content."""


@dataclass(frozen=True, slots=True)
class Ring:
    """Keys by version, and the version in force."""

    keys: dict[int, bytes]
    in_force: int

    def fingerprints(self) -> dict[int, str]:
        """What each key is recognised by: 16 hexadecimal digits that tell nothing of it."""
        return {version: fingerprint(key) for version, key in self.keys.items()}


def ring(name: str) -> Ring:
    """The keys of a ring (ENCRYPTION or DIGEST) as configured now; a file that has changed is read again.

    Raises NoKey when there are none, BadKey when they cannot be read.
    """
    text = getattr(settings, name) or _file_text(getattr(settings, f"{name}_FILE"))
    if not text:
        raise NoKey(f"Set {name} or {name}_FILE: nothing is stored without it. `manage.py encryption_key` makes one.")
    return parsed(text, name)


def _file_text(path: str) -> str:
    if not path:
        return ""
    try:
        return _read(path, os.stat(path).st_mtime_ns)  # noqa: PTH116  (for each value: a Path takes five times as long)
    except OSError as error:
        raise NoKey(f"The file of keys cannot be read: {error.strerror}.") from error


@lru_cache(maxsize=8)
def _read(path: str, _changed: int) -> str:
    return Path(path).read_text(encoding="ascii")


@lru_cache(maxsize=8)
def parsed(text: str, name: str) -> Ring:
    """`version:base64` with commas or on lines; the first is in force."""
    keys: dict[int, bytes] = {}
    for word in text.replace(",", " ").split():
        version, key = _entry(word, name)
        if version in keys:
            raise BadKey(f"{name} names version {version} twice.")
        keys[version] = key
    if not keys:
        raise NoKey(f"{name} is empty.")
    return Ring(keys, next(iter(keys)))


def _entry(word: str, name: str) -> tuple[int, bytes]:
    version, colon, text = word.partition(":")
    if not colon or not version.isascii() or not version.isdigit() or not 0 < int(version) <= HIGHEST:
        raise BadKey(f"{name} must be version:base64 pairs, the versions numbers from 1 to {HIGHEST}.")
    try:
        key = b64decode(text, validate=True)
    except ValueError as error:
        raise BadKey(f"Version {version} of {name} is not base64.") from error
    if len(key) != KEY_BYTES:
        raise BadKey(f"Version {version} of {name} must be {KEY_BYTES} bytes in base64.")
    return int(version), key


def new_key(version: int = 1) -> str:
    """A fresh key as it is configured."""
    return f"{version}:{b64encode(secrets.token_bytes(KEY_BYTES)).decode()}"


def fingerprint(key: bytes) -> str:
    """16 hexadecimal digits by which a key is recognised in a manifest or a message."""
    return sha256(b"customer data view: fingerprint of a key\0" + key).hexdigest()[:16]

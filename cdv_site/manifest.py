"""What a backup says of itself: when, of which versions, how many rows, which parts with which hashes, under which keys."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from profiles import encryption, keyring

FORMAT = 1
NAME, DATABASE, FILES = "manifest.json", "database.sealed", "files.sealed"


class BadBackup(Exception):
    """The backup cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """The content of manifest.json."""

    format: int
    id: str
    made_at: str
    postgres: int
    migrations: dict[str, str]
    schema_version: int | None
    rows: dict[str, int]
    files: int
    keys: dict[str, dict[str, str]]
    parts: dict[str, Part] = field(default_factory=dict)

    @property
    def made(self) -> datetime:
        return datetime.fromisoformat(self.made_at)

    def place(self, part: str) -> encryption.Place:
        """What a part is sealed for: this backup, and no other."""
        return encryption.Place("backup", part, self.id)


def key_fingerprints() -> dict[str, dict[str, str]]:
    """By ring and version what each key is recognised by."""
    return {name: {str(v): mark for v, mark in ring.fingerprints().items()} for name, ring in encryption.rings()}


def write(manifest: Manifest, folder: Path) -> None:
    """As JSON, with a keyed hash of itself, last of all: a folder without one is no backup."""
    content = asdict(manifest)
    content["mac"] = _mac(content)
    scratch = folder / f"{NAME}.part"
    scratch.write_text(json.dumps(content, indent=1))
    scratch.replace(folder / NAME)


def read(folder: Path) -> Manifest:
    """The manifest of a folder, proved: format, keys, its own hash. Raises BadBackup."""
    try:
        content: dict[str, Any] = json.loads((folder / NAME).read_text())
        mac = content.pop("mac")
        found = Manifest(**{**content, "parts": {name: Part(**part) for name, part in content["parts"].items()}})
    except FileNotFoundError:
        raise BadBackup(f"There is no {NAME} in {folder}: this is no backup, or one that was not finished.") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadBackup(f"{NAME} cannot be read.") from error
    if found.format != FORMAT:
        raise BadBackup(f"The backup has format {found.format}; this version reads {FORMAT}.")
    _check_keys(found)
    if mac != _mac(content):
        raise BadBackup(f"{NAME} was changed since the backup was made.")
    return found


def _check_keys(manifest: Manifest) -> None:
    """Every key that the backup knew must be here, and be the same: without it a part of what is stored is lost."""
    here = key_fingerprints()
    for ring, keys in manifest.keys.items():
        for version, mark in keys.items():
            if version not in here.get(ring, {}):
                raise BadBackup(f"Version {version} of {ring}, which the backup was made with, is not configured here.")
            if here[ring][version] != mark:
                raise BadBackup(f"Version {version} of {ring} is another key here than the backup was made with.")


def check_parts(manifest: Manifest, folder: Path) -> None:
    """Read every part and hold it against its size and hash. Raises BadBackup."""
    for name, part in manifest.parts.items():
        try:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except FileNotFoundError:
            raise BadBackup(f"{name} is missing.") from None
        if (size, digest) != (part.size, part.sha256):
            raise BadBackup(f"{name} was changed or cut off since the backup was made.")


def _mac(content: dict[str, Any]) -> str:
    version = min(int(v) for v in content["keys"][keyring.DIGEST])
    text = json.dumps(content, sort_keys=True)
    return encryption.digest(text, purpose="backup manifest", version=version).hex()


class Hashed:
    """A file to write to that hashes and counts what is written."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._digest, self._size = file, hashlib.sha256(), 0

    def write(self, piece: bytes) -> int:
        self._digest.update(piece)
        self._size += len(piece)
        return self._file.write(piece)

    def part(self) -> Part:
        return Part(self._size, self._digest.hexdigest())

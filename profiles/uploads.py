"""Uploaded files on disk: sealed as they come in, gone when their import closes, after seven days at most."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings

from .encryption import Place
from .sealed_files import SealedWriter, open_sealed

KEPT = timedelta(days=7)
SEALED, PIECE = ".sealed", 1 << 20


def folder() -> Path:
    """Where uploads lie, outside the database."""
    return Path(settings.MEDIA_ROOT) / "uploads"


def store(content: BinaryIO) -> tuple[Path, str, int]:
    """Seal an upload; its path, and SHA-256 and size of what came. A file that was cut off leaves nothing."""
    path = folder() / f"{uuid4().hex}{SEALED}"
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file, SealedWriter(file, place=place_of(path)) as writer:
            path.chmod(0o600)
            while piece := content.read(PIECE):
                digest.update(piece)
                size += writer.write(piece)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, digest.hexdigest(), size


def opened(path: Path) -> BinaryIO:
    """The content of a file to import: opened for reading where it is sealed, as it is where it is not."""
    return open_sealed(path, place=place_of(path)) if path.suffix == SEALED else path.open("rb")


def place_of(path: Path) -> Place:
    """Bound to its name, so that no upload can stand in for another."""
    return Place("profiles_batch", "stored_file", path.stem)


def remove_old(now: datetime) -> int:
    """Remove uploads whose import did not close in seven days; it then says that the file is gone. Returns how many."""
    old = [path for path in folder().glob("*") if now.timestamp() - path.stat().st_mtime > KEPT.total_seconds()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)

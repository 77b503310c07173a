"""Files at rest: sealed in chunks, so that neither side holds a file in memory, and order and end are proved.

    header (see encryption.py) | chunk | chunk | … | last chunk

A chunk is 64 KiB of content and 16 of tag; its nonce is its number and whether it is the last one. A chunk that is left
out, moved, repeated or cut off makes the reading fail before anything of it is handed out.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cryptography.exceptions import InvalidTag

from .encryption import FILE, HEADER, TAG, Place, Tampered, content_key, new_header, why_not

CHUNK = 1 << 16


def encrypt_file(source: BinaryIO, target: BinaryIO, *, place: Place) -> None:
    """Seal all that is left of `source` into `target`."""
    with SealedWriter(target, place=place) as writer:
        while piece := source.read(CHUNK):
            writer.write(piece)


def decrypt_file(source: BinaryIO, target: BinaryIO, *, place: Place) -> None:
    """Open a sealed file into `target`. Raises encryption.NotReadable: then what was written must not be used."""
    for piece in opened_chunks(source, place=place):
        target.write(piece)


def opened_chunks(source: BinaryIO, *, place: Place) -> Iterator[bytes]:
    """The content of a sealed file, chunk by chunk, each proved before it is handed out. Raises NotReadable."""
    associated = place.associated()
    header = source.read(HEADER)
    cipher, number = content_key(header, FILE), 0
    chunk = source.read(CHUNK + TAG)
    while True:
        following = source.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(number, last=not following), chunk, FILE + associated)
        except InvalidTag:
            raise _why_not(header, associated, number) from None
        if not following:
            return
        chunk, number = following, number + 1


def _why_not(header: bytes, associated: bytes, number: int) -> Exception:
    found = why_not(header, associated)
    return found if number == 0 else Tampered("The file was changed or cut off since it was sealed.")


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11) + bytes([last])


class SealedWriter(io.RawIOBase):
    """A file to write to that stores all sealed; without `close` (or its `with` block) what it holds does not open."""

    def __init__(self, target: BinaryIO, *, place: Place) -> None:
        self._target, self._associated = target, FILE + place.associated()
        header, self._cipher = new_header(FILE, place.associated())
        self._held, self._number = bytearray(), 0
        target.write(header)

    def writable(self) -> bool:
        return True

    def write(self, piece: bytes) -> int:
        """Take in a piece; what fills a chunk, and is surely not the last one, is sealed."""
        self._held += piece
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(piece)

    def _seal(self, content: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.encrypt(_nonce(self._number, last=last), content, self._associated))
        self._number += 1

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        """Finish the file, unless what was to be written failed."""
        if kind is None:
            self.close()

    def close(self) -> None:
        if not self.closed:
            self._seal(bytes(self._held), last=True)
            super().close()


class SealedReader(io.RawIOBase):
    """A sealed file to read from, and to begin again (`seek(0)`). Raises encryption.NotReadable while it reads."""

    def __init__(self, path: Path, *, place: Place) -> None:
        self._file, self._place = path.open("rb"), place
        self._begin()

    def _begin(self) -> None:
        self._file.seek(0)
        self._chunks, self._held, self._at = opened_chunks(self._file, place=self._place), memoryview(b""), 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if (offset, whence) != (0, io.SEEK_SET):
            raise io.UnsupportedOperation("A sealed file is read from its beginning on.")
        self._begin()
        return 0

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:
        while not self._held:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._held = memoryview(chunk)
        size = min(len(buffer), len(self._held))
        buffer[:size], self._held = self._held[:size], self._held[size:]
        self._at += size
        return size

    def close(self) -> None:
        if not self.closed:
            self._file.close()
            super().close()


def open_sealed(path: Path, *, place: Place) -> io.BufferedReader:
    """A sealed file, ready to be read as any other."""
    return io.BufferedReader(SealedReader(path, place=place), CHUNK)

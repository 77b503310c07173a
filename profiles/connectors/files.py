"""Files as text: unpacked, decoded, line by line, never more of them in memory than one line."""

import codecs
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO, cast

from profiles.encryption import NotReadable
from profiles.uploads import opened

from . import MAX_LINE, UnreadableFile

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
NOT_TEXT = {
    b"PK\x03\x04": "This is a ZIP or Excel file; CSV or JSON Lines is needed, plain or gzip.",
    b"PAR1": "This is a Parquet file; CSV or JSON Lines is needed, plain or gzip.",
    b"%PDF": "This is a PDF; CSV or JSON Lines is needed, plain or gzip.",
    b"\xd0\xcf\x11\xe0": "This is an old Excel file; CSV or JSON Lines is needed, plain or gzip.",
}
BOMB_SIZE, BOMB_RATIO = (
    1 << 26,
    200,
)  # unpacked bytes from which a file is looked at, and how often its size is too much
PIECE, PAUSE_EVERY = 1 << 20, 1 << 28


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """The file's content, opened where it is sealed, unpacked when it is gzip (by its first bytes, not its name)."""
    with opened(path) as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        if packed:
            with gzip.open(file, "rb") as content:
                yield cast(BinaryIO, content)
        else:
            yield file


def begins_with_brace(path: Path) -> bool:
    with readable(), open_bytes(path) as file:
        return file.read(200).removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{")


def count_lines(path: Path, *, pause: Callable[[], None] = lambda: None) -> int:
    """Lines in the file, unpacked. Streams it once; refuses one that is empty, damaged, no text or a bomb.

    Calls `pause` now and then: a large file takes longer than a job may be silent.
    """
    lines, size, last, limit = 0, 0, b"", max(BOMB_SIZE, BOMB_RATIO * path.stat().st_size)
    with readable(), open_bytes(path) as file:
        while piece := file.read(PIECE):
            if not size:
                _refuse_what_is_no_text(piece)
            lines, size, last = lines + piece.count(b"\n"), size + len(piece), piece
            if size // PAUSE_EVERY > (size - len(piece)) // PAUSE_EVERY:
                pause()
            if size > limit:
                raise UnreadableFile(f"The file unpacks to more than {BOMB_RATIO} times its size; it was not read.")
    if not size:
        raise UnreadableFile("The file is empty.")
    return lines + (not last.endswith(b"\n"))


def _refuse_what_is_no_text(piece: bytes) -> None:
    for begin, sentence in NOT_TEXT.items():
        if piece.startswith(begin):
            raise UnreadableFile(sentence)


@contextmanager
def open_text(path: Path, encoding: str) -> Iterator[TextIO]:
    """The file as text; a byte order mark tells its encoding, else the source does. Odd bytes come as surrogates."""
    with readable(), open_bytes(path) as file:
        start = file.read(4)
        file.seek(0)
        known = next((name for mark, name in MARKS if start.startswith(mark)), "") or _checked(encoding)
        with io.TextIOWrapper(file, known, "surrogateescape", newline="") as text:
            yield text


def _checked(encoding: str) -> str:
    try:
        "".encode(encoding)  # refuses codecs that are not of text, too
    except (LookupError, UnicodeError):
        raise UnreadableFile(f"The source declares an encoding that is not known: {encoding}.") from None
    return encoding


@contextmanager
def readable() -> Iterator[None]:
    """Says in words what is wrong with a file that cannot be read."""
    try:
        yield
    except EOFError:
        raise UnreadableFile("The compressed file was cut off: its end is missing.") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UnreadableFile("The compressed file is damaged.") from None
    except NotReadable as error:
        raise UnreadableFile(f"The uploaded file cannot be opened. {error}") from None
    except UnicodeError:
        raise UnreadableFile("The file is not in the encoding that it or its source declares.") from None


class Lines:
    """Lines of a text with their numbers. A line over the limit is cut, and its rest passed over.

    `taken` holds the lines since `begin()`; those after the first can be given back, to be read again as rows of their own.
    """

    def __init__(self, text: TextIO) -> None:
        self.text, self.number, self.first = text, 0, 1
        self.taken: list[str] = []
        self.waiting: list[str] = []
        self.cut = False

    def __iter__(self) -> "Lines":
        return self

    def __next__(self) -> str:
        line = self.waiting.pop() if self.waiting else self.text.readline(MAX_LINE)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) >= MAX_LINE and not line.endswith(("\n", "\r")):
            self._pass_over_rest()
        self.taken.append(line)
        return line

    def _pass_over_rest(self) -> None:
        self.cut = True
        while (rest := self.text.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
            pass

    def begin(self) -> None:
        """A new row begins with the next line."""
        self.taken.clear()
        self.first, self.cut = self.number + 1, False

    def give_back(self) -> None:
        """Read all but the first of the lines taken again."""
        again = self.taken[1:]
        self.waiting.extend(reversed(again))
        self.number -= len(again)

"""Ways in: each connector turns a file into rows, or says per line why there is none."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_CELL = 65_536  # characters
MAX_LINE = 1 << 22  # characters; a longer one is set aside without being read whole
_UNDECODED = re.compile("[\ud800-\udfff]")
_CUT = "… (cut)"


@dataclass(frozen=True, slots=True)
class Declared:
    """What a source declares about its files: the separator (empty: found by itself), the encoding, the id's column.

    `separators` are those of columns that hold several values.
    """

    delimiter: str = ""
    encoding: str = "utf-8"
    id_column: str = ""
    separators: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """One row as received: its line in the file and its cells by column."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A line that is no row: where, which column if known, a code, a sentence, and what was there."""

    line: int
    code: str
    reason: str
    raw: dict[str, str]
    column: str = ""


class UnreadableFile(Exception):
    """The whole file cannot be read; the message says why, and holds nothing of its content."""


def is_json(path: Path, name: str) -> bool:
    """Whether the file is read as JSON Lines: by its name, else by its content."""
    from .files import begins_with_brace

    plain = name.casefold().removesuffix(".gz")
    if plain.endswith((".jsonl", ".ndjson", ".json")):
        return True
    return not plain.endswith((".csv", ".tsv", ".txt")) and begins_with_brace(path)


def read_rows(path: Path, *, name: str, declared: Declared) -> Iterator[Row | BadRow]:
    """Rows of a CSV or JSON Lines file (gzip too), streamed, each with the line it begins on."""
    from . import delimited, jsonlines

    return (jsonlines if is_json(path, name) else delimited).rows(path, declared)


def check_cells(line: int, cells: dict[str, str]) -> Row | BadRow:
    """The row, unless a cell cannot be stored."""
    text = "".join(cells.values())
    if len(text) <= MAX_CELL and "\x00" not in text and (text.isascii() or not _UNDECODED.search(text)):
        return Row(line, cells)
    for column, value in cells.items():
        if "\x00" in value:
            return BadRow(line, "nul_character", "A cell holds a NUL character.", cells, column)
        if len(value) > MAX_CELL:
            return BadRow(line, "cell_too_long", f"A cell is longer than {MAX_CELL:,} characters.", cells, column)
        if _UNDECODED.search(value):
            return BadRow(line, "encoding", "A cell holds bytes that are not in the file's encoding.", cells, column)
    return Row(line, cells)


def is_storable(text: str) -> bool:
    """Whether the database can hold the text."""
    return "\x00" not in text and not _UNDECODED.search(text)


def printable(text: str) -> str:
    """The text with a sign in place of what cannot be stored; a very long one is cut, and says so."""
    kept = text if len(text) <= MAX_CELL else text[:MAX_CELL] + _CUT
    return kept if is_storable(kept) else _UNDECODED.sub("\ufffd", kept.replace("\x00", "\ufffd"))

"""Ways in: each connector turns a file into rows, or says per line why there is none."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast


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
    """The whole file cannot be read; the message says why."""


MAX_CELL = 65_536


def open_bytes(path: Path) -> BinaryIO:
    """The file's content, unpacked when it is gzip (by its first bytes, not its name)."""
    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    return cast(BinaryIO, gzip.open(path, "rb")) if packed else path.open("rb")


def read_rows(path: Path, *, name: str, delimiter: str, encoding: str) -> Iterator[Row | BadRow]:
    """Rows of a CSV or JSON Lines file (gzip too), streamed; the format is taken from its name, else its content."""
    from . import delimited, jsonlines

    plain = name.casefold().removesuffix(".gz")
    if plain.endswith((".jsonl", ".ndjson", ".json")) or (
        not plain.endswith((".csv", ".tsv", ".txt")) and _looks_json(path)
    ):
        return jsonlines.rows(path, encoding)
    return delimited.rows(path, delimiter, encoding)


def _looks_json(path: Path) -> bool:
    with open_bytes(path) as file:
        return file.read(200).lstrip().startswith(b"{")


def check_cells(line: int, cells: dict[str, str]) -> Row | BadRow:
    """The row, unless a cell cannot be stored."""
    for column, value in cells.items():
        if "\x00" in value:
            return BadRow(line, "nul_character", "A cell holds a NUL character.", _printable(cells), column)
        if len(value) > MAX_CELL:
            return BadRow(line, "cell_too_long", f"A cell is longer than {MAX_CELL:,} characters.", {}, column)
        if not value.isascii() and any("\ud800" <= ch <= "\udfff" for ch in value):
            return BadRow(
                line, "encoding", "A cell holds bytes that are not in the file's encoding.", _printable(cells), column
            )
    return Row(line, cells)


def _printable(cells: dict[str, str]) -> dict[str, str]:
    return {
        column: value.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()[:MAX_CELL]
        for column, value in cells.items()
    }


def count_rows(path: Path) -> int:
    """Lines in the file, unpacked: an estimate of its rows for progress. Streams the file once."""
    with open_bytes(path) as file:
        return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))

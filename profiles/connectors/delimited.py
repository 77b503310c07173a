"""CSV and its relatives: separated by comma, semicolon, tab or bar, with a header line."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from . import BadRow, Row, UnreadableFile, check_cells, open_bytes

csv.field_size_limit(1 << 24)


def rows(path: Path, delimiter: str, encoding: str) -> Iterator[Row | BadRow]:
    """Rows of a CSV file, streamed; a line with a wrong number of cells is a bad row."""
    with open_bytes(path) as file, io.TextIOWrapper(file, _codec(encoding), "surrogateescape", newline="") as text:
        first = text.readline()
        header = next(csv.reader([first], delimiter=delimiter or _delimiter(first)), [])
        names = [name.strip() for name in header]
        if not any(names) or len(set(names)) != len(names):
            raise UnreadableFile("The first line must name the columns, each once.")
        yield from _body(csv.reader(text, delimiter=delimiter or _delimiter(first)), names)


def _body(reader: "csv._reader", names: list[str]) -> Iterator[Row | BadRow]:
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield BadRow(reader.line_num + 1, "unreadable", f"The line cannot be read: {error}.", {})
            continue
        if not cells:
            continue
        line = reader.line_num + 1
        if len(cells) != len(names):
            reason = f"The line has {len(cells)} cells, the header {len(names)}."
            yield BadRow(line, "column_count", reason, dict(zip(names, cells, strict=False)))
            continue
        yield check_cells(line, dict(zip(names, cells, strict=True)))


def _codec(encoding: str) -> str:
    return "utf-8-sig" if encoding.casefold().replace("-", "") == "utf8" else encoding


def _delimiter(line: str) -> str:
    """The separator that occurs most in the header line."""
    return max(",;\t|", key=line.count)

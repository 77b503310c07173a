"""CSV and its relatives: separated by comma, semicolon, tab or bar, with a header line."""

import csv
from collections.abc import Iterator
from pathlib import Path

from . import MAX_CELL, BadRow, Declared, Row, UnreadableFile, check_cells, is_storable
from .files import Lines, open_text

DELIMITERS = ",;\t|"
csv.field_size_limit(2 * MAX_CELL)


def rows(path: Path, declared: Declared) -> Iterator[Row | BadRow]:
    """Rows of a CSV file, streamed; a line with a wrong number of cells or a quote never closed is a bad row."""
    with open_text(path, declared.encoding) as text:
        lines = Lines(text)
        header = next((line for line in lines if line.strip("\r\n\t ,;|")), "")
        delimiter = declared.delimiter or _delimiter(header, declared.id_column)
        names = _names(header, delimiter, declared)
        yield from _body(lines, delimiter, names)


def _body(lines: Lines, delimiter: str, names: list[str]) -> Iterator[Row | BadRow]:
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    width = len(names)
    while True:
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _unreadable(lines, error)
            continue
        if lines.cut:
            yield BadRow(lines.first, "line_too_long", "The line is too long to be a row.", {"line": lines.taken[0]})
        elif len(cells) == width:
            yield check_cells(lines.first, dict(zip(names, cells, strict=True)))
        elif cells:
            yield _ragged(lines.first, names, cells)


def _unreadable(lines: Lines, error: csv.Error) -> BadRow:
    """The line on which the trouble begins; those that a quote never closed has swallowed are read again."""
    raw = {"line": lines.taken[0] if lines.taken else ""}
    lines.give_back()
    said = "a quote is never closed" if "end of data" in str(error) or "limit" in str(error) else str(error)
    return BadRow(lines.first, "unreadable", f"The line cannot be read: {said}.", raw)


def _ragged(line: int, names: list[str], cells: list[str]) -> BadRow:
    more = {f"column {place}": cell for place, cell in enumerate(cells[len(names) :], len(names) + 1)}
    reason = f"The line has {len(cells)} cells, the header {len(names)}."
    return BadRow(line, "column_count", reason, dict(zip(names, cells, strict=False)) | more)


def _names(header: str, delimiter: str, declared: Declared) -> list[str]:
    """The columns; refuses a header that does not name each once, or not the one with the id."""
    if not header:
        raise UnreadableFile("The file is empty.")
    if not is_storable(header):
        raise UnreadableFile(f"The first line is not text in {declared.encoding}: check the encoding of the source.")
    names = [name.strip() or f"column {place}" for place, name in enumerate(_cells(header, delimiter), 1)]
    if len(set(names)) != len(names):
        raise UnreadableFile("The first line must name the columns, each once.")
    if declared.id_column and declared.id_column not in names:
        separator = {"\t": "tab"}.get(delimiter, delimiter)
        raise UnreadableFile(
            f"The first line has no column “{declared.id_column}”, which holds the id."
            f" It was read as {len(names)} column{'s' * (len(names) > 1)} with the separator “{separator}”."
        )
    return names


def _cells(header: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([header], delimiter=delimiter), [])
    except csv.Error:
        raise UnreadableFile("The first line cannot be read as names of columns.") from None


def _delimiter(header: str, id_column: str) -> str:
    """The separator under which the header names the id's column, else the one that occurs most."""
    ways = [sign for sign in DELIMITERS if id_column in [name.strip() for name in header.strip("\r\n").split(sign)]]
    ways += [sign for sign in DELIMITERS if f'"{id_column}"' in header and f'"{sign}"' in header]
    return max(ways or DELIMITERS, key=header.count)

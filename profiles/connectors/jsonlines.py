"""JSON Lines: one object a line. Objects within it become columns of their own, as in `address.city`."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

from . import BadRow, Declared, Row, UnreadableFile, check_cells, is_storable
from .files import Lines, open_text

DEPTH = 5  # objects within objects; deeper ones are kept as text


class _TwiceNamed(ValueError):
    """An object names a key twice: one of the values would be lost."""


def rows(path: Path, declared: Declared) -> Iterator[Row | BadRow]:
    """Rows of a JSON Lines file, streamed; a line that is no object is a bad row."""
    empty = True
    with open_text(path, declared.encoding) as text:
        lines = Lines(text)
        for line in lines:
            if line.strip():
                if empty and line.lstrip().startswith("["):
                    raise UnreadableFile("This is one JSON list; JSON Lines has one object on each line.")
                empty = False
                yield _row(lines, line, declared.separators)
            lines.begin()
    if empty:
        raise UnreadableFile("The file is empty.")


def _row(lines: Lines, text: str, separators: Mapping[str, str]) -> Row | BadRow:
    raw = {"line": text}
    if lines.cut:
        return BadRow(lines.first, "line_too_long", "The line is too long to be a row.", raw)
    try:
        found = json.loads(text, object_pairs_hook=_object)
        if not isinstance(found, dict):
            return BadRow(lines.first, "not_an_object", "The line is not a JSON object.", raw)
        cells = _flat(found, separators)
    except _TwiceNamed:
        return BadRow(lines.first, "key_twice", "The object names a key twice.", raw)
    except (ValueError, RecursionError):
        return BadRow(lines.first, "broken_json", "The line is not valid JSON.", raw)
    if not is_storable("".join(cells)):
        return BadRow(lines.first, "bad_key", "A key holds characters that cannot be stored.", raw)
    return check_cells(lines.first, cells)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceNamed
    return found


def _flat(found: Mapping[str, object], separators: Mapping[str, str]) -> dict[str, str]:
    """Cells by column; an object within the object gives columns of its own."""
    if not any(isinstance(value, dict) for value in found.values()):
        return {key: _cell(value, separators.get(key, "")) for key, value in found.items()}
    return _object([(key, _cell(value, separators.get(key, ""))) for key, value in _leaves(found, "", DEPTH)])


def _leaves(found: Mapping[str, object], prefix: str, depth: int) -> Iterator[tuple[str, object]]:
    for key, value in found.items():
        if isinstance(value, dict) and value and depth:
            yield from _leaves(value, f"{prefix}{key}.", depth - 1)
        else:
            yield prefix + key, value


def _cell(value: object, separator: str) -> str:
    """The text of a value; a list of texts is joined where the column is declared to hold several values."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        if len(value) < 2:
            return "".join(value)
        if separator and not any(separator in item for item in value):
            return separator.join(value)
    return json.dumps(value, ensure_ascii=False)

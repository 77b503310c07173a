"""JSON Lines: one object a line."""

import json
from collections.abc import Iterator
from pathlib import Path

from . import BadRow, Row, check_cells, open_bytes


def rows(path: Path, encoding: str) -> Iterator[Row | BadRow]:
    """Rows of a JSON Lines file, streamed; a line that is no object is a bad row."""
    with open_bytes(path) as file:
        for line, raw in enumerate(file, start=1):
            if raw.strip():
                yield _row(line, raw.decode(encoding, "surrogateescape"))


def _row(line: int, text: str) -> Row | BadRow:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return BadRow(line, "broken_json", "The line is not valid JSON.", {"line": _safe(text)})
    if not isinstance(found, dict):
        return BadRow(line, "not_an_object", "The line is not a JSON object.", {"line": _safe(text)})
    return check_cells(line, {str(key): _cell(value) for key, value in found.items()})


def _cell(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _safe(text: str) -> str:
    return text[:10_000].replace("\x00", "\ufffd").encode("utf-8", "replace").decode()

"""CSV that is safe to open: a spreadsheet takes a cell that begins with = + - @ for a formula and would run it."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
BOM = "\ufeff"  # so that spreadsheets read UTF-8


def safe_cell(value: object) -> object:
    """Numbers as they are; a text that a spreadsheet would run gets an apostrophe before it."""
    if value is None or isinstance(value, int | float):
        return value
    text = str(value)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) else text


def csv_lines(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """Lines of a CSV file in UTF-8 with a byte order mark, one at a time."""
    out = io.StringIO()
    writer = csv.writer(out)
    out.write(BOM)
    for row in (header, *rows):
        writer.writerow([safe_cell(cell) for cell in row])
        yield out.getvalue()
        out.seek(0)
        out.truncate()

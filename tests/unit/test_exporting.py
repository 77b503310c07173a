"""CSV that no spreadsheet runs."""

import csv
import io

import pytest

from profiles.exporting import csv_lines, safe_cell

CASES = [
    ("=1+1", "'=1+1"), ("+44 20 7946 0018", "'+44 20 7946 0018"), ("-2", "'-2"), ("@SUM(A1)", "'@SUM(A1)"), (" =1", "' =1"),
    ("\t=1", "'\t=1"), ("\r=1", "'\r=1"), ("＝1", "'＝1"), ("Ada", "Ada"), ("a=b", "a=b"), ("", ""), (-2, -2), (1.5, 1.5), (None, None),
]  # fmt: skip


@pytest.mark.parametrize(("value", "cell"), CASES, ids=repr)
def test_a_cell_is_safe_to_open(value: object, cell: object) -> None:
    assert safe_cell(value) == cell


def test_lines_read_back_as_they_were() -> None:
    rows = [("Ada, Countess", 'said "no"', "two\nlines"), ("Zoë", 3, None)]
    text = "".join(csv_lines(("a", "b", "c"), iter(rows)))
    assert text.startswith("\ufeff")
    assert list(csv.reader(io.StringIO(text[1:]))) == [
        ["a", "b", "c"], ["Ada, Countess", 'said "no"', "two\nlines"], ["Zoë", "3", ""],
    ]  # fmt: skip

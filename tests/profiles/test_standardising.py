"""Standardising in a process beside the import: the same answers in the same order, and nothing left behind."""

from collections.abc import Iterator

import psutil
import pytest

from profiles import standardising
from profiles.canonical.types import Context, FieldMapping
from profiles.connectors import BadRow, Row
from profiles.schema import SourceSpec
from profiles.standardising import HelperEnded, standardise, standardised

MAPPINGS = (
    FieldMapping("name", "full_name"),
    FieldMapping("mail", "email", required=True),
    FieldMapping("tel", "phone"),
)
SOURCE = SourceSpec("shop", 50, "id", "", Context(), MAPPINGS, ())


def chunks(count: int) -> Iterator[list[Row | BadRow]]:
    for number in range(count):
        good = Row(number, {"id": "1", "name": f"Ada{'b' * number} Byron", "mail": "a@b.test", "tel": "020 7946 0958"})
        yield [
            good,
            BadRow(number, "broken_json", "", {}),
            Row(number, {"id": "2", "name": "Нет Почты", "mail": "none"}),
        ]


def beside() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "profiles.canonical.beside" in child.cmdline()]


def test_a_large_file_is_answered_as_a_small_one_is() -> None:
    small = list(standardised(chunks(5), SOURCE, rows=10))
    assert list(standardised(chunks(5), SOURCE, rows=standardising.WORTH_IT)) == small
    assert [results for _, results in small] == [standardise(chunk, SOURCE, {}) for chunk in chunks(5)]
    assert [bool(result.rejected) for _, results in small for result in results] == [False, True] * 5


def test_the_next_chunk_is_read_while_one_is_stored_and_no_more() -> None:
    read = []
    given = (read.append(chunk[0].line) or chunk for chunk in chunks(9))
    found = standardised(given, SOURCE, rows=standardising.WORTH_IT)
    next(found)
    assert read == [0, 1]
    found.close()


def test_a_file_without_rows_needs_no_answer() -> None:
    assert list(standardised(iter(()), SOURCE, rows=standardising.WORTH_IT)) == []


def test_an_import_that_stops_in_the_middle_leaves_no_process() -> None:
    found = standardised(chunks(5), SOURCE, rows=standardising.WORTH_IT)
    next(found)
    assert len(beside()) == 1
    found.close()
    assert beside() == []


def test_the_import_hears_when_the_process_has_ended() -> None:
    found = standardised(chunks(5), SOURCE, rows=standardising.WORTH_IT)
    next(found)
    for child in beside():
        child.kill()
    with pytest.raises(HelperEnded):
        list(found)

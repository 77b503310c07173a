"""Dates: declared format first, then ISO, then only what cannot be two dates."""

import pytest

from profiles.canonical.registry import read
from profiles.canonical.types import Context


def born(raw: str, date_format: str = "", born_by: int = 2026) -> str | None:
    found = read("birth_date", raw, Context("GB", date_format, born_by=born_by))
    return found.values["birth_date"][0] if found.values else None


def problem(raw: str, date_format: str = "") -> str:
    return read("birth_date", raw, Context("GB", date_format)).problem.code


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("1980-04-03", "1980-04-03"),
        ("19800403", "1980-04-03"),
        ("1980-04-03T00:00:00Z", "1980-04-03"),
        ("1980-04-03 12:30:00", "1980-04-03"),
        ("1980/04/03", "1980-04-03"),
        ("1980.4.3", "1980-04-03"),
        ("1980", "1980"),
        ("1980-05", "1980-05"),
        ("198005", "1980-05"),
        ("1980-00-00", "1980"),
        ("05/1980", "1980-05"),
        ("5.1980", "1980-05"),
        ("13/04/1980", "1980-04-13"),
        ("04/13/1980", "1980-04-13"),
        ("13.4.1980", "1980-04-13"),
        ("31-12-1999", "1999-12-31"),
        ("04/04/1980", "1980-04-04"),
        ("04/13/1980 00:00", "1980-04-13"),
        ("3 April 1980", "1980-04-03"),
        ("3. April 1980", "1980-04-03"),
        ("3rd of April, 1980", "1980-04-03"),
        ("April 3, 1980", "1980-04-03"),
        ("Apr 3 1980", "1980-04-03"),
        ("03-Apr-1980", "1980-04-03"),
        ("03APR1980", None),
        ("15-Mar-92", "1992-03-15"),
        ("March 15, 92", "1992-03-15"),
        ("3. März 1980", "1980-03-03"),
        ("3 mars 1980", "1980-03-03"),
        ("1er mai 1980", "1980-05-01"),
        ("3 de marzo de 1980", "1980-03-03"),
        ("3 marca 1980", "1980-03-03"),
        ("3 апреля 1980", "1980-04-03"),
        ("3 maggio 1980", "1980-05-03"),
        ("12 december 1980", "1980-12-12"),
        ("March 1980", "1980-03"),
        ("1980年4月3日", "1980-04-03"),
        ("1980년 4월 3일", "1980-04-03"),
        ("١٩٨٠-٠٤-٠٣", "1980-04-03"),
        ("１９８０-０４-０３", "1980-04-03"),
        ("29/02/2000", "2000-02-29"),
        ("1900-01-01", "1900-01-01"),
    ],
)
def test_an_unmistakable_date_needs_no_format(raw, expected):
    assert born(raw) == expected


@pytest.mark.parametrize(
    "raw",
    [
        "03/04/1980",
        "3.4.1980",
        "03-04-1980",
        "03 04 1980",
        "03/04/80",
        "13/04/80",
        "12-11-10",
        "3/4/80 00:00",
        "03-Apr-12",
    ],
)
def test_what_could_be_two_dates_is_set_aside(raw):
    assert born(raw) is None
    assert problem(raw) == "ambiguous_date"


@pytest.mark.parametrize(
    ("raw", "date_format", "expected"),
    [
        ("03/04/1980", "%d/%m/%Y", "1980-04-03"),
        ("03/04/1980", "%m/%d/%Y", "1980-03-04"),
        ("3/4/1980", "%m/%d/%Y", "1980-03-04"),
        ("03.04.1980", "%d/%m/%Y", "1980-04-03"),
        ("03-04-1980", "%m/%d/%Y", "1980-03-04"),
        ("13/04/1980", "%m/%d/%Y", "1980-04-13"),
        ("1980-04-03", "%d/%m/%Y", "1980-04-03"),
        ("19800403", "%Y%m%d", "1980-04-03"),
        ("03Apr1980", "%d%b%Y", "1980-04-03"),
        ("04/1980", "%m/%Y", "1980-04"),
        ("1980", "%Y", "1980"),
        ("03.04.80", "%d.%m.%y", "1980-04-03"),
        ("03.04.26", "%d.%m.%y", "2026-04-03"),
        ("03.04.27", "%d.%m.%y", "1927-04-03"),
        ("03.04.68", "%d.%m.%y", "1968-04-03"),
        ("29.02.28", "%d.%m.%y", "1928-02-29"),
        ("03.04.00", "%d.%m.%y", "2000-04-03"),
        ("15-Mar-92", "%m/%d/%y", "1992-03-15"),
        ("03-Apr-12", "%m/%d/%y", "2012-04-03"),
        ("Apr 3, 12", "%d.%m.%y", "2012-04-03"),
        ("3-4-80", "%d/%m/%y", "1980-04-03"),
        ("13/4/80", "%m/%d/%y", "1980-04-13"),
        ("3/4/80 00:00", "%d/%m/%y", "1980-04-03"),
    ],
)
def test_the_declared_format_wins(raw, date_format, expected):
    assert born(raw, date_format) == expected


def test_two_digit_years_end_where_the_context_says():
    assert born("03.04.27", "%d.%m.%y", born_by=2027) == "2027-04-03"
    assert born("03.04.27", "%d.%m.%y", born_by=2010) == "1927-04-03"
    assert born("03.04.11", "%d.%m.%y", born_by=2010) == "1911-04-03"


@pytest.mark.parametrize(
    "raw", ["n/a", "unknown", "31/02/1980", "1980-02-30", "1980-13-01", "99999999", "0000-00-00", "32/01/1980", "00/01/1980",
            "yesterday", "0 April 1980", "31 April 1980", "13/1980", "3 Foo 1980"]
)  # fmt: skip
def test_what_is_no_date_is_set_aside(raw):
    assert born(raw) is None
    assert problem(raw) == "not_a_date"

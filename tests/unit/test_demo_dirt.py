"""Mishaps change a value, stay near the truth, and never break what must stay readable."""

from datetime import date
from random import Random

import pytest

from cdv_site.demo import dirt


@pytest.mark.parametrize("name", ["Thornbury", "Jürgen", "Олександр", "Micklethwait"])
def test_a_typo_is_one_slip_after_the_first_letter(name: str) -> None:
    for seed in range(50):
        wrong = dirt.typo(name, Random(seed))
        assert wrong[0] == name[0]
        assert abs(len(wrong) - len(name)) <= 1


def test_short_names_are_left_alone() -> None:
    assert dirt.typo("Li", Random(1)) == "Li"


@pytest.mark.parametrize(("name", "heard"), [("Philbert", "Filbert"), ("Knut", "Nut"), ("Schor", "Shor")])
def test_hearing_spells_the_sound(name: str, heard: str) -> None:
    assert heard in {dirt.by_ear(name, Random(seed)) for seed in range(60)}


def test_hearing_leaves_a_name_without_doubtful_sounds() -> None:
    assert dirt.by_ear("Tom", Random(1)) == "Tom"


def test_a_nickname_is_one_that_people_use() -> None:
    assert dirt.nickname("Robert", Random(1)) in ("Bob", "Rob", "Bobby")
    assert dirt.nickname("Ngozi", Random(1)) == "Ngozi"


def test_a_wrong_digit_changes_exactly_one() -> None:
    for seed in range(30):
        wrong = dirt.wrong_digit("7123456789", Random(seed))
        assert sum(left != right for left, right in zip("7123456789", wrong, strict=True)) == 1


def test_without_digits_there_is_no_wrong_one() -> None:
    assert dirt.wrong_digit("", Random(1)) == ""


@pytest.mark.parametrize("day", range(1, 32))
def test_a_wrong_birth_date_is_one_slip_away(day: int) -> None:
    born = date(1984, 3, day)
    wrong = dirt.wrong_birth_date(born, Random(day))
    swapped = (wrong.day, wrong.month) == (born.month, born.day)
    slips = sum(left != right for left, right in zip(born.isoformat(), wrong.isoformat(), strict=True))
    assert wrong != born
    assert swapped or slips == 1

"""How a typed name is read, and which slips in it are looked for."""

import pytest

from profiles.search_names import NEAR, misspelled, one_slip, query, readings


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("Ada Lovelace", ["ada lovelace"]),
        ("  O'Brien ", ["obrien"]),
        ("Олена Шевченко", ["olena shevchenko"]),
        ("张伟", ["zhang wei", "zhangwei"]),
        ("王小明", ["wang xiaoming", "wangxiao ming", "wangxiaoming"]),
        ("'&|!:*()", []),
        ("", []),
    ],
)
def test_a_name_is_read_in_every_way_it_may_be_stored(typed: str, read: list[str]) -> None:
    assert readings(typed) == read


@pytest.mark.parametrize("other", ["smih", "smitth", "smiht", "smath", "msith", "asmith", "smithy"])
def test_a_letter_more_less_other_or_swapped_is_one_slip(other: str) -> None:
    assert "smith" in one_slip(other)


@pytest.mark.parametrize("other", ["smith", "smit hh", "smythe", "htims", "sm"])
def test_more_than_that_is_not(other: str) -> None:
    assert "smith" not in one_slip(other)


def test_in_very_short_and_very_long_words_no_slip_is_looked_for() -> None:
    assert one_slip("li") == one_slip("x" * 41) == set()


def test_all_words_are_wanted_in_any_order() -> None:
    assert query("ada king lovelace") == "'ada' & 'king' & 'lovelace'"


def test_slips_are_tried_in_one_word_before_both_and_never_in_many() -> None:
    assert misspelled([["john"], ["smith"]], ["jon smiht"]) == ["john smiht", "jon smith", "john smith"]
    many = [f"w{number}" for number in range(50)]
    assert len(misspelled([many, many], ["a b"])) == 2 * NEAR + NEAR**2
    assert misspelled([], []) == []

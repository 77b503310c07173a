"""The short cut for plain phone numbers says what the full parser says, or nothing."""

from random import Random

import phonenumbers
import pytest
from phonenumbers import NumberParseException, PhoneNumberFormat

from profiles.canonical.phone_ranges import known_number

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


def parsed(text: str, region: str) -> str:
    """The number by the full parser, "" unless it is possible and in a known range."""
    try:
        number = phonenumbers.parse(text, region)
    except NumberParseException:
        return ""
    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE or not phonenumbers.is_valid_number(number):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164)


def spelled(region: str, rng: Random) -> list[str]:
    """Numbers of a region as people write them, right and slightly wrong."""
    found = []
    for kind in (0, 1, 3):  # fixed line, mobile, toll-free
        example = phonenumbers.example_number_for_type(region, kind)
        if example is None:
            continue
        e164 = phonenumbers.format_number(example, PhoneNumberFormat.E164)
        found += [e164, e164[1:], phonenumbers.format_number(example, PhoneNumberFormat.NATIONAL)]
        found += [phonenumbers.format_number(example, PhoneNumberFormat.INTERNATIONAL).replace(" ", " (0)", 1)]
        for _ in range(12):
            digits = list(e164)
            digits[rng.randrange(1, len(digits))] = rng.choice("0123456789")
            found += ["".join(digits), "".join(digits)[:-1], "".join(digits) + "0", "0" + "".join(digits[3:])]
    return found


@pytest.mark.parametrize("region", REGIONS)
def test_the_short_cut_agrees_with_the_parser(region: str) -> None:
    rng = Random(region)
    for text in spelled(region, rng) + ["".join(rng.choices("0123456789", k=rng.randrange(4, 14))) for _ in range(40)]:
        for dialled_in in (region, "GB", "US", "DE", "IT"):
            short = known_number(text, dialled_in)
            assert not short or short == parsed(text, dialled_in), (text, dialled_in)


@pytest.mark.parametrize(
    ("text", "region", "number"),
    [
        ("07400 123456", "GB", "+447400123456"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("(030) 123-4567", "DE", "+49301234567"),
        ("202-555-0123", "US", "+12025550123"),
        ("06 12345678", "NL", "+31612345678"),
        ("+39 06 1234 5678", "GB", "+390612345678"),
    ],
)
def test_plain_numbers_take_the_short_cut(text: str, region: str, number: str) -> None:
    assert known_number(text, region) == number


@pytest.mark.parametrize("text", ["", "+", "07400 123456 ext 3", "call me", "1234", "+999 1234567", "00", "٠٧٤٠٠"])
def test_all_else_is_left_to_the_parser(text: str) -> None:
    assert known_number(text, "GB") == ""

"""Phone numbers, to E.164 in the region of the source."""

import re

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from .phone_ranges import known_number
from .text import plain
from .types import Context, Problem, Standardised

UNVERIFIED = Problem("phone_unverified", "The number is possible, but not in a known range.")
NOT_A_PHONE = Problem("not_a_phone", "This is not a phone number.")
LOCAL = Problem("phone_local", "The number lacks its area code.")
IMPOSSIBLE = Problem("phone_impossible", "No phone number has this many digits.")
_ABROAD = re.compile(r"^\(?00[\s().-]*")
_SPREADSHEET = re.compile(r"(\d+)\.0", re.ASCII)


def phone(raw: str, context: Context) -> Standardised:
    """A phone number in international form, without extension; one that cannot exist is set aside."""
    text = plain(raw[:250])
    if not text:
        return Standardised()
    text = _dialled(text)
    if known := known_number(text, context.region):
        return Standardised({"phone": (known,)})
    number = _number(text, context.region)
    if number is None:
        return Standardised(problem=NOT_A_PHONE)
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return Standardised(problem=LOCAL)
    if possible != ValidationResult.IS_POSSIBLE:
        return Standardised(problem=IMPOSSIBLE)
    values = {"phone": (phonenumbers.format_number(number, PhoneNumberFormat.E164),)}
    return Standardised(values, None if phonenumbers.is_valid_number(number) else UNVERIFIED)


def _dialled(text: str) -> str:
    """The number without what a spreadsheet adds; 00 before a country code is understood everywhere."""
    spreadsheet = _SPREADSHEET.fullmatch(text)
    return _ABROAD.sub("+", spreadsheet[1] if spreadsheet else text)


def _number(text: str, region: str) -> PhoneNumber | None:
    """The number as dialled in the region."""
    try:
        number = phonenumbers.parse(text, region.upper() or None)
    except NumberParseException:
        return None
    number.extension = number.raw_input = None
    return number

"""Phone numbers, to E.164 in the region of the source."""

import phonenumbers
from phonenumbers import ValidationResult

from .text import tidy
from .types import Context, Problem, Standardised

UNVERIFIED = Problem("phone_unverified", "The number is possible, but not in a known range.")


def phone(raw: str, context: Context) -> Standardised:
    """A phone number in international form; one that cannot exist is set aside."""
    text = tidy(raw)
    if not text:
        return Standardised()
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, context.region.upper() or None)
    except phonenumbers.NumberParseException:
        return _refused("not_a_phone", "This is not a phone number.")
    number.extension = number.raw_input = None
    possible = phonenumbers.is_possible_number_with_reason(number)
    if possible == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        return _refused("local_phone", "The number lacks its area code.")
    if possible != ValidationResult.IS_POSSIBLE:
        return _refused("impossible_phone", "No phone number has this many digits.")
    values = {"phone": (phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),)}
    return Standardised(values, None if phonenumbers.is_valid_number(number) else UNVERIFIED)


def _refused(code: str, message: str) -> Standardised:
    return Standardised(problem=Problem(code, message))

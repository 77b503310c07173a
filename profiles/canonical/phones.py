"""Phone numbers, to E.164 in the region of the source."""

import phonenumbers

from .text import tidy
from .types import Context, Problem, Standardised


def phone(raw: str, context: Context) -> Standardised:
    """A phone number in international form; one that cannot exist is set aside."""
    text = tidy(raw)
    if not text:
        return Standardised()
    try:
        number = phonenumbers.parse("+" + text[2:] if text.startswith("00") else text, context.region or None)
    except phonenumbers.NumberParseException:
        return Standardised(problem=Problem("not_a_phone", "This is not a phone number."))
    if not phonenumbers.is_possible_number(number):
        return Standardised(problem=Problem("impossible_phone", "No phone number has so many digits."))
    values = {"phone": (phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),)}
    if phonenumbers.is_valid_number(number):
        return Standardised(values)
    return Standardised(values, Problem("phone_unverified", "The number is possible, but not in a known range."))

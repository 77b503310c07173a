"""Identifiers: numbers that systems and authorities give."""

import re

from .text import tidy
from .types import Context, Standardised

_SEPARATORS = re.compile(r"[\s.\-/_]+")


def identifier(raw: str, context: Context) -> Standardised:
    """An identifier in capitals, without blanks, dots, dashes and slashes."""
    text = _SEPARATORS.sub("", tidy(raw)).upper()
    return Standardised({"value": (text,)} if text else {})

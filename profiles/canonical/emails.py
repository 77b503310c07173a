"""E-mail addresses."""

import re

from email_validator import EmailNotValidError, validate_email

from .text import plain
from .types import Context, Problem, Standardised

NOT_AN_EMAIL = Standardised(problem=Problem("not_an_email", "This is not an e-mail address."))
_COMMON = re.compile(
    r"(?!.{255})[a-z0-9_+-]{1,60}(?:\.[a-z0-9_+-]{1,60}){0,2}"
    r"@(?=[^@]{4,250}$)(?:[a-z0-9](?:[a-z0-9-]{0,60}[a-z0-9])?\.){1,4}[a-z]{2,20}"
)
_ANGLED = re.compile(r"<([^<>]*)>\s*$")
_EDGES = "<>()[]'\"`,;:. "


def email(raw: str, context: Context) -> Standardised:
    """An e-mail address in small letters; what is no address is set aside. Domains are not looked up."""
    text = _bare(plain(raw[:1000]).lower())
    if not text:
        return Standardised()
    if _COMMON.fullmatch(text) and text.index("@") <= 64 and "xn--" not in text and "--" not in text:
        return Standardised({"email": (text,)})
    try:
        found = validate_email(
            text, check_deliverability=False, globally_deliverable=False, strict=True
        ).normalized.lower()
    except EmailNotValidError:
        return NOT_AN_EMAIL
    return Standardised({"email": (found,)}) if "." in found.partition("@")[2] else NOT_AN_EMAIL


def _bare(text: str) -> str:
    """The address itself out of "Ada <ada@example.org>", mailto: links and stray punctuation."""
    angled = _ANGLED.search(text)
    return (angled[1] if angled else text).strip(_EDGES).removeprefix("mailto:").strip(_EDGES)

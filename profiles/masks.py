"""How a value looks to who may not see it in clear: enough to recognise one that is known, too little to learn it."""

import re

DOTS = "•••"
KEPT = 2  # last signs of a number or date


def mask(kind: str, value: str) -> str:
    """The value of a field of this kind (email, phone, identifier, date, text …) masked."""
    if kind == "email" and "@" in value:
        return _email(value)
    if kind in ("phone", "identifier"):
        return f"{DOTS}{value[-KEPT:]}" if len(value) > 3 * KEPT else DOTS
    if kind == "date":
        return re.sub(r"\d(?=.{2})", "•", value) if len(value) > 3 * KEPT else DOTS
    return " ".join(_word(word) for word in value.split()) or DOTS


def _email(value: str) -> str:
    """m•••@e•••.com"""
    name, _, host = value.rpartition("@")
    domain, dot, top = host.rpartition(".")
    return f"{name[:1]}{DOTS}@{(domain or top)[:1]}{DOTS}{dot}{top if dot else ''}"


def _word(word: str) -> str:
    """The first sign of a word, none of a short one."""
    return f"{word[:1]}{DOTS}" if len(word) > KEPT else DOTS

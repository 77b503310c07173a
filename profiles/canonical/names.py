"""Parts of names, each from a column of its own; native scripts are kept for display."""

import re

from .casing import cased, family_cased
from .name_words import SUFFIXES, TITLES, key, split_suffix, split_title
from .text import TOO_LONG, one, several, tidy
from .types import Context, Problem, Standardised

MAX_NAME = 300
NOT_A_NAME = Standardised(problem=Problem("not_a_name", "There is no name in this."))
_INITIALS = re.compile(r"(?:[^\W\d_]\.\s?)+")
_EDGES = ',;"“”„«» '


def unreadable(raw: str, name: str) -> Standardised | None:
    """The answer for what cannot be a name: nothing, too long, an e-mail address, no letter."""
    if not name.strip(_EDGES):
        return Standardised()
    if len(raw) > MAX_NAME:
        return TOO_LONG
    return NOT_A_NAME if "@" in name or not any(ch.isalpha() for ch in name) else None


def given_name(raw: str, context: Context) -> Standardised:
    """A given name; a title before it, initials and a suffix after it go to their own fields."""
    name = tidy(raw).strip(_EDGES)
    refused = unreadable(raw, name)
    if refused is not None:
        return refused
    if name.isalpha():
        return one("given_name", cased(name))
    name, title_ = split_title(name)
    name, suffix = split_suffix(name)
    given, middle = _split_initials(name)
    given, inner_suffix = split_suffix(given)
    return several(
        title=title_,
        given_name=cased(bare_initials(given.strip(_EDGES))),
        middle_name=middle,
        name_suffix=suffix or inner_suffix,
    )


def _split_initials(name: str) -> tuple[str, str]:
    """ "Robert J." is Robert and J; "J. R." is J and R."""
    words = [word for part in name.split(" ") for word in bare_initials(part).split(" ")]
    place = next((i for i, word in enumerate(words) if len(word) == 1 and word.isupper() and _has_letter(words[:i])), 0)
    return (" ".join(words[:place]), cased(" ".join(words[place:]))) if place else (" ".join(words), "")


def _has_letter(words: list[str]) -> bool:
    return any(ch.isalpha() for word in words for ch in word)


def bare_initials(name: str) -> str:
    """Initials as bare capital letters: "j." is J, "J.R." is J R; anything else as it is."""
    return " ".join(name.replace(".", " ").split()).upper() if _INITIALS.fullmatch(name) else name


def middle_name(raw: str, context: Context) -> Standardised:
    """A middle name or initial."""
    name = tidy(raw).strip(_EDGES)
    refused = unreadable(raw, name)
    if refused is not None:
        return refused
    return one("middle_name", cased(" ".join(bare_initials(word) for word in name.split(" "))))


def family_name(raw: str, context: Context) -> Standardised:
    """A family name with its particles; Jr, Sr and the like go to the suffix."""
    name = tidy(raw).strip(_EDGES)
    refused = unreadable(raw, name)
    if refused is not None:
        return refused
    name, suffix = split_suffix(name)
    return several(family_name=family_cased(bare_initials(name)), name_suffix=suffix)


def name_suffix(raw: str, context: Context) -> Standardised:
    """Jr, Sr, II, III, IV; other letters after a name (PhD, Esq) do not tell generations apart and are set aside."""
    text = tidy(raw)
    if not key(text):
        return Standardised()
    found = SUFFIXES.get(key(text))
    return (
        one("name_suffix", found)
        if found
        else Standardised(problem=Problem("unknown_suffix", "This is no known suffix."))
    )


def title(raw: str, context: Context) -> Standardised:
    """Mr, Mrs, Dr and the like, without dots."""
    if len(raw) > MAX_NAME:
        return TOO_LONG
    return one("title", titled(tidy(raw)))


def titled(text: str) -> str:
    """Titles in their usual form; unknown ones as written."""
    words = (TITLES.get(key(word), word.strip(".,;: ")) for word in text.split(" "))
    return " ".join(word for word in words if word)


def organisation_name(raw: str, context: Context) -> Standardised:
    """The name of an organisation, as written, without quotes around it."""
    if len(raw) > MAX_NAME:
        return TOO_LONG
    name = tidy(raw)
    while len(name) > 1 and name[0] in '"“„«' and name[-1] in '"”“»':
        name = name[1:-1].strip()
    return one("organisation_name", name)

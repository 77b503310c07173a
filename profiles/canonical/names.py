"""Names of people and organisations: parts, particles, suffixes; native scripts are kept."""

import re

from nameparser import HumanName

from .casing import PARTICLES, cased, family_cased
from .text import fold, one, several, tidy
from .types import Context, Problem, Standardised

SUFFIXES = {"jr": "Jr", "jnr": "Jr", "junior": "Jr", "sr": "Sr", "snr": "Sr", "senior": "Sr", "ii": "II", "2nd": "II", "iii": "III",
            "3rd": "III", "iv": "IV", "4th": "IV"}  # fmt: skip
TITLES = {"mr": "Mr", "mister": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "mx": "Mx", "dr": "Dr", "doctor": "Dr",
          "prof": "Prof", "professor": "Prof", "sir": "Sir", "dame": "Dame", "rev": "Rev", "herr": "Herr", "hr": "Herr",
          "frau": "Frau", "fr": "Frau", "mme": "Mme", "mlle": "Mlle", "sra": "Sra", "pan": "Pan", "pani": "Pani"}  # fmt: skip
LEGAL_FORMS = frozenset(
    "ltd limited gmbh mbh inc incorporated llc llp plc corp corporation ug srl sarl spa pty foundation trust "
    "university gbr ohg eg ev kft zoo doo".split()
)
LEGAL_CAPITALS = frozenset("AG KG SE SA AB BV NV OY AS KK".split())
LEGAL_NATIVE = re.compile(r"株式会社|有限会社|有限公司|주식회사|\b(?:ООО|ОАО|ЗАО|ТОВ)\b|Α\.?Ε\.?$|S\.A\.$|sp\. z o\.o\.", re.IGNORECASE)
_SIMPLE = re.compile(r"[^\W\d_]{2,}(?:[-'’][^\W\d_]{2,})*")
_INITIALS = re.compile(r"(?:[^\W\d_]\.\s?)+")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3・]+")
_MARKS = ".,;: "
NOT_A_NAME = Standardised(problem=Problem("not_a_name", "There is no name in this."))


def _key(word: str) -> str:
    return word.strip(_MARKS).casefold()


def split_suffix(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix: "Smith Sr" is Smith, Sr."""
    suffix = ""
    words = name.split(" ")
    while len(words) > 1 and (not _key(words[-1]) or _key(words[-1]) in SUFFIXES):
        suffix = suffix or SUFFIXES.get(_key(words.pop()), "")
    return (" ".join(words).rstrip(",; "), suffix) if suffix else (name, "")


def split_title(name: str) -> tuple[str, str]:
    """A name without the titles before it, and the first of them: "Dr. John" is John, Dr."""
    found = ""
    words = name.split(" ")
    while len(words) > 1 and _key(words[0]) in TITLES and words[0] != "fr":
        found = found or TITLES[_key(words[0])]
        del words[0]
    return " ".join(words), found


def _initials(name: str) -> str:
    """ "J." and "J.R." as bare letters."""
    return " ".join(name.replace(".", " ").split()).upper() if _INITIALS.fullmatch(name) else name


def _nameless(text: str) -> bool:
    return "@" in text or not any(ch.isalpha() for ch in text)


def given_name(raw: str, context: Context) -> Standardised:
    """A given name; a title before it, initials and a suffix after it go to their own fields."""
    name = tidy(raw).strip(",; ")
    if not name or _nameless(name):
        return NOT_A_NAME if name else Standardised()
    name, title_ = split_title(name)
    name, suffix = split_suffix(name)
    words = name.split(" ")
    first_initial = next((i for i, word in enumerate(words) if i and len(word.rstrip(".")) == 1 and word[0].isupper()), 0)
    middle = " ".join(words[first_initial:]) if first_initial else ""
    given = " ".join(words[:first_initial]) if first_initial else name
    return several(
        title=title_, given_name=cased(_initials(given)), middle_name=_middle(middle), name_suffix=suffix
    )  # fmt: skip


def middle_name(raw: str, context: Context) -> Standardised:
    """A middle name or initial."""
    name = tidy(raw).strip(",; ")
    return NOT_A_NAME if name and _nameless(name) else one("middle_name", _middle(name))


def _middle(name: str) -> str:
    words = [_initials(word) for word in name.split(" ")]
    return cased(" ".join(words))


def family_name(raw: str, context: Context) -> Standardised:
    """A family name with its particles; Jr, Sr and the like go to the suffix."""
    name = tidy(raw).strip(",; ")
    if name and _nameless(name):
        return NOT_A_NAME
    name, suffix = split_suffix(name)
    return several(family_name=family_cased(_initials(name)), name_suffix=suffix)


def name_suffix(raw: str, context: Context) -> Standardised:
    """Jr, Sr, II, III, IV; other letters after a name (PhD, Esq) are no part of it."""
    text = tidy(raw)
    if not _key(text):
        return Standardised()
    found = SUFFIXES.get(_key(text))
    return one("name_suffix", found) if found else Standardised(problem=Problem("unknown_suffix", "This is no known suffix."))


def title(raw: str, context: Context) -> Standardised:
    """Mr, Mrs, Dr and the like."""
    text = tidy(raw).strip(_MARKS)
    return one("title", TITLES.get(text.casefold(), cased(text)))


def organisation_name(raw: str, context: Context) -> Standardised:
    """The name of an organisation, as written."""
    return one("organisation_name", tidy(raw))


def full_name(raw: str, context: Context) -> Standardised:
    """A whole name, as "Ada Lovelace" or "Lovelace, Ada", taken apart; one with a legal form is an organisation's."""
    text = tidy(raw)
    if not text or _nameless(text):
        return NOT_A_NAME if text else Standardised()
    if is_organisation(text):
        return one("organisation_name", text)
    words = text.split(" ")
    if len(words) == 2 and all(_SIMPLE.fullmatch(word) for word in words):
        return _two_words(words[0], words[1], context)
    return _parsed(text, context)


def is_organisation(name: str) -> bool:
    """Whether a legal form gives an organisation away."""
    words = name.split(" ")
    return len(words) > 1 and (
        fold(words[-1]).replace(" ", "") in LEGAL_FORMS
        or (words[-1] in LEGAL_CAPITALS and not name.isupper())
        or LEGAL_NATIVE.search(name) is not None
    ) or LEGAL_NATIVE.match(name) is not None  # fmt: skip


def _two_words(first: str, last: str, context: Context) -> Standardised:
    """The commonest shape: given and family name, or a title and one of them, or East Asian order."""
    if _EAST_ASIAN.fullmatch(first + last):
        return several(given_name=last, family_name=first)
    if _key(first) in TITLES:
        return several(title=TITLES[_key(first)], family_name=family_cased(last))
    if _key(last) in SUFFIXES or (first.islower() and first in PARTICLES and not last.islower()):
        return family_name(f"{first} {last}", context)
    return several(given_name=cased(first), family_name=family_cased(last))


def _parsed(text: str, context: Context) -> Standardised:
    """Anything but two plain words: by the name parser, each part then as if it had come alone."""
    text, title_ = split_title(text)
    text, suffix = split_suffix(text)
    if "," not in text and (" " not in text or (text.split(" ")[0] in PARTICLES and not text.islower())):
        given, middle, family = "", "", text
    else:
        name = HumanName(text)
        given, middle, family = name.first, name.middle, name.last
        suffix = suffix or next((SUFFIXES[_key(s)] for s in re.split("[ ,]+", name.suffix) if _key(s) in SUFFIXES), "")
        title_ = title_ or TITLES.get(_key(name.title.split(" ")[0]), "")
    found: dict[str, tuple[str, ...]] = {}
    for part in (given_name(given, context), middle_name(middle, context), family_name(family, context)):
        found = {**part.values, **found}
    found |= several(title=title_, name_suffix=suffix).values
    return Standardised(found) if found else family_name(text, context)

"""What matching reads from one value: folded forms, sounds, parts. Each is worked out once per distinct value."""

import re
from functools import cache, lru_cache

import jellyfish

from profiles.canonical.countries import country_code
from profiles.canonical.nicknames import FORMAL, nickname_group, relation
from profiles.canonical.text import fold


def words(text: str) -> frozenset[str]:
    """A list of words written as one line."""
    return frozenset(text.split())


CACHE = 1 << 14  # distinct values kept between batches, per kind

PARTICLES = words(
    "al bin bint da das de degli dei del della den der des di do dos du el ibn la las le los mac mc o of op san santa"
    " st te ten ter van vom von y zu zum zur"
)
LEGAL_FORMS = words(
    "ab ag aktiengesellschaft and as asa bv co company corp corporation eg gbr gmbh group holding holdings inc"
    " incorporated kft kg lda limited llc llp ltd mbh nv oy oyj pjsc plc pte pty sa sarl sas se sl spa srl the und"
)
STREET_WORDS = {
    "ave": "avenue", "av": "avenue", "blvd": "boulevard", "boul": "boulevard", "cir": "circle", "cl": "close",
    "cres": "crescent", "crt": "court", "ct": "court", "dr": "drive", "e": "east", "hwy": "highway", "ln": "lane",
    "n": "north", "pde": "parade", "pl": "place", "plz": "plaza", "rd": "road", "s": "south", "sq": "square",
    "st": "street", "str": "strasse", "tce": "terrace", "ter": "terrace", "w": "west",
}  # fmt: skip
REMARK, REMARK_FROM = re.compile(r"(.*[^\W\d_]{3}.*?)\s*\(([^()]*)\)"), 4  # "Baker & Sons (Head office)"
HANDLE, HANDLE_NAME = 4, 3  # letters of a telling local part, and of a name that it may be made from
LATIN, OTHER_SCRIPT, LATIN_BELOW = "latin", "other", 0x250  # Latin letters end with the block Latin Extended-B


@cache
def nickname_relation() -> dict[str, set[str]]:
    """Usual forms of each folded first name.

    A relation and not a group: Pat is Patrick or Patricia, Bill is William and in some lists Robert, but neither
    Patrick and Patricia nor William and Robert are one name.
    """
    return relation()


@cache
def _names_with_forms() -> frozenset[str]:
    return frozenset(FORMAL).union(relation(), *relation().values())


def nickname(word: str) -> str:
    """The formal name that a folded first name is usually short for."""
    return nickname_group(word) if word in _names_with_forms() else word


def first_word(name: str) -> str:
    """The first word of a folded name."""
    return name.partition(" ")[0]


def without_particles(name: str) -> str:
    """A folded surname in one word without its particles; with them where nothing else is left."""
    parts = name.split()
    return "".join([word for word in parts if word not in PARTICLES] or parts)


def sound(word: str) -> str:
    """How a folded word sounds, coarsely, for keys; the word itself where it has no letters."""
    return jellyfish.soundex(word) if word.isascii() and word[:1].isalpha() else word


@lru_cache(CACHE)
def word_sound(word: str) -> str:
    """How a folded word sounds, finely: "zara" as "sarah", "leigh" as "lee"."""
    return jellyfish.metaphone(word) or word


def skeleton(word: str) -> str:
    """The consonants of a folded word, doubled ones once; "" where fewer than two are left to tell words apart."""
    consonants = re.sub(r"(.)\1+", r"\1", re.sub(r"[aeiouwy]", "", word))
    return consonants if len(consonants) > 1 else ""


def script(value: str) -> str:
    """Whether a value is written in Latin letters; "" if it has no letters."""
    letter = next(filter(str.isalpha, value), "")
    return "" if not letter else LATIN if ord(letter) < LATIN_BELOW else OTHER_SCRIPT


@lru_cache(CACHE)
def plain(value: str) -> str:
    """Folded, nothing more."""
    return fold(value)


@lru_cache(CACHE)
def compact(value: str) -> str:
    """Folded without spaces: postcodes, identifiers, house numbers."""
    return fold(value).replace(" ", "")


@lru_cache(CACHE)
def street(value: str) -> str:
    """Folded street with its usual abbreviations written out."""
    return " ".join(STREET_WORDS.get(word, word) for word in fold(value).split())


@lru_cache(CACHE)
def postcode(value: str) -> str:
    """Compact postcode; of a long American one the first five digits."""
    code = compact(value)
    return code[:5] if len(code) == 9 and code.isdigit() else code


@lru_cache(CACHE)
def organisation_words(value: str) -> tuple[str, ...]:
    """Words of an organisation's name without its legal form; with it when nothing else is left."""
    parts = fold(_without_remark(value)).split()
    return tuple(word for word in parts if word not in LEGAL_FORMS) or tuple(parts)


def _without_remark(value: str) -> str:
    """Without what stands in brackets behind the name, unless it is short or a country: those tell organisations apart."""
    found = REMARK.fullmatch(value.strip())
    if not found or len(found[2]) < REMARK_FROM or country_code(found[2]):
        return value
    return found[1]


def organisation(value: str) -> str:
    """An organisation's name without its legal form, as one text."""
    return " ".join(organisation_words(value))


@lru_cache(CACHE)
def date_parts(value: str) -> tuple[int, int, int]:
    """Year, month, day of an ISO date that may stop early; noughts for what is unknown or no date."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", value.strip())
    if match is None:
        return 0, 0, 0
    year, month, day = (int(part or 0) for part in match.groups())
    return (year, month, day) if year and month <= 12 and day <= 31 else (0, 0, 0)


@lru_cache(CACHE)
def digits(value: str) -> str:
    """Only the digits of a phone number."""
    return re.sub(r"\D", "", value)


@lru_cache(CACHE)
def local_part(email: str) -> str:
    """What stands before the @, without a +tag."""
    return email.casefold().partition("@")[0].partition("+")[0]


def is_handle(local: str, *names: str) -> bool:
    """Whether a local part is a nickname of its own: long enough and not made from the person's folded names."""
    made_from = [name for name in names if len(name) >= HANDLE_NAME]
    if any(name in local for name in made_from):
        return False
    letters = re.sub(r"[^a-z]", "", local)
    return len(letters) >= HANDLE and not any(name in letters for name in made_from)

"""Names of people and organisations: parts, particles, suffixes; native scripts are kept."""

import re

from nameparser import HumanName

from .text import one, tidy
from .types import Context, Standardised

PARTICLES = frozenset(
    "van von der den de del della di da dos das do du la le lo el al bin ibn ben abu af av zu zum zur ter ten y e st".split()
)
SUFFIXES = {"jr": "Jr", "junior": "Jr", "sr": "Sr", "senior": "Sr", "ii": "II", "iii": "III", "iv": "IV", "2nd": "II", "3rd": "III"}
TITLES = {"mr": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "dr": "Dr", "prof": "Prof", "sir": "Sir", "herr": "Herr",
          "frau": "Frau", "mme": "Mme", "m": "M", "pan": "Pan", "pani": "Pani"}  # fmt: skip
_SIMPLE = re.compile(r"^[^\W\d_]+(?:[-'’][^\W\d_]+)*$")


def cased(name: str) -> str:
    """Title case for a name in all capitals or all small letters; mixed case is left as it is."""
    if not (name.isupper() or name.islower()) or len(name) < 2:
        return name
    return " ".join(_cased_word(word, i) for i, word in enumerate(name.lower().split(" ")))


def _cased_word(word: str, place: int) -> str:
    if word in PARTICLES and place >= 0 and word not in ("st",):
        return word
    parts = re.split(r"([-'’])", word)
    out = "".join(part[:1].upper() + part[1:] for part in parts)
    return "Mc" + out[2:3].upper() + out[3:] if re.match(r"Mc[a-z]{3}", out) else out


def _plain(word: str) -> str:
    return word.strip(".,").casefold()


def split_suffix(name: str) -> tuple[str, str]:
    """A name without its suffix, and the suffix: "Smith Sr" is Smith, Sr."""
    words = name.replace(",", " ").split()
    if len(words) > 1 and _plain(words[-1]) in SUFFIXES:
        return " ".join(words[:-1]), SUFFIXES[_plain(words[-1])]
    return name, ""


def given_name(raw: str, context: Context) -> Standardised:
    """A given name; a leading title is taken off."""
    return one("given_name", cased(tidy(raw)))


def middle_name(raw: str, context: Context) -> Standardised:
    """A middle name or initial."""
    return one("middle_name", cased(tidy(raw)))


def family_name(raw: str, context: Context) -> Standardised:
    """A family name with its particles; Jr, Sr and the like go to the suffix."""
    name, suffix = split_suffix(tidy(raw))
    return _parts(family_name=_family(name), name_suffix=suffix)


def _family(name: str) -> str:
    text = cased(name)
    if not (name.isupper() or name.islower()):
        return text
    words = text.split(" ")
    return " ".join(words[:-1] + [words[-1][:1].upper() + words[-1][1:]]) if words else text


def name_suffix(raw: str, context: Context) -> Standardised:
    """Jr, Sr, II, III."""
    text = tidy(raw)
    return one("name_suffix", SUFFIXES.get(_plain(text), text))


def title(raw: str, context: Context) -> Standardised:
    """Mr, Mrs, Dr and the like."""
    text = tidy(raw)
    return one("title", TITLES.get(_plain(text), text))


def organisation_name(raw: str, context: Context) -> Standardised:
    """The name of an organisation, as written."""
    return one("organisation_name", tidy(raw))


def _parts(**parts: str) -> Standardised:
    return Standardised({field: (value,) for field, value in parts.items() if value})


def full_name(raw: str, context: Context) -> Standardised:
    """A whole name, in either order ("Ada Lovelace" or "Lovelace, Ada"), taken apart."""
    text, suffix = split_suffix(tidy(raw))
    words = text.split(" ")
    if len(words) == 2 and all(_SIMPLE.match(word) for word in words):
        title_, given = TITLES.get(_plain(words[0]), ""), words[0]
        if not title_ or len(words[0]) == 1:
            return _parts(given_name=cased(given), family_name=_family(words[1]), name_suffix=suffix)
    if len(words) == 1 and text:
        return _parts(family_name=_family(text), name_suffix=suffix)
    return _parsed(text, suffix)


def _parsed(text: str, suffix: str) -> Standardised:
    """By the name parser, for anything longer than two plain words."""
    name = HumanName(text)
    found = _parts(
        title=TITLES.get(_plain(name.title), name.title), given_name=cased(name.first), middle_name=cased(name.middle),
        family_name=_family(name.last), name_suffix=suffix or SUFFIXES.get(_plain(name.suffix), name.suffix),
    )  # fmt: skip
    return found if found.values or not text else _parts(family_name=text)

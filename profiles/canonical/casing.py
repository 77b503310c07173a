"""Title case for names that came in all capitals or all small letters."""

import re

PARTICLES = frozenset(
    [
        "van",
        "von",
        "vom",
        "der",
        "den",
        "de",
        "dem",
        "del",
        "dela",
        "della",
        "dei",
        "degli",
        "di",
        "da",
        "dos",
        "das",
        "do",
        "du",
        "la",
        "las",
        "le",
        "los",
        "lo",
        "el",
        "bin",
        "bint",
        "ibn",
        "ben",
        "abu",
        "af",
        "av",
        "zu",
        "zum",
        "zur",
        "ter",
        "ten",
        "te",
        "'t",
        "y",
        "e",
    ]
)
_JOINTS = re.compile(r"([-'’.(&/])")
_MC = re.compile(r"Mc[^\W\d_]{3}")
_SYLLABIC = frozenset("AEIOUY")
_SHORT_NAMES = frozenset(("NG",))


def cased(name: str) -> str:
    """Title case for a name in all capitals or all small letters; mixed case is left as it is."""
    if len(name) < 2 or not _is_of_one_case(name) or _is_initials(name):
        return name
    return " ".join(_word(word, place > 0) for place, word in enumerate(name.split(" ")))


def family_cased(name: str) -> str:
    """As `cased`, with small particles before the name itself: "VAN DER BERG" is van der Berg."""
    if len(name) < 2 or not _is_of_one_case(name) or _is_initials(name):
        return name
    *before, last = name.split(" ")
    return " ".join([*(_word(word, True) for word in before), _word(last, False)])


def _word(word: str, may_be_particle: bool) -> str:
    small = word.lower()
    if may_be_particle and small in PARTICLES:
        return small
    if small[:3] in ("al-", "el-") and len(small) > 3:
        return small[:3] + small[3:4].title() + small[4:]
    titled = "".join(part[:1].title() + part[1:] for part in _JOINTS.split(small))
    if titled.endswith(("'S", "’S")):
        titled = titled[:-1] + "s"
    return f"Mc{titled[2].upper()}{titled[3:]}" if _MC.match(titled) else titled


def _is_of_one_case(name: str) -> bool:
    """All capitals (ß has none) or all small letters."""
    return name.islower() or name.replace("ß", "").isupper()


def _is_initials(name: str) -> bool:
    """Two capital consonants: JP, TJ."""
    return (
        len(name) == 2 and name.isascii() and name.isupper() and not set(name) & _SYLLABIC and name not in _SHORT_NAMES
    )

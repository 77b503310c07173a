"""Whole names: order, titles, particles, suffixes; one with a legal form is an organisation's.

Two plain words and "Last, First" need no parser, which manages about 10,000 names a second.
"""

import re
from collections.abc import Iterator
from functools import cache

from nameparser import FAMILY_FIRST, Lexicon, Parser, Policy, parser_for
from nameparser.locales import RU, ZH

from .casing import PARTICLES, cased, family_cased
from .name_words import SUFFIXES, TITLES, is_organisation, key, split_suffix, split_title
from .names import family_name, given_name, middle_name, organisation_name, titled, unreadable
from .text import several, tidy
from .types import Context, Standardised

_PLAIN_WORD = r"(?:[^\W\d_]['’])?[^\W\d_]{2,}(?:[-'’][^\W\d_]{2,})*"
_TWO_WORDS = re.compile(rf"({_PLAIN_WORD}) ({_PLAIN_WORD})")
_THREE_WORDS = re.compile(rf"({_PLAIN_WORD}) ({_PLAIN_WORD}|[A-Z]\.?) ({_PLAIN_WORD})")
_LAST_FIRST = re.compile(rf"({_PLAIN_WORD}), ?({_PLAIN_WORD})(?: ({_PLAIN_WORD}|[A-Z]\.?))?")
_EAST_ASIAN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3・]+")
_BEFORE_GIVEN = frozenset(("Sir", "Dame"))
_BEYOND_LATIN = "\u0250"
_TWO_FAMILY_NAMES = frozenset(
    ["ES", "MX", "AR", "CO", "CL", "PE", "VE", "EC", "GT", "CU", "BO", "DO", "HN", "PY", "SV", "NI", "CR", "PA", "UY"]
)
_LEXICON = Lexicon.default()
_TELLING = frozenset(
    PARTICLES
    | SUFFIXES.keys()
    | TITLES.keys()
    | _LEXICON.particles
    | _LEXICON.conjunctions
    | _LEXICON.bound_given_names
)
_TELLING_AT_ENDS = _TELLING | _LEXICON.titles | _LEXICON.suffix_words | _LEXICON.suffix_acronyms


def full_name(raw: str, context: Context) -> Standardised:
    """A whole name, as "Ada Lovelace" or "Lovelace, Ada", taken apart; one with a legal form is an organisation's."""
    name = tidy(raw)
    refused = unreadable(raw, name)
    if refused is not None:
        return refused
    return organisation_name(name, context) if is_organisation(name) else _personal(name, context)


def person_name(raw: str, context: Context) -> Standardised:
    """The whole name of a person, taken apart, even when it looks like an organisation's."""
    name = tidy(raw)
    refused = unreadable(raw, name)
    return _personal(name, context) if refused is None else refused


def _personal(name: str, context: Context) -> Standardised:
    two = _TWO_WORDS.fullmatch(name)
    if two and context.region != "HU":
        return _two_words(two[1], two[2], context)
    return _plain_words(name, context) or _parsed(name, context)


def _two_words(first: str, last: str, context: Context) -> Standardised:
    """The commonest shape: given and family name, or a title and one of them, or family name first."""
    if _EAST_ASIAN.fullmatch(first + last) or _shouted_family(first, last):
        return several(given_name=cased(last), family_name=family_cased(first))
    if key(first) in TITLES:
        title = TITLES[key(first)]
        return several(title=title, **{"given_name" if title in _BEFORE_GIVEN else "family_name": family_cased(last)})
    if key(last) in SUFFIXES or (first in PARTICLES and not last.islower()):
        return family_name(f"{first} {last}", context)
    return several(given_name=cased(first), family_name=family_cased(last))


def _shouted_family(first: str, last: str) -> bool:
    """The French way of writing the family name first, in capitals: DUPONT Jean."""
    return (
        len(first) > 2 and first.isupper() and "." not in first and key(first) not in TITLES
        and not last.isupper() and not last.islower()
    )  # fmt: skip


def _plain_words(name: str, context: Context) -> Standardised | None:
    """Three plain words, or "Last, First", of which none has a meaning that only the parser knows."""
    if max(name) >= _BEYOND_LATIN or context.region in _TWO_FAMILY_NAMES or context.region == "HU":
        return None
    last_first, three = _LAST_FIRST.fullmatch(name), _THREE_WORDS.fullmatch(name)
    if last_first:
        family, given, middle = last_first[1], last_first[2], last_first[3] or ""
    elif three and not _shouted_family(three[1], three[3]):
        given, middle, family = three.groups()
    else:
        return None
    if key(middle) in _TELLING or {key(given), key(family)} & _TELLING_AT_ENDS:
        return None
    return several(given_name=cased(given), middle_name=cased(middle.rstrip(".")), family_name=family_cased(family))


def _parsed(name: str, context: Context) -> Standardised:
    """Any other shape: by the name parser, each part then as if it had come alone."""
    name, suffix = split_suffix(name)
    bare, title = split_title(name)
    if _is_family_alone(bare):
        return _joined(several(title=title, name_suffix=suffix), family_name(bare, context))
    found = _parser(context.region).parse(_comma_after_shouted(name)).as_dict()
    if not (found["family"] or found["title"]):
        found |= {"given": "", "family": found["given"]}
    suffixes = [word for word in re.split("[ ,]+", found["suffix"]) if word]
    generation = suffix or next((SUFFIXES[key(word)] for word in suffixes if key(word) in SUFFIXES), "")
    degrees = " ".join(word for word in suffixes if key(word) not in SUFFIXES)
    whole = _joined(
        several(title=titled(f"{found['title']} {degrees}".strip()), name_suffix=generation),
        given_name(found["given"], context),
        middle_name(found["middle"], context),
        family_name(found["family"], context),
        _other_names(found["nickname"], found["maiden"]),
    )
    return whole if {"given_name", "family_name"} & whole.values.keys() else family_name(name, context)


def _is_family_alone(name: str) -> bool:
    if "," in name:
        return False
    first, blank, rest = name.partition(" ")
    return not _EAST_ASIAN.fullmatch(first) if not blank else first in PARTICLES and not rest.islower()


def _comma_after_shouted(name: str) -> str:
    """ "VAN DER BERG Anna" as "VAN DER BERG, Anna"."""
    words = split_title(name)[0].split(" ")
    shouted = next((i for i, word in enumerate(words) if not word.isupper()), 0)
    if "," in name or not shouted or not _shouted_family("".join(words[:shouted]), words[shouted]):
        return name
    return f"{' '.join(words[:shouted])}, {' '.join(words[shouted:])}"


def _other_names(nickname: str, maiden: str) -> Standardised:
    """Names that no canonical field holds are kept as free attributes."""
    found = {"free:nickname": cased(nickname), "free:maiden_name": family_cased(maiden)}
    return Standardised({field: (value,) for field, value in found.items() if any(ch.isalpha() for ch in value)})


def _joined(*parts: Standardised) -> Standardised:
    """All parts as one; of two values of a field the first one stays."""
    return Standardised(dict(_items(parts)))


def _items(parts: tuple[Standardised, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for part in reversed(parts):
        yield from part.values.items()


@cache
def _parser(region: str) -> Parser:
    """The parser with the name order of a region; Japanese names must not be split as Chinese ones."""
    two = region in _TWO_FAMILY_NAMES
    policy = Policy(name_order=FAMILY_FIRST) if region == "HU" else Policy(two_family_names=two)
    return parser_for(*((RU,) if region == "JP" else (RU, ZH)), base=Parser(policy=policy))

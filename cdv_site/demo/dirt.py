"""What goes wrong when people write people down: slips, nicknames, hearing, swapped fields, values that are none."""

from collections.abc import Callable
from datetime import date
from random import Random

from cdv_site.demo.facts import Facts
from cdv_site.demo.names import NICKNAMES, words
from cdv_site.demo.places import Phone

NOBODY = (("Guest", ""), ("John", "Doe"), ("Jane", "Doe"), ("n/a", ""), ("Unknown", ""), ("Test", "Customer"))
NO_EMAIL = ("noreply@example.com", "test@example.com", "none@example.org", "n/a")
NO_PHONE = ("00000000000", "0000000000", "09999999999", "0123456789", "-1")
NO_BIRTH_DATE = (date(1900, 1, 1), date(1970, 1, 1))

_NEAR_KEYS = words(
    "sqz vgn xvd sfe wrd dgr fht gjy uok hku jli kop njk bmh ipl ol wa etd adw ryg yij cbg qes zcs tuh xas"
)
_NEIGHBOURS = dict(zip("abcdefghijklmnopqrstuvwxyz", _NEAR_KEYS, strict=True))
_HEARD = tuple(
    tuple(rule.split(">"))
    for rule in words(
        "ph>f ck>k th>t ee>ea ou>oo ie>y ll>l mm>m nn>n son>sen ght>t wr>r kn>n sch>sh cz>ch sz>sh w>v ei>i ea>ee "
        "ai>ay ow>au gh>g c>k y>ie z>s ar>er ev>ef"
    )
)

# The shares of records in which a source soils a value.
_RATES: dict[str, dict[str, float]] = {
    "pos": {"nickname": 0.12, "initial": 0.1, "given_typo": 0.03, "family_typo": 0.04, "swap": 0.01, "phone": 0.01,
            "email": 0, "born": 0, "postcode": 0.02, "placeholder": 0.03, "case": 0.15, "ear": 0},
    "shop": {"nickname": 0.1, "initial": 0.01, "given_typo": 0.015, "family_typo": 0.02, "swap": 0.02, "phone": 0.01,
             "email": 0.015, "born": 0.02, "postcode": 0.01, "placeholder": 0.01, "case": 0.08, "ear": 0},
    "app": {"nickname": 0.2, "initial": 0.01, "given_typo": 0.01, "family_typo": 0.015, "swap": 0.02, "phone": 0.005,
            "email": 0.01, "born": 0.01, "postcode": 0.01, "placeholder": 0.01, "case": 0.08, "ear": 0},
    "crm": {"nickname": 0.04, "initial": 0.02, "given_typo": 0.02, "family_typo": 0.025, "swap": 0.015, "phone": 0.015,
            "email": 0.015, "born": 0.025, "postcode": 0.015, "placeholder": 0.03, "case": 0.12, "ear": 0},
    "callcentre": {"nickname": 0.1, "initial": 0, "given_typo": 0.01, "family_typo": 0.01, "swap": 0.01, "phone": 0.02,
                   "email": 0.03, "born": 0.03, "postcode": 0.03, "placeholder": 0.02, "case": 0.03, "ear": 0.25},
}  # fmt: skip


def typo(text: str, rng: Random) -> str:
    """One slip of the hand: a neighbouring key, a letter lost, doubled, or two swapped. Never the first letter."""
    if len(text) < 4:
        return text
    place = rng.randrange(1, len(text) - 1)
    kind, letter = rng.random(), text[place]
    if kind < 0.35 and letter in _NEIGHBOURS:
        return text[:place] + rng.choice(_NEIGHBOURS[letter]) + text[place + 1 :]
    if kind < 0.6:
        return text[:place] + text[place + 1 :]
    if kind < 0.75:
        return text[:place] + letter + text[place:]
    return text[:place] + text[place + 1] + letter + text[place + 2 :]


def by_ear(text: str, rng: Random) -> str:
    """A name as somebody spells it who has only heard it: Philips becomes Filips."""
    lowered = text.lower()
    start = rng.randrange(len(_HEARD))
    for heard, written in _HEARD[start:] + _HEARD[:start]:
        place = lowered.find(heard)
        if place >= 0:
            changed = lowered[:place] + written + lowered[place + len(heard) :]
            return changed.title() if text[0].isupper() else changed
    return text


def nickname(given: str, rng: Random) -> str:
    """What friends call somebody, where there is such a form."""
    short = NICKNAMES.get(given)
    return rng.choice(short) if short else given


def wrong_digit(text: str, rng: Random) -> str:
    """One of the last digits is another one."""
    places = [place for place, char in enumerate(text) if char.isdigit()][-5:]
    if not places:
        return text
    place = rng.choice(places)
    return text[:place] + str((int(text[place]) + rng.randint(1, 9)) % 10) + text[place + 1 :]


def wrong_birth_date(born: date, rng: Random) -> date:
    """Day and month swapped where that is a date, else one digit of the day misread."""
    if born.day <= 12 and born.day != born.month and rng.random() < 0.6:
        return born.replace(month=born.day, day=born.month)
    return born.replace(day={1: 2, 10: 11, 20: 21, 30: 20}.get(born.day, born.day - 1))


def soil(facts: Facts, rng: Random) -> None:
    """Let happen to a person's record what happens in its source; each mishap is noted in the record's cases."""
    for name, rate in _RATES[facts.source].items():
        if rng.random() < rate and _MISHAPS[name](facts, rng):
            facts.cases.add(_CASES.get(name, name))


def _nickname(facts: Facts, rng: Random) -> bool:
    before = facts.given
    facts.given = nickname(before, rng)
    return facts.given != before


def _initial(facts: Facts, rng: Random) -> bool:
    if not facts.given or facts.native or "household" in facts.cases:
        return False
    facts.given = facts.given[0] + rng.choice(("", "."))
    return True


def _given_typo(facts: Facts, rng: Random) -> bool:
    before, facts.given = facts.given, typo(facts.given, rng)
    return facts.given != before


def _family_typo(facts: Facts, rng: Random) -> bool:
    before, facts.family = facts.family, typo(facts.family, rng)
    return facts.family != before


def _ear(facts: Facts, rng: Random) -> bool:
    before = facts.given, facts.family
    if facts.family:
        facts.family = by_ear(facts.family, rng)
    if facts.given and rng.random() < 0.4:
        facts.given = by_ear(facts.given, rng)
    return (facts.given, facts.family) != before


def _swap(facts: Facts, rng: Random) -> bool:
    facts.given, facts.family = facts.family, facts.given
    return facts.given != facts.family


def _phone(facts: Facts, rng: Random) -> bool:
    facts.phones = [_misheard(phone, rng) for phone in facts.phones]
    return bool(facts.phones)


def _misheard(phone: Phone, rng: Random) -> Phone:
    return phone[0], wrong_digit(phone[1], rng)


def _email(facts: Facts, rng: Random) -> bool:
    if not facts.emails:
        return False
    local, _, domain = facts.emails[0].partition("@")
    wrong = typo(local, rng).replace("..", ".")
    facts.emails[0] = f"{wrong}@{domain}"
    return True


def _born(facts: Facts, rng: Random) -> bool:
    if facts.born:
        facts.born = wrong_birth_date(facts.born, rng)
    return facts.born is not None


def _postcode(facts: Facts, rng: Random) -> bool:
    facts.postcode = wrong_digit(facts.postcode, rng)
    return bool(facts.postcode)


def _placeholder(facts: Facts, rng: Random) -> bool:
    """Fill a required box with something that is no value."""
    choice = rng.random()
    if facts.source == "shop" or (facts.source in ("crm", "callcentre") and choice < 0.4):
        facts.emails = [rng.choice(NO_EMAIL[:3] if facts.source == "shop" else NO_EMAIL)]
    elif facts.source in ("crm", "app", "callcentre") and choice < 0.7:
        facts.born = rng.choice(NO_BIRTH_DATE)
    elif facts.source == "pos" and choice < 0.3:
        facts.given, facts.family = rng.choice(NOBODY)
    else:
        facts.phones = [("", rng.choice(NO_PHONE))]
    return True


def _case(facts: Facts, rng: Random) -> bool:
    change = str.upper if rng.random() < 0.6 else str.lower
    facts.given, facts.family = change(facts.given), change(facts.family)
    return bool(facts.family)


_MISHAPS: dict[str, Callable[[Facts, Random], bool]] = {
    "nickname": _nickname,
    "initial": _initial,
    "given_typo": _given_typo,
    "family_typo": _family_typo,
    "ear": _ear,
    "swap": _swap,
    "phone": _phone,
    "email": _email,
    "born": _born,
    "postcode": _postcode,
    "placeholder": _placeholder,
    "case": _case,
}
_CASES = {
    "ear": "by_ear", "swap": "swapped_names", "given_typo": "typo", "family_typo": "typo", "phone": "wrong_digit",
    "postcode": "wrong_digit", "email": "typo", "born": "wrong_birth_date", "case": "letter_case",
    "initial": "initials",
}  # fmt: skip

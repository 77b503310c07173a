"""Nicknames: one name that stands for a group of given names that people use for each other."""

from collections.abc import Iterable
from functools import cache, lru_cache

from nicknames import NickNamer

# Formal name and its everyday forms. The library lists every relation ever seen (Bill of Robert), so the usual come first.
USUAL = {
    "annabelle": "annabelle annabella annabel anabelle anabella anabel", "leigh": "leigh lee lea",
    "alexander": "alexander alec alex aleks sasha xander", "alexandra": "alexandra sandra lexi", "alfred": "alfred alf alfie fred",
    "andrew": "andrew andy drew", "anna": "anna ana ann anne annie anya", "anthony": "anthony tony antony", "arthur": "arthur art",
    "barbara": "barbara barb barbie babs", "benjamin": "benjamin ben benny benjie", "charles": "charles charlie chuck chas",
    "charlotte": "charlotte lottie", "christina": "christina christine tina chrissy", "christopher": "christopher chris kit",
    "daniel": "daniel dan danny", "david": "david dave davey", "deborah": "deborah debra deb debbie", "donald": "donald don donnie",
    "dorothy": "dorothy dot dottie dolly", "edward": "edward ed eddie ned ted teddy", "eleanor": "eleanor ellie nell nellie",
    "elizabeth": "elizabeth elisabeth liz lizzie eliza beth betty betsy bess libby lisbeth", "emily": "emily em emmy",
    "eugene": "eugene gene", "francis": "francis frank frankie", "frances": "frances fran francie", "francisco": "francisco paco pancho",
    "frederick": "frederick freddie freddy frederic", "gabriel": "gabriel gabe", "gerald": "gerald gerry", "gregory": "gregory greg",
    "henry": "henry hank harry", "isabella": "isabella isabel bella izzy", "jacob": "jacob jake", "james": "james jim jimmy jamie",
    "jennifer": "jennifer jen jenny jenni", "jessica": "jessica jess jessie", "john": "john johnny jack", "jonathan": "jonathan jon jonny",
    "jose": "jose pepe", "joseph": "joseph joe joey", "joshua": "joshua josh", "judith": "judith judy", "katherine":
    "katherine catherine kathryn katharine kate katie kathy cathy kitty kat kathleen", "kenneth": "kenneth ken kenny",
    "lawrence": "lawrence laurence larry", "leonard": "leonard leo len lenny", "louis": "louis lou louie", "manuel": "manuel manolo",
    "margaret": "margaret maggie meg peggy marge margie greta", "maria": "maria", "martin": "martin marty", "mary": "mary molly polly mamie",
    "matthew": "matthew matt matty", "michael": "michael mike mikey mick micky", "nathaniel": "nathaniel nathan nate nat",
    "nicholas": "nicholas nicolas nick nicky", "pamela": "pamela pam", "patricia": "patricia patty trish tricia",
    "patrick": "patrick pat paddy", "peter": "peter pete", "philip": "philip phillip phil", "raymond": "raymond ray",
    "rebecca": "rebecca becky becca", "richard": "richard rick ricky rich richie dick", "robert": "robert rob robbie bob bobby bert",
    "ronald": "ronald ron ronnie", "rosemary": "rosemary rosie", "samantha": "samantha", "samuel": "samuel sam sammy",
    "sarah": "sarah sara sally", "stephen": "stephen steven steve stevie", "susan": "susan sue susie suzie suzanne", "terence":
    "terence terry terrence", "theodore": "theodore theo", "theresa": "theresa teresa terri tess", "thomas": "thomas tom tommy",
    "timothy": "timothy tim timmy", "victoria": "victoria vicky vicki tori", "vincent": "vincent vince", "walter": "walter walt wally",
    "william": "william will bill billy willy willie liam",
}  # fmt: skip
FORMAL = {name: formal for formal, names in USUAL.items() for name in names.split()}
ENDINGS = (("ie", "y"), ("y", "ie"))  # Peggie and Peggy


@cache
def _namer() -> NickNamer:
    return NickNamer()


@cache
def relation() -> dict[str, set[str]]:
    """Usual forms of each folded formal name, however their ending is spelled: margaret → peggy, peggie, maggie, …"""
    found: dict[str, set[str]] = {formal: set(forms) for formal, forms in _namer().nickname_lookup.items()}
    for formal, forms in USUAL.items():
        found.setdefault(formal, set()).update(forms.split())
    return {formal: {*forms, *respelled(forms)} - {formal} for formal, forms in found.items()}


def respelled(names: Iterable[str]) -> set[str]:
    """The names that end in -ie or -y with the other ending."""
    return {
        name.removesuffix(old) + new for name in names for old, new in ENDINGS if name.endswith(old) and len(name) > 3
    }


@lru_cache(maxsize=100_000)
def nickname_group(folded: str) -> str:
    """The formal name most usual for a folded given name, itself when there is none ("bob" is robert)."""
    seen: set[str] = set()
    name = _spelled_as_known(folded)
    while name not in FORMAL and name not in seen:
        seen.add(name)
        name = _more_formal(name)
    return FORMAL.get(name, name)


def _spelled_as_known(name: str) -> str:
    """The name, or with another ending when that is a usual form and it is not: peggie is peggy."""
    if name in FORMAL:
        return name
    return next((other for other in sorted(respelled([name])) if other in FORMAL), name)


def _more_formal(name: str) -> str:
    """The name with the most nicknames of those that this one is short for; itself when none has more than it has."""
    own = len(_namer().nicknames_of(name)) if name else 0
    known = [(len(_namer().nicknames_of(formal)), formal) for formal in _namer().canonicals_of(name)] if name else []
    most, formal = max(known, default=(0, name), key=lambda found: (found[0], found[1] in FORMAL, found[1]))
    return formal if most > own else name

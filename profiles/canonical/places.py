"""Postcodes, towns and regions."""

import re

from .casing import cased
from .text import TOO_LONG, fold, one, plain, tidy
from .types import Context, Standardised

MAX_POSTCODE, MAX_PLACE = 40, 200
_US_STATES = (
    "AL Alabama|AK Alaska|AZ Arizona|AR Arkansas|CA California|CO Colorado|CT Connecticut|DE Delaware|DC District of Columbia|FL Florida|"
    "GA Georgia|HI Hawaii|ID Idaho|IL Illinois|IN Indiana|IA Iowa|KS Kansas|KY Kentucky|LA Louisiana|ME Maine|MD Maryland|MA Massachusetts|"
    "MI Michigan|MN Minnesota|MS Mississippi|MO Missouri|MT Montana|NE Nebraska|NV Nevada|NH New Hampshire|NJ New Jersey|NM New Mexico|"
    "NY New York|NC North Carolina|ND North Dakota|OH Ohio|OK Oklahoma|OR Oregon|PA Pennsylvania|PR Puerto Rico|RI Rhode Island|"
    "SC South Carolina|SD South Dakota|TN Tennessee|TX Texas|UT Utah|VT Vermont|VA Virginia|WA Washington|WV West Virginia|WI Wisconsin|WY Wyoming"
)
_CANADIAN = (
    "AB Alberta|BC British Columbia|MB Manitoba|NB New Brunswick|NL Newfoundland and Labrador|NS Nova Scotia|NT Northwest Territories|"
    "NU Nunavut|ON Ontario|PE Prince Edward Island|QC Quebec|SK Saskatchewan|YT Yukon"
)
_AUSTRALIAN = (
    "ACT Australian Capital Territory|NSW New South Wales|NT Northern Territory|QLD Queensland|SA South Australia|TAS Tasmania|"
    "VIC Victoria|WA Western Australia"
)
_PREFIXED = re.compile(r"(?:A|B|CH|CZ|D|DK|E|F|FIN|FL|GR|I|L|LT|LV|N|NL|P|PL|S|SK)-(?=\d)")
_SHAPES = (
    (re.compile(r"([A-Z]{1,2}\d[A-Z\d]?)(\d[A-Z]{2})"), " "),  # Britain
    (re.compile(r"([A-Z]\d[A-Z])(\d[A-Z]\d)"), " "),  # Canada
    (re.compile(r"(\d{4})([A-Z]{2})"), " "),  # the Netherlands
)
_NINE_DIGITS = re.compile(r"(\d{5})-?(\d{4})")
_SPREADSHEET = re.compile(r"(\d{4,6})\.0")


def _codes(table: str) -> dict[str, str]:
    return {fold(name): code for code, _, name in (row.partition(" ") for row in table.split("|"))}


_REGION_CODES = {"US": _codes(_US_STATES), "CA": _codes(_CANADIAN), "AU": _codes(_AUSTRALIAN)}
REGION_NAMES = "|".join(
    re.escape(name)
    for codes in _REGION_CODES.values()
    for name in sorted({*codes, *map(str.lower, codes.values())}, key=len, reverse=True)
)
"""A pattern of all names and codes of regions that addresses are searched for."""
_KNOWN_CODES = {country: frozenset(codes.values()) for country, codes in _REGION_CODES.items()}


def postcode(raw: str, context: Context) -> Standardised:
    """A postcode in capitals, with its blank or dash where its country writes one."""
    text = postal_code(plain(raw[:100]), context.region)
    return TOO_LONG if len(text) > MAX_POSTCODE else one("postcode", text)


def postal_code(text: str, region: str) -> str:
    """A postcode in the shape of its country."""
    text = " ".join(text.upper().split())
    spreadsheet = _SPREADSHEET.fullmatch(text)
    text = _PREFIXED.sub("", spreadsheet[1] if spreadsheet else text)
    compact = text.replace(" ", "")
    for shape, gap in _SHAPES:
        found = shape.fullmatch(compact)
        if found:
            return f"{found[1]}{gap}{found[2]}"
    nine = _NINE_DIGITS.fullmatch(compact) if region == "US" else None
    return f"{nine[1]}-{nine[2]}" if nine else text


def city(raw: str, context: Context) -> Standardised:
    """A town or city."""
    return TOO_LONG if len(raw) > MAX_PLACE else one("city", cased(tidy(raw).strip(",; ")))


def region(raw: str, context: Context) -> Standardised:
    """A state, county or province; those of the United States, Canada and Australia by their code."""
    return TOO_LONG if len(raw) > MAX_PLACE else one("region", region_code(tidy(raw).strip(",;. "), context.region))


def region_code(text: str, country: str) -> str:
    """The code of a region's name; other names in title case, short ones in capitals."""
    for codes in (_REGION_CODES.get(country, {}), _REGION_CODES["US"] if country not in _REGION_CODES else {}):
        found = codes.get(fold(text))
        if found:
            return found
    bare = text.replace(".", "")
    return bare.upper() if len(bare) <= 3 and bare.isascii() and bare.isalpha() else cased(text)


def is_region(text: str, country: str) -> bool:
    """Whether a text is the code or name of a region of the United States, Canada or Australia."""
    country = country if country in _REGION_CODES else "US"
    return text.upper() in _KNOWN_CODES[country] or fold(text) in _REGION_CODES[country]

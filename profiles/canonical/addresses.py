"""Postal addresses: house number, street, unit, postcode, city."""

import re

from .names import cased
from .text import one, tidy
from .types import Context, Standardised

STREET_TYPES = {"st": "Street", "str": "Street", "ave": "Avenue", "av": "Avenue", "rd": "Road", "dr": "Drive", "ln": "Lane",
                "ct": "Court", "blvd": "Boulevard", "pl": "Place", "ter": "Terrace", "sq": "Square", "cl": "Close",
                "cres": "Crescent", "gdns": "Gardens", "hwy": "Highway", "pde": "Parade", "pkwy": "Parkway"}  # fmt: skip
_NUMBER_FIRST = re.compile(r"^(\d+[A-Za-z]?(?:[-/]\d+[A-Za-z]?)?),?\s+(.+)$")
_NUMBER_LAST = re.compile(r"^(\D+?)\s+(\d+\s?[A-Za-z]?(?:[-/]\d+[A-Za-z]?)?)$")
_UNIT = re.compile(r"[,\s]+(?:apt|apartment|flat|unit|suite|ste|#|no)\.?\s*#?\s*([\w-]+)\s*$", re.I)
_UNIT_FIRST = re.compile(r"^(?:apt|apartment|flat|unit|suite)\.?\s*([\w-]+)[,\s]+", re.I)
_US_TAIL = re.compile(r"^(.*?),?\s+([A-Z]{2})\s+(\d{5})(?:-\d{4})?$")


def street(raw: str, context: Context) -> Standardised:
    """A street without its number; common abbreviations are written out."""
    return one("street", _street(tidy(raw)))


def _street(text: str) -> str:
    name = cased(text)
    german = re.sub(r"(?<=\w)str\.?$", "straße", name)
    if german != name:
        return german
    words = name.rstrip(",").split(" ")
    last = STREET_TYPES.get(words[-1].rstrip(".").casefold()) if len(words) > 1 else None
    return " ".join([*words[:-1], last]) if last else name.rstrip(",")


def house_number(raw: str, context: Context) -> Standardised:
    """A house number, with its letter."""
    return one("house_number", tidy(raw).replace(" ", "").upper())


def unit(raw: str, context: Context) -> Standardised:
    """A flat or apartment."""
    return one("unit", re.sub(r"^(?:apt|apartment|flat|unit|suite|ste|#)\.?\s*#?\s*", "", tidy(raw), flags=re.I).upper())


def postcode(raw: str, context: Context) -> Standardised:
    """A postcode in capitals; British ones with their blank."""
    text = re.sub(r"\s+", " ", tidy(raw).upper())
    plain = text.replace(" ", "")
    if re.fullmatch(r"[A-Z]{1,2}\d[A-Z\d]?\d[A-Z]{2}", plain):
        text = f"{plain[:-3]} {plain[-3:]}"
    return one("postcode", text)


def city(raw: str, context: Context) -> Standardised:
    """A town or city."""
    return one("city", cased(tidy(raw)))


def region(raw: str, context: Context) -> Standardised:
    """A state, county or province; short codes in capitals."""
    text = tidy(raw)
    return one("region", text.upper() if len(text) <= 3 else cased(text))


def address_line(raw: str, context: Context) -> Standardised:
    """A line such as "123 Main Street Apt 4" or "Hauptstraße 12b", taken apart."""
    text, parts = tidy(raw), {}
    tail = _US_TAIL.match(text)
    if tail:
        text, parts["region"], parts["postcode"] = tail.groups()
        text, comma, place = text.rpartition(",")
        text, parts["city"] = (text, cased(place.strip())) if comma else (place, "")
    line, comma, rest = text.partition(",")
    first = _UNIT_FIRST.match(text)
    if first:
        parts["unit"], line, rest = first.group(1).upper(), text[first.end() :], ""
    parts |= _line(line.strip() if not re.fullmatch(r"\d+\w?", line.strip()) else text)
    found = _UNIT.search("," + rest) if rest else None
    if found:
        parts["unit"] = found.group(1).upper()
    return Standardised({field: (value,) for field, value in parts.items() if value})


def _line(line: str) -> dict[str, str]:
    parts = {}
    found = _UNIT.search(line)
    if found and found.start() > 0:
        parts["unit"], line = found.group(1).upper(), line[: found.start()]
    first, last = _NUMBER_FIRST.match(line), _NUMBER_LAST.match(line)
    if first:
        parts["house_number"], line = first.group(1).upper(), first.group(2)
    elif last:
        line, parts["house_number"] = last.group(1), last.group(2).replace(" ", "").upper()
    parts["street"] = _street(line.strip(" ,"))
    return parts

"""Postal addresses: a line such as "123 Main St Apt 4" or "Hauptstr. 12b", taken apart."""

import re
from collections.abc import Iterator

from .casing import cased
from .countries import country_code
from .places import REGION_NAMES, is_region, postal_code, region_code
from .streets import is_kind, written_out
from .text import TOO_LONG, one, plain, several, tidy
from .types import Context, Standardised

MAX_LINE, MAX_UNIT = 500, 100
EXTRA = "free:address_extra"
Parts = dict[str, str]

_MORE = r"(?:\s?[-–/+]\s?\d{1,5}\s?[^\W\d_]?){0,2}(?![^\W_])"
_LEADING = rf"\d{{1,5}}(?:\s?(?:bis|ter|quater)|[^\W\d_])?{_MORE}"
_NUMBER = rf"\d{{1,5}}\s?(?:bis|ter|quater|[^\W\d_])?{_MORE}"
_NUMBER_FIRST = re.compile(rf"({_LEADING})(?:,\s*|\s+)(?=\D*[^\W\d_]|\d+(?:st|nd|rd|th)\b)(.+)", re.IGNORECASE)
_NUMBER_LAST = re.compile(
    rf"(.*?[^\W\d_].*?)[\s,]+(?:(?:nr|no|num|n|д|дом)[.º°]*\s*|[#№]\s*)?({_NUMBER})", re.IGNORECASE
)
_BUILDING = re.compile(rf"([^\d,#]*[^\W\d_]{{3}})\s+({_NUMBER})\s+([^\d,]*[^\W\d_]{{3}}[^\d,]*)", re.IGNORECASE)
_NUMBER_ALONE = re.compile(rf"(?:(?:nr|no|n|д)[.º°]*\s*|[#№]\s*)?({_NUMBER})", re.IGNORECASE)
_POSTCODE_LIKE = re.compile(r"\d{4}|\d\d[ -]\d")
_NUMBER_SIGN = re.compile(r"^(?:(?:nr|no|num|n[º°]|house)\b[.\s]*|[#№]\s*)", re.IGNORECASE)
_NUMBERED_ROADS = frozenset(
    [
        "route",
        "highway",
        "hwy",
        "interstate",
        "rte",
        "road",
        "rr",
        "sr",
        "us",
        "box",
        "bag",
        "km",
        "zone",
        "hc",
        "ward",
        "lot",
    ]
)
_NUMBERED_KINDS = frozenset(["street", "st", "str", "avenue", "ave", "av", "lane", "calle", "carrera"])  # Street 128
_NUMBERED_STREET = re.compile(
    rf"((?:(?:no\.?\s*|[#№]\s*)?{_LEADING}\s+)?(?:street|st\.?|avenue|ave\.?)\s+\d{{1,4}})\s+([^\W\d_]{{3}}\D*)",
    re.IGNORECASE,
)
_TOWN = re.compile(r"(?:[a-z]{1,3}-)?\d{4,6}\s+\D{2,}", re.IGNORECASE)
_AFTER_DATE = re.compile(r"de\s", re.IGNORECASE)  # Calle 9 de Julio 12: the number stands last
_UNIT_FIRST_REGIONS = frozenset(("AU", "NZ"))
_POST_BOX = re.compile(
    r"^(?:p\.?\s?o\.?\s?box|post(?:al)? box|postbox|postfach|postbus|apartado|casilla|b\.?p\.?)\s?\.?\s?(?=\d)",
    re.IGNORECASE,
)

_UNIT_WORD = (
    r"(?:apartment|apartamento|appartement|apt|appt|apto|flat|unit|suite|ste|room|rm|wohnung|whg|top|depto|interno|int|puerta|lokal|lok"
    r"|квартира|кв|kv|byt|m(?=\.))\b\.?\s*(?:no\.?|nr\.?|#)?\s*"
)
_UNIT_VALUE = r"(\d[\w/-]{0,9}|[^\W\d_]{1,2}(?![^\W_])(?:[/-]?\d{1,5})?|[^\W\d_]\d{1,5})"
_UNIT = re.compile(rf"(?:{_UNIT_WORD}|#\s*){_UNIT_VALUE}", re.IGNORECASE)
_UNIT_LAST = re.compile(rf"(.*[^\W_].*?)[\s,]+(?:{_UNIT_WORD}|#\s*){_UNIT_VALUE}", re.IGNORECASE)
_UNIT_FIRST = re.compile(rf"(?:{_UNIT_WORD}|#\s*){_UNIT_VALUE}[\s,]+(?=.*[^\W\d_]{{2}})(.+)", re.IGNORECASE)
_STOREY = re.compile(
    r"(?:floor|level|fl|block|bldg|building|tower|stair|etage|étage|piso)\b\.?\s*\w+"
    r"|\d+\s?(?:st|nd|rd|th|er|e|[.ºª°])\s*(?:floor|og|stock|etage|étage|piso)?\s*[^\W\d_]?"
    r"|hinterhaus|seitenflügel|ground floor|basement|penthouse",
    re.IGNORECASE,
)

_TAILS = tuple(
    re.compile(shape, re.IGNORECASE)
    for shape in (
        rf"(?:(?P<before>.*?)\s+)?(?P<region>{REGION_NAMES})\s+(?P<postcode>\d{{5}}(?:-\d{{4}})?|\d{{4}}|[a-z]\d[a-z] ?\d[a-z]\d)",
        r"(?:(?P<before>.*\d\w?)\s+)?(?P<postcode>(?-i:\d{4} ?[A-Z]{2})|(?:[a-z]{1,3}-)?\d{4,6}|\d{3} \d{2}|\d{2}-\d{3}|\d{4}-\d{3})\s+(?P<city>\D{2,})",
        r"(?:(?P<before>\D*?)\s+)?(?P<postcode>[a-z]{1,2}\d[a-z\d]? ?\d[a-z]{2}|\d{5,6}|\d{5}-\d{4})",
        rf"(?P<region>{REGION_NAMES})",
    )
)


def street(raw: str, context: Context) -> Standardised:
    """A street, its kind written out; a house number or flat in the same text goes to its own field."""
    if len(raw) > MAX_LINE:
        return TOO_LONG
    return several(**_line(tidy(raw), context.region))


def house_number(raw: str, context: Context) -> Standardised:
    """A house number with its letter, in capitals without blanks."""
    return TOO_LONG if len(raw) > MAX_UNIT else one("house_number", _number(_NUMBER_SIGN.sub("", plain(raw))))


def unit(raw: str, context: Context) -> Standardised:
    """A flat, apartment or suite: its number without the word before it, in capitals; floors and buildings as written."""
    return TOO_LONG if len(raw) > MAX_UNIT else one("unit", _unit(tidy(raw)))


def address_line(raw: str, context: Context) -> Standardised:
    """A whole address in one text: house number, street, flat, and the postcode, town, region and country that it safely holds."""
    if len(raw) > MAX_LINE:
        return TOO_LONG
    text = tidy(re.sub(r"[\r\n;]+", ", ", raw))
    segments = [segment for segment in (piece.strip(" .") for piece in text.split(",")) if segment]
    parts: Parts = {}
    _take_country(segments, context.region, parts)
    behind = _behind_the_town(segments)
    _take_places(segments, parts.get("country", context.region), parts)
    segments = list(_with_loose_numbers(segments))
    if len(segments) == 1 and "region" in parts and "city" not in parts and not _is_line(segments[0]):
        parts["city"] = cased(segments.pop())
    place = _street_place(segments)
    others = [segment for i, segment in enumerate(segments) if i != place]
    if "city" not in parts and place < len(segments) - 1 and _may_be_city(segments, place, parts):
        parts["city"] = cased(others.pop())
    if segments:
        segments[place] = _before_the_town(segments[place], parts)
    parts |= _line(segments[place], parts.get("country", context.region)) if segments else {}
    signed = next((segment for segment in others[:1] if segment[0] in "#№" and not parts.get("house_number")), "")
    if signed:  # "#12, High Street" is no flat: there is no other number
        parts["house_number"] = _number(_NUMBER_SIGN.sub("", signed))
        others = others[1:]
    units = [*(_unit(segment) for segment in others if _is_unit(segment)), parts.get("unit", "")]
    extra = [*(cased(segment) for segment in others if not _is_unit(segment)), parts.get(EXTRA, ""), *behind]
    return several(**{**parts, "unit": ", ".join(filter(None, units)), EXTRA: ", ".join(filter(None, extra))})


def _behind_the_town(segments: list[str]) -> list[str]:
    """What stands behind a segment of postcode and town, taken off: a country spelled in a way that nobody knows."""
    if len(segments) < 3 or any(map(str.isdigit, segments[-1])) or not _TOWN.fullmatch(segments[-2]):
        return []
    return [cased(segments.pop())]


def _before_the_town(line: str, parts: Parts) -> str:
    """A numbered street without the town and country written behind it: "Street 128 Phnom Penh Cambodia"."""
    found = _NUMBERED_STREET.fullmatch(line)
    if not found or "city" in parts:
        return line
    words = found[2].split(" ")
    country = next((n for n in range(1, len(words)) if country_code(" ".join(words[n:]))), len(words))
    if country < len(words) and "country" not in parts:
        parts["country"] = country_code(" ".join(words[country:]))
    parts["city"] = cased(" ".join(words[:country]))
    return found[1]


def _line(text: str, region: str) -> Parts:
    """A street, house number and flat in one text."""
    text = text.strip(" ,;")
    building = _BUILDING.fullmatch(text)
    if building and is_kind(building[3].split(" ")[-1]) and not _is_numbered_road(building[1]):
        return {**_line(f"{building[2]} {building[3]}", region), EXTRA: cased(building[1])}
    if _POST_BOX.match(text):
        return {"street": f"PO Box {_POST_BOX.sub('', text).upper()}"}
    if _UNIT.fullmatch(text):
        return {"unit": _unit(text)}
    name, unit_ = _without_unit(text)
    found = _without_number(name)
    if region in _UNIT_FIRST_REGIONS and "/" in found["house_number"] and not unit_:
        unit_, _, found["house_number"] = found["house_number"].partition("/")
    unit_ = unit_ or found["unit"]
    return {**found, "street": written_out(found["street"], region), "unit": unit_.upper()}


def _without_unit(text: str) -> tuple[str, str]:
    first, last = _UNIT_FIRST.fullmatch(text), _UNIT_LAST.fullmatch(text)
    if first:
        return first[2], first[1]
    return (last[1].rstrip(" ,"), last[2]) if last and not _is_numbered_road(last[1]) else (text, "")


def _without_number(text: str) -> Parts:
    """A street and its house number, which stands first or last; a second number is a flat without a word before it."""
    first = _NUMBER_FIRST.fullmatch(text)
    if first and (is_kind(first[2]) or (_AFTER_DATE.match(first[2]) and _NUMBER_LAST.fullmatch(first[2]))):
        first = None
    name, numbers = _without_last_numbers(first[2] if first else text)
    numbers = [first[1], *numbers] if first else numbers
    return {
        "house_number": _number(numbers[0]) if numbers else "",
        "street": name,
        "unit": " ".join(map(_number, numbers[1:])),
    }


def _without_last_numbers(text: str) -> tuple[str, list[str]]:
    numbers: list[str] = []
    while (last := _NUMBER_LAST.fullmatch(text)) and not _is_numbered_road(last[1]):
        text, numbers = last[1], [last[2], *numbers]
    return text, numbers


def _is_numbered_road(before: str) -> bool:
    words = before.casefold().split(" ")
    return words[-1].strip(".,") in _NUMBERED_ROADS or (len(words) == 1 and words[0].strip(".,") in _NUMBERED_KINDS)


def _number(text: str) -> str:
    return tidy(re.sub(r"\s+", "", text.replace("–", "-")).upper().removesuffix(".0"))


def _unit(text: str) -> str:
    found = _UNIT.fullmatch(text)
    return found[1].upper() if found else text.upper() if text.isalnum() and len(text) <= 4 else cased(text)


def _take_country(segments: list[str], region: str, parts: Parts) -> None:
    """The country, when the last segment is one and cannot be a state (CA, DE, Georgia)."""
    if len(segments) < 2 or any(map(str.isdigit, segments[-1])):
        return
    code = country_code(segments[-1])
    if code and not (region in ("US", "CA", "AU", "") and is_region(segments[-1], region)):
        parts["country"] = code
        segments.pop()


def _take_places(segments: list[str], region: str, parts: Parts) -> None:
    """Postcode, town and region off the end, as long as a segment is left for the street."""
    if len(segments) == 1 and not _POSTCODE_LIKE.search(segments[0]):
        return
    while segments:
        found = next((f for shape in _TAILS if (f := _tail(shape, segments, region, parts))), None)
        if found is None:
            return
        before = found.pop("before", "")
        parts.update(found)
        segments.pop()
        if before:
            segments.extend(_street_and_city(before, parts, alone=not segments))


def _tail(shape: re.Pattern[str], segments: list[str], region: str, parts: Parts) -> Parts:
    """What one shape of tail finds in the last segment; nothing when it is doubtful or known already."""
    found = shape.fullmatch(segments[-1])
    tail = {name: value.strip() for name, value in found.groupdict().items() if value} if found else {}
    alone = len(segments) == 1
    if not tail or tail.keys() & parts.keys() or (alone and not _splits_alone(tail)):
        return {}
    if "region" in tail:
        if not is_region(tail["region"], region):
            return {}
        tail["region"] = region_code(tail["region"], region)
    if "postcode" in tail:
        tail["postcode"] = postal_code(tail["postcode"], region)
    if "city" in tail:
        tail["city"] = cased(tail["city"])
    return tail


def _splits_alone(tail: Parts) -> bool:
    """A text without commas is only split where region or town follow a whole street line."""
    before = tail.get("before", "")
    return any(map(str.isdigit, before)) and ("city" in tail or "region" in tail)


def _street_and_city(before: str, parts: Parts, *, alone: bool) -> list[str]:
    """What stands before postcode or region: the town, or after the kind of street the town, or a street line."""
    if not alone:
        if "city" in parts:
            return [before]
        parts["city"] = cased(before)
        return []
    words = before.split(" ")
    kinds = [i for i, word in enumerate(words[:-1]) if i > 1 and is_kind(word)]
    if kinds and "city" not in parts and not any(map(str.isdigit, "".join(words[kinds[0] + 1 :]))):
        parts["city"] = cased(" ".join(words[kinds[0] + 1 :]))
        return [" ".join(words[: kinds[0] + 1])]
    return [before]


def _with_loose_numbers(segments: list[str]) -> Iterator[str]:
    """ "Via Roma, 12" and "12, rue de la Paix": a number alone joins its street."""
    waiting = ""
    for i, segment in enumerate(segments):
        following = segments[i + 1] if i + 1 < len(segments) else ""
        if _NUMBER_ALONE.fullmatch(segment) and waiting and not any(map(str.isdigit, waiting)):
            waiting = f"{waiting} {segment}"
            continue
        if waiting:
            yield waiting
        waiting = segment
        if i == 0 and (alone := _NUMBER_ALONE.fullmatch(segment)) and following and segment[0] not in "#№":
            segments[1], waiting = f"{alone[1]} {following}", ""
    if waiting:
        yield waiting


def _street_place(segments: list[str]) -> int:
    """Which segment is the street line: the first with a number of its own beside a name, else with any number that is no
    flat ("HillV2" is a building), else the first that ends like a street."""
    streets = [i for i, segment in enumerate(segments) if not _is_unit(segment)]
    whole = (i for i in streets if _NUMBER_FIRST.fullmatch(segments[i]) or _NUMBER_LAST.fullmatch(segments[i]))
    numbered = (i for i in streets if any(map(str.isdigit, segments[i])))
    kinds = (i for i in streets if _is_line(segments[i]))
    return next((i for found in (whole, numbered, kinds) for i in found), streets[0] if streets else 0)


def _is_line(segment: str) -> bool:
    """Whether a text has the number or the ending of a street line."""
    return any(map(str.isdigit, segment)) or is_kind(segment.split(" ")[-1])


def _is_unit(segment: str) -> bool:
    return bool(_UNIT.fullmatch(segment) or _STOREY.fullmatch(segment))


def _may_be_city(segments: list[str], place: int, parts: Parts) -> bool:
    """Whether the last segment can safely be called a town: letters only, after a whole street line."""
    last = segments[-1]
    sure = bool(parts.keys() & {"postcode", "region", "country"}) or _is_line(segments[place])
    return sure and len(last) > 1 and not any(map(str.isdigit, last)) and not _is_unit(last)

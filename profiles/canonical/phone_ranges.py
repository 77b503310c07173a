"""Phone numbers that need no thought: plain digits which, without their prefixes, lie in a known range.

The full parser answers all others. It works by trying a dozen patterns one after the other, about 100 us a number; here a
country's patterns are one, about 8 us. A test holds both to the same answers.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

_PLAIN = re.compile(r"[+(]?[0-9][0-9 ().-]{2,40}[0-9]", re.ASCII)
_NOT_DIGITS = re.compile(r"[^0-9]+")
_KINDS = (  # the common ones first
    "mobile", "fixed_line", "toll_free", "premium_rate", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail",
)  # fmt: skip
_NEVER = re.compile(r"(?!)")


class _Plan(NamedTuple):
    """How numbers of a region are dialled."""

    code: str
    abroad: re.Pattern[str]
    prefix: re.Pattern[str]
    lengths: frozenset[int]


class _Range(NamedTuple):
    """The numbers of one region: those that begin so (when its code is shared), and those in use."""

    begins: re.Pattern[str] | None
    in_use: re.Pattern[str]


def known_number(text: str, region: str) -> str:
    """The number as E.164 when it is plainly one in a known range, dialled in the region or with +; "" otherwise."""
    if not _PLAIN.fullmatch(text):
        return ""
    digits = _NOT_DIGITS.sub("", text)
    plan = _plan(region)
    if text[0] == "+":
        plan = next((found for size in (1, 2, 3) if (found := _plan_of_code(digits[:size]))), None)
        digits = digits[len(plan.code) :] if plan else ""
    elif plan is not None and (plan.abroad.match(digits) or digits.startswith(plan.code)):
        return ""
    if plan is None:
        return ""
    prefix = plan.prefix.match(digits)
    number = digits[prefix.end() :] if prefix else digits
    main = _plan_of_code(plan.code)
    possible = main is not None and len(number) in plan.lengths and len(number) in main.lengths
    return f"+{plan.code}{number}" if possible and _is_in_use(plan.code, number) else ""


def _is_in_use(code: str, number: str) -> bool:
    """Whether the number lies in a known range of the first region of the code that it can belong to."""
    ranges = _ranges(code)
    for begins, in_use in ranges:
        if begins is not None and len(ranges) > 1:
            if begins.match(number):
                return bool(in_use.fullmatch(number))
        elif in_use.fullmatch(number):
            return True
    return False


@cache
def _plan_of_code(code: str) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code and code[0] != "0" else ()
    return _plan(regions[0]) if regions and regions[0] != "001" else None


@cache
def _plan(region: str) -> _Plan | None:
    """The dialling plan of a region; none where a prefix rewrites the number."""
    metadata = PhoneMetadata.metadata_for_region(region.upper(), None) if region else None
    prefix = (metadata.national_prefix_for_parsing or "") if metadata else ""
    general = metadata.general_desc if metadata else None
    if metadata is None or general is None or metadata.national_prefix_transform_rule or re.compile(prefix).groups:
        return None
    return _Plan(
        str(metadata.country_code),
        re.compile(metadata.international_prefix) if metadata.international_prefix else _NEVER,
        re.compile(prefix) if prefix else _NEVER,
        frozenset(general.possible_length),
    )


@cache
def _ranges(code: str) -> tuple[_Range, ...]:
    regions = COUNTRY_CODE_TO_REGION_CODE[int(code)]
    return tuple(_range(PhoneMetadata.metadata_for_region(region, None)) for region in regions)


def _range(metadata: Any) -> _Range:
    begins = re.compile(metadata.leading_digits) if metadata.leading_digits else None
    general = "".join(_patterns(metadata.general_desc))
    kinds = "|".join(pattern for kind in _KINDS for pattern in _patterns(getattr(metadata, kind)))
    return _Range(begins, re.compile(f"(?={general}$)(?:{kinds})") if general and kinds else _NEVER)


def _patterns(desc: Any) -> Iterator[str]:
    """The pattern of one kind of number, with the lengths it may have."""
    if desc is not None and desc.national_number_pattern:
        sizes = "|".join(f".{{{size}}}" for size in desc.possible_length if size > 0)
        if sizes or not desc.possible_length:
            yield f"(?=(?:{sizes or '.*'})$)(?:{desc.national_number_pattern})"

"""Values that say nothing about a person: placeholders, role mailboxes, test entries."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matching.engine.texts import Texts
from matching.engine.types import Flags, Ints

ANY_FIELD = "*"
SEEN_LIMIT = 1 << 14  # checked values kept between batches, per field
FULL_NAME = "full_name"  # first name and surname together, for "John Doe"

# (field or "*", pattern, is a regular expression, why). Exact patterns are compared without regard to case.
BLOCKED_SEEDS: tuple[tuple[str, str, bool, str], ...] = (
    (ANY_FIELD, "-", False, "placeholder"),
    (ANY_FIELD, "-1", False, "placeholder"),
    (ANY_FIELD, ".", False, "placeholder"),
    (ANY_FIELD, "null", False, "placeholder"),
    (ANY_FIELD, "none", False, "placeholder"),
    (ANY_FIELD, "nil", False, "placeholder"),
    (ANY_FIELD, "n/a", False, "placeholder"),
    (ANY_FIELD, "unknown", False, "placeholder"),
    (ANY_FIELD, "anonymous", False, "placeholder"),
    (ANY_FIELD, "guest", False, "placeholder"),
    (ANY_FIELD, r"[0\W]+", True, "only noughts"),
    (ANY_FIELD, r"[x?*]{2,}", True, "only filler signs"),
    ("given_name", "test", False, "test entry"),
    ("family_name", "test", False, "test entry"),
    ("family_name", "customer", False, "placeholder"),
    (FULL_NAME, "john doe", False, "placeholder"),
    (FULL_NAME, "jane doe", False, "placeholder"),
    (FULL_NAME, "test customer", False, "test entry"),
    (FULL_NAME, "max mustermann", False, "placeholder"),
    (FULL_NAME, "erika mustermann", False, "placeholder"),
    (
        "email",
        r"(no[-_.]?reply|do[-_.]?not[-_.]?reply|no[-_.]?e?mail|test|none|null|unknown|guest)@.*",
        True,
        "no mailbox",
    ),
    (
        "email",
        r"(info|sales|support|contact|office|admin|webmaster|service|reception|shop|hello)@.*",
        True,
        "role mailbox",
    ),
    ("email", r".*@(example\.(com|org|net)|none\.com|test\.com|email\.invalid|noemail\..*)", True, "no mailbox"),
    ("phone", r"\+?\d{0,4}?(0{7,}|1{7,}|2{7,}|3{7,}|4{7,}|5{7,}|6{7,}|7{7,}|8{7,}|9{7,})", True, "one digit repeated"),
    ("phone", r"\+?\d{0,3}?(0?123456789?0?|9876543210?)", True, "digits in a row"),
    ("national_id", r"(\d)\1{5,}|0?123456789?0?", True, "made-up number"),
    ("loyalty_id", r"(\d)\1{5,}|0?123456789?0?", True, "made-up number"),
    ("customer_number", r"(\d)\1{5,}|0?123456789?0?", True, "made-up number"),
    ("device_id", r"([0a-f])\1{5,}", True, "made-up number"),
    ("birth_date", "1900-01-01", False, "default date"),
    ("birth_date", "1970-01-01", False, "default date"),
    ("birth_date", "9999-12-31", False, "default date"),
    ("birth_date", "1900", False, "default date"),
)


@dataclass(frozen=True, slots=True)
class BlockedValues:
    """Compiled blocked values: exact ones casefolded, patterns matched against the whole value."""

    exact: Mapping[str, frozenset[str]] = field(default_factory=dict)
    patterns: Mapping[str, tuple[re.Pattern[str], ...]] = field(default_factory=dict)
    _seen: dict[str, dict[str, bool]] = field(default_factory=dict, compare=False, repr=False)  # checked before

    def among(self, field_name: str, values: Iterable[str]) -> frozenset[str]:
        """The blocked ones of a field's values; each distinct value is checked once."""
        seen = self._seen.setdefault(field_name, {"": False})
        if len(seen) > SEEN_LIMIT:
            seen.clear()
        distinct = set(values)
        fresh = distinct.difference(seen)
        seen.update(dict.fromkeys(fresh, False))
        seen.update(dict.fromkeys(self._blocked_of(field_name, fresh), True))
        return frozenset(value for value in distinct if seen[value])

    def knows(self, field_name: str) -> bool:
        """Whether anything is blocked for this field alone."""
        return bool(self.exact.get(field_name) or self.patterns.get(field_name))

    def places(self, field_name: str, values: Sequence[str]) -> Ints:
        """Where the blocked ones are among a field's distinct values."""
        if not (self.knows(field_name) or self.knows(ANY_FIELD)):
            return np.zeros(0, np.int64)
        if isinstance(values, Texts):
            odd = np.flatnonzero(~_ascii(values))
            strange = [
                place for place, value in zip(odd, values.pick(odd), strict=True) if self.blocks(field_name, value)
            ]
            return np.append(self._places(field_name, values), np.array(strange, np.int64))
        bad = self.among(field_name, values)
        return np.flatnonzero([value in bad for value in values])

    def _places(self, field_name: str, values: Texts) -> Ints:
        """The same for Arrow texts: patterns that Arrow cannot read are tried one value at a time."""
        lowered = pc.ascii_lower(values.array)
        found = np.zeros(len(values), np.bool_)
        for name in (field_name, ANY_FIELD):
            exact = pa.array(sorted(self.exact.get(name, ())), pa.string())
            found |= pc.is_in(pc.utf8_trim_whitespace(lowered), exact).to_numpy(zero_copy_only=False)
            for pattern in self.patterns.get(name, ()):
                found |= _matching(pattern, values, lowered)
        return np.flatnonzero(found & _ascii(values)) if found.any() else np.zeros(0, np.int64)

    def blocks(self, field_name: str, value: str) -> bool:
        """Whether matching must not use this value of this field."""
        return bool(self._blocked_of(field_name, (value,)))

    def _blocked_of(self, field_name: str, values: Collection[str]) -> set[str]:
        """Value by value as Python reads it: casefolded, without spaces around."""
        folded = [value.casefold().strip() for value in values]
        bad: set[str] = set()
        for name in (field_name, ANY_FIELD):
            if exact := self.exact.get(name):
                bad.update(value for value, plain in zip(values, folded, strict=True) if plain in exact)
            for pattern in self.patterns.get(name, ()):
                matches = pattern.fullmatch
                bad.update(value for value, plain in zip(values, folded, strict=True) if matches(plain))
        return bad


def _ascii(values: Texts) -> Flags:
    plain: Flags = pc.string_is_ascii(values.array).to_numpy(zero_copy_only=False)
    return plain


def _matching(pattern: re.Pattern[str], values: Texts, lowered: Any) -> Flags:
    try:
        found = pc.match_substring_regex(lowered, rf"^\s*(?:{pattern.pattern})\s*$", ignore_case=True)
    except pa.ArrowInvalid:  # a pattern with a back-reference
        told = (pattern.fullmatch(value.casefold().strip()) is not None for value in values)
        return np.fromiter(told, np.bool_, len(values))
    matching: Flags = found.to_numpy(zero_copy_only=False)
    return matching


def compile_blocked(rows: Iterable[tuple[str, str, bool]]) -> BlockedValues:
    """Compile (field or "*", pattern, is a regular expression); raises re.error for a pattern that is none."""
    exact: dict[str, set[str]] = defaultdict(set)
    patterns: dict[str, list[re.Pattern[str]]] = defaultdict(list)
    for field_name, pattern, is_regex in rows:
        if is_regex:
            patterns[field_name].append(re.compile(pattern, re.IGNORECASE))
        else:
            exact[field_name].add(pattern.casefold())
    return BlockedValues(
        {name: frozenset(values) for name, values in exact.items()},
        {name: tuple(compiled) for name, compiled in patterns.items()},
    )


def shipped_blocked() -> BlockedValues:
    """The blocked values that ship with the product."""
    return compile_blocked((name, pattern, is_regex) for name, pattern, is_regex, _ in BLOCKED_SEEDS)

"""How each labelled set is read by the engine: its columns, comparisons and blocking rules. All else is the default model."""

import re
from dataclasses import dataclass, replace

from matching.engine.model import BlockingRule, Comparison, Level, Model, default_model

VALUES = ("email", "phone", "address")  # parts that are one value which people may share


@dataclass(frozen=True, slots=True)
class Labelled:
    """One set: canonical field -> column, blocking rules as parts, further comparisons; `link` counts across sources."""

    fields: dict[str, str]
    rules: tuple[tuple[str, ...], ...]
    extra: tuple[Comparison, ...] = ()
    without: tuple[str, ...] = ()
    link: bool = False
    compact_dates: bool = False


def place(name: str, word: str) -> Comparison:
    """A free category that people spell."""
    return _comparison(name, "place", word, [("exact", 0.8, 0.01), ("near", 0.05, 0.01), ("different", 0.15, 0.98)])


def category(name: str, word: str) -> Comparison:
    """A free category."""
    return _comparison(name, "category", word, [("exact", 0.8, 0.05), ("different", 0.2, 0.95)])


def postcodes() -> Comparison:
    """A postcode where there is no street."""
    levels = [("exact", 0.7, 1e-3), ("near", 0.05, 1e-3), ("district", 0.05, 2e-3), ("area", 0.1, 0.02)]
    return _comparison("postcode", "postcode", "Postcodes", [*levels, ("different", 0.1, 0.97)])


def _comparison(name: str, kind: str, word: str, levels: list[tuple[str, float, float]]) -> Comparison:
    found = [Level(level, f"{word}: {level}.", m, u, u) for level, m, u in levels]
    return Comparison(name, kind, name, (Level("missing", f"{word} missing on one side."), *found))


FEBRL = {
    "given_name": "given_name",
    "family_name": "surname",
    "birth_date": "date_of_birth",
    "national_id": "soc_sec_id",
    "house_number": "street_number",
    "street": "address_1",
    "city": "suburb",
    "postcode": "postcode",
}
FEBRL_RULES = (
    ("national_id",),
    ("given_name.nickname", "birth_date.day"),
    ("family_name.sound", "birth_date.day"),
    ("birth_date.day",),
    ("street", "house_number"),
    ("family_name.sound", "postcode"),
    ("given_name.nickname", "postcode"),
    ("name.sorted",),
    ("name.sounds",),
    ("given_name", "house_number"),
    ("family_name", "city"),
)
CUSTOMERS = {
    "given_name": "first_name",
    "family_name": "last_name",
    "birth_date": "dob",
    "email": "email",
    "phone": "phone",
    "house_number": "street_number",
    "street": "street",
    "unit": "unit",
    "city": "city",
    "postcode": "postcode",
}
CUSTOMER_RULES = (
    ("email",),
    ("phone",),
    ("family_name", "birth_date.day"),
    ("given_name.nickname", "birth_date.day"),
    ("postcode", "house_number", "street"),
    ("given_name.nickname", "family_name", "postcode"),
    ("family_name", "given_name.initial", "street"),
)
HISTORICAL = {
    "given_name": "first_name",
    "family_name": "surname",
    "birth_date": "dob",
    "postcode": "postcode_fake",
    "birth_place": "birth_place",
    "occupation": "occupation",
    "gender": "gender",
}
HISTORICAL_RULES = (
    ("given_name", "family_name"),
    ("family_name", "birth_date.day"),
    ("given_name", "birth_date.day"),
    ("postcode", "given_name"),
    ("postcode", "family_name"),
    ("birth_date.day", "birth_place"),
    ("name.sounds",),
)
WIDE = (
    ("birth_date.day", "given_name.initial"),
    ("birth_date.day", "family_name.initial"),
    ("family_name", "occupation"),
    ("family_name", "birth_place"),
    ("given_name", "birth_place", "birth_date.year"),
    ("family_name.sound", "birth_date.year"),
    ("postcode",),
    ("given_name", "occupation", "birth_date.year"),
    ("family_name.sound", "given_name.initial"),
    ("family_name.sound", "given_name.nickname"),
    ("birth_place", "given_name.initial"),
    ("birth_place", "occupation"),
)
FAKE = {
    "given_name": "first_name",
    "family_name": "surname",
    "birth_date": "dob",
    "city": "city",
    "email": "email",
}
FAKE_RULES = (("email",), ("birth_date.day",), ("family_name",), ("given_name", "city"), ("name.sounds",))
HISTORICAL_EXTRA = (
    postcodes(),
    place("birth_place", "Birth places"),
    category("occupation", "Occupations"),
)

SETS: dict[str, Labelled] = {
    "febrl3": Labelled(FEBRL, FEBRL_RULES, compact_dates=True),
    "febrl4": Labelled(FEBRL, FEBRL_RULES, compact_dates=True, link=True),
    "historical_50k": Labelled(HISTORICAL, HISTORICAL_RULES, HISTORICAL_EXTRA, ("address",)),
    "historical_50k@wide": Labelled(HISTORICAL, HISTORICAL_RULES + WIDE, HISTORICAL_EXTRA, ("address",)),
    "fake_20000": Labelled(FAKE, FAKE_RULES, (place("city", "Cities"),), ("address",)),
}


def labelled(name: str) -> Labelled:
    """The set of that name; every generated file of customers is read alike."""
    return Labelled(CUSTOMERS, CUSTOMER_RULES) if re.match(r"c\d", name) else SETS[name]


def model_of(described: Labelled) -> Model:
    """The default model with the set's comparisons and blocking rules."""
    shipped = default_model()
    kept = tuple(item for item in shipped.comparisons if item.name not in described.without)
    known = {item.name for item in (*kept, *described.extra)}
    return replace(
        shipped,
        comparisons=(*kept, *described.extra),
        blocking=tuple(_rule(number, parts) for number, parts in enumerate(described.rules, 1)),
        rules=tuple(item for item in shipped.rules if _names(item.condition) <= known),
        vetoes=tuple(item for item in shipped.vetoes if _names(item.condition) <= known),
        doubts=tuple(item for item in shipped.doubts if _names(item.condition) <= known),
    )


def _names(condition: object) -> set[str]:
    return {name for term in (*condition.all, *condition.none) for name in term}  # type: ignore[attr-defined]


def _rule(number: int, parts: tuple[str, ...]) -> BlockingRule:
    value_of = parts[0] if len(parts) == 1 and parts[0] in VALUES else None
    return BlockingRule(number, " + ".join(parts), parts, f"the same {' and '.join(parts)}", value_of)

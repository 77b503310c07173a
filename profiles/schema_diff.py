"""What changes from one schema content to the next, in words and by what it touches. Pure: no Django, no queries."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Content = Mapping[str, Any]
Row = Mapping[str, Any]

READING = ("version_column", "region", "date_format", "default_party_kind", "mappings")
"""Parts of a source that say what its rows mean: where one changed, stored rows are read again."""

FOR_MATCHING = frozenset(
    {
        "party_kind", "title", "given_name", "middle_name", "family_name", "name_suffix", "organisation_name", "company",
        "email", "phone", "house_number", "street", "unit", "postcode", "city", "region", "country", "birth_date",
    }
)  # fmt: skip
"""Fields that matching compares by likeness: they are stored in clear, whatever their sensitivity."""

SURVIVING = ("survivorship", "group")
"""Parts of a field that say which value wins."""


@dataclass(frozen=True, slots=True)
class Line:
    """One change: of what, and from what to what ("" where there was or is nothing)."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Difference:
    """All changes, and what they touch: sources to read again, fields and sources to choose values anew for."""

    lines: tuple[Line, ...] = ()
    reread: frozenset[str] = frozenset()
    resurvive: frozenset[str] = frozenset()
    retrusted: frozenset[str] = frozenset()
    blocked: frozenset[tuple[str, str, bool]] = field(default=frozenset())

    def __bool__(self) -> bool:
        return bool(self.lines)


def reading(source: Row | None) -> tuple[Any, ...] | None:
    """What of a source decides how its rows are read; equal readings give equal records."""
    return tuple(source.get(name) for name in READING) if source is not None else None


def sealed_otherwise(old: Content, new: Content) -> frozenset[str]:
    """Fields that both know and that are stored sealed under one of them only: then all rows are stored anew."""
    before, after = ({row["key"]: _is_sealed(row) for row in content["fields"]} for content in (old, new))
    return frozenset(key for key in before.keys() & after.keys() if before[key] != after[key])


def _is_sealed(field: Row) -> bool:
    return field["sensitivity"] == "sensitive" and field["key"] not in FOR_MATCHING


def difference(old: Content, new: Content) -> Difference:
    """From one content to the other."""
    fields = _pairs(old["fields"], new["fields"])
    sources = _pairs(old["sources"], new["sources"])
    before, after = _blocked(old), _blocked(new)
    resealed = sealed_otherwise(old, new)
    return Difference(
        lines=(
            *(line for key, (a, b) in fields.items() for line in _field_lines(key, a, b)),
            *(line for key, (a, b) in sources.items() for line in _source_lines(key, a, b)),
            *_blocked_lines(before, after),
        ),
        reread=frozenset(key for key, (a, b) in sources.items() if a and b and (resealed or reading(a) != reading(b))),
        resurvive=_resurvive(fields) | resealed,
        retrusted=frozenset(key for key, (a, b) in sources.items() if a and b and a["trust"] != b["trust"]),
        blocked=before ^ after,
    )


def _pairs(old: Iterable[Row], new: Iterable[Row]) -> dict[str, tuple[Row | None, Row | None]]:
    before, after = {row["key"]: row for row in old}, {row["key"]: row for row in new}
    return {key: (before.get(key), after.get(key)) for key in dict.fromkeys([*before, *after])}


def _blocked(content: Content) -> frozenset[tuple[str, str, bool]]:
    return frozenset((row["field"], row["pattern"], row["is_regex"]) for row in content["blocked"])


def _resurvive(fields: Mapping[str, tuple[Row | None, Row | None]]) -> frozenset[str]:
    """Fields whose rule changed, with the fields that share a group with one of them, before or after."""
    changed = {key for key, (a, b) in fields.items() if _rule(a) != _rule(b)}
    groups = {row["group"] for key in changed for row in fields[key] if row and row["group"]}
    together = {key for key, pair in fields.items() if any(row and row["group"] in groups for row in pair)}
    return frozenset(changed | together)


def _rule(row: Row | None) -> tuple[Any, ...] | None:
    return tuple(row[name] for name in SURVIVING) if row is not None else None


def _field_lines(key: str, old: Row | None, new: Row | None) -> list[Line]:
    name = f"Field {(new or old or {})['label']}"
    if old is None or new is None:
        return [Line(name, "present" if old else "", "present" if new else "")]
    return _changed(name, old, new, skip=())


def _source_lines(key: str, old: Row | None, new: Row | None) -> list[Line]:
    name = f"Source {key}"
    if old is None or new is None:
        return [Line(name, "present" if old else "", "present" if new else "")]
    return [*_changed(name, old, new, skip=("mappings",)), *_mapping_lines(name, old["mappings"], new["mappings"])]


def _changed(name: str, old: Row, new: Row, *, skip: tuple[str, ...]) -> list[Line]:
    keys = [key for key in dict.fromkeys([*old, *new]) if key not in skip and old.get(key) != new.get(key)]
    return [Line(f"{name}: {key.replace('_', ' ')}", _word(old.get(key)), _word(new.get(key))) for key in keys]


def _mapping_lines(name: str, old: Iterable[Row], new: Iterable[Row]) -> list[Line]:
    before, after = ({(row["column"], row["target"]): row for row in rows} for rows in (old, new))
    lines = []
    for pair in dict.fromkeys([*before, *after]):
        was, now = (_mapping_words(rows.get(pair)) for rows in (before, after))
        if was != now:
            lines.append(Line(f"{name}: column {pair[0]}", was, now))
    if not lines and list(before) != list(after):
        lines.append(Line(f"{name}: order of columns", ", ".join(c for c, _ in before), ", ".join(c for c, _ in after)))
    return lines


def _mapping_words(row: Row | None) -> str:
    if row is None:
        return ""
    words = [f"fills {row['target']} as {row['standardiser']}"]
    words += [f"split at “{row['separator']}”"] if row["separator"] else []
    words += ["required"] if row["required"] else []
    return ", ".join(words)


def _blocked_lines(old: frozenset[tuple[str, str, bool]], new: frozenset[tuple[str, str, bool]]) -> list[Line]:
    return [
        Line(f"Blocked value of {'every field' if entry[0] == '*' else entry[0]}", *sides)
        for entry in sorted(old ^ new)
        for text in [f"{entry[1]}{' (regular expression)' if entry[2] else ''}"]
        for sides in [("", text) if entry in new else (text, "")]
    ]


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return "" if value is None else str(value)

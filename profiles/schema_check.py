"""Whether a schema content can be read: what would fail at the first row is refused before it is published. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from .canonical.registry import COMPOSITES, IGNORE, STANDARDISERS

FREE = "free:"


class SchemaInvalid(ValueError):
    """The content contradicts itself; the message says where, fault by fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__(" ".join(faults))
        self.faults = faults


def check(content: Mapping[str, Any]) -> None:
    """Raise SchemaInvalid with every fault."""
    faults = [*_fields(content), *_mappings(content), *_blocked(content)]
    if faults:
        raise SchemaInvalid(faults)


def is_target(target: str, fields: frozenset[str] | set[str]) -> bool:
    """Whether a column may fill this: a field, a composite of fields, a free attribute, or nothing."""
    free = target.startswith(FREE) and len(target) > len(FREE)
    return free or target == IGNORE or target in COMPOSITES or target in fields


def regex_fault(pattern: str) -> str:
    """Why a pattern is no regular expression, or "" when it is one."""
    try:
        re.compile(pattern)
    except re.error as fault:
        return f"“{pattern}” is no regular expression: {fault}."
    return ""


def _fields(content: Mapping[str, Any]) -> Iterator[str]:
    for row in content["fields"]:
        if row["standardiser"] not in STANDARDISERS:
            yield f"Field {row['key']}: there is no standardiser “{row['standardiser']}”."


def _mappings(content: Mapping[str, Any]) -> Iterator[str]:
    fields = {row["key"] for row in content["fields"]}
    for source in content["sources"]:
        for row in source["mappings"]:
            place = f"Source {source['key']}, column {row['column']}"
            if not is_target(row["target"], fields):
                yield f"{place}: there is no field “{row['target']}”."
            if row["standardiser"] not in STANDARDISERS:
                yield f"{place}: there is no standardiser “{row['standardiser']}”."


def _blocked(content: Mapping[str, Any]) -> Iterator[str]:
    for row in content["blocked"]:
        fault = regex_fault(row["pattern"]) if row["is_regex"] else ""
        if fault:
            yield f"Blocked value of {row['field']}: {fault}"

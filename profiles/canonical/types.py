"""What standardisers take and give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

VALUE = "value"
"""The key under which a standardiser without a field of its own (text, identifier, date) answers."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a source declares about its values.

    `region` is the country (ISO alpha-2) of phones and addresses that name none, `date_format` a strptime format, empty
    when dates are ISO. Two-digit years fall in the hundred years up to `born_by`, so no birth lies after it.
    """

    region: str = "GB"
    date_format: str = ""
    default_party_kind: str = "person"
    born_by: int = 2026


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value was set aside, or kept with doubt; the message never holds the value."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standardised:
    """Canonical field → values read from one raw value, and a problem if there is one."""

    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    problem: Problem | None = None


Standardiser = Callable[[str, Context], Standardised]


@dataclass(frozen=True, slots=True)
class FieldMapping:
    """One column and the canonical field (or composite) that it fills; a separator splits cells of several values."""

    column: str
    target: str
    standardiser: str = ""
    separator: str = ""
    required: bool = False


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A problem with its place."""

    field: str
    column: str
    code: str
    message: str


@dataclass(slots=True)
class StandardisedRecord:
    """A row in canonical form; `rejected` is set when a required value is missing or unreadable."""

    party_kind: str
    attributes: dict[str, list[str]]
    problems: list[FieldProblem]
    rejected: FieldProblem | None = None

"""What standardisers take and give."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Context:
    """What a source declares about its values: the country of phones and addresses, its date format (strptime)."""

    region: str = "GB"
    date_format: str = ""
    default_party_kind: str = "person"


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
    """One column and the canonical field (or composite) that it fills."""

    column: str
    target: str
    standardiser: str = "text"
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

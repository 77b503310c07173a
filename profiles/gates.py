"""Gates: ordered checks over a batch between standardise and store; upper apps add theirs in `AppConfig.ready`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from .registry import Registry


class Pass(Enum):
    """What a gate lets happen to a row."""

    ALLOW = "allow"
    QUARANTINE = "quarantine"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class GateRow:
    """What a gate sees of a row: the source's key, the external id and the standardised attributes."""

    source_key: str
    external_id: str
    attributes: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ruling:
    """A gate's answer for one row; `code` and `reason` are kept with a row that is set aside."""

    passes: Pass = Pass.ALLOW
    code: str = ""
    reason: str = ""


ALLOWED = Ruling()
Gate = Callable[[Sequence[GateRow]], Sequence[Ruling]]
GATES: Registry[Gate] = Registry("gates")


def rule(rows: Sequence[GateRow]) -> list[Ruling]:
    """The first answer of any gate that does not allow, per row."""
    rulings = [ALLOWED] * len(rows)
    for gate in GATES.values():
        answers = gate(rows)
        rulings = [old if old.passes is not Pass.ALLOW else new for old, new in zip(rulings, answers, strict=True)]
    return rulings

"""Gates: ordered checks over a batch between standardise and store; upper apps add theirs in `AppConfig.ready`."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from .registry import Registry
from .schema import SourceSpec


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
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def rule(rows: Sequence[GateRow]) -> list[Ruling]:
    """The first answer of any gate that does not allow, per row."""
    rulings = [ALLOWED] * len(rows)
    for gate in GATES.values():
        answers = gate(rows)
        rulings = [old if old.passes is not Pass.ALLOW else new for old, new in zip(rulings, answers, strict=True)]
    return rulings


def of_broken(source: SourceSpec, raw: Mapping[str, str], attributes: Mapping[str, Sequence[str]]) -> GateRow:
    """What a gate sees of a line that is no row: what could be read of it, and e-mail addresses anywhere in it."""
    addresses = {found.lower() for cell in raw.values() for found in _ADDRESS.findall(str(cell))}
    seen = {key: list(values) for key, values in attributes.items()}
    seen["email"] = sorted({*seen.get("email", ()), *addresses})
    return GateRow(source.key, str(raw.get(source.id_column, "")).strip()[:200], seen)

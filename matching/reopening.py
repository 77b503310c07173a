"""When a pair that a person kept apart is proposed again: only when enough has changed, once per change, or on request."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from .engine.types import Evidence

RISE = 0.10  # by how much a probability must have risen
CODES = {
    "undone": "the merge was undone",
    "revoked": "a person revoked the decision that kept them apart",
    "due": "the time it was put off to has come",
    "merged": "one of the two was merged with another customer, so the evidence was scored anew",
    "score": "the evidence has become stronger",
    "identifier": "{name} agrees now",
    "difference_gone": "{name} no longer differs",
}


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person saw when the pair was kept apart; without evidence (a split, an undo) nothing can be compared."""

    fingerprint: str
    probability: float | None
    evidence: Evidence | None


def why_again(decided: Decided, now: Evidence, fingerprint: str, unique: Collection[str]) -> str:
    """The code of what changed enough to ask a person again, or nothing. Pure.

    A matching feature must have changed, and besides a unique identifier newly agree, what differed no longer differ, or
    the probability have risen by 0.10.
    """
    then = decided.evidence
    if then is None or fingerprint == decided.fingerprint:
        return ""
    agrees = [name for name in sorted(unique) if now.levels.get(name) == "exact" != then.levels.get(name)]
    if agrees:
        return f"identifier:{agrees[0]}"
    gone = [name for name in _conflicts(then) if name not in _conflicts(now)]
    if gone:
        return f"difference_gone:{gone[0]}"
    return "score" if round(now.probability - (decided.probability or 0.0), 6) >= RISE else ""


def _conflicts(evidence: Evidence) -> list[str]:
    """Comparisons that spoke against, strongest first."""
    against = [name for name in evidence.levels if evidence.weights.get(name, 0.0) < 0]
    return sorted(against, key=lambda name: evidence.weights[name])


def sentence(code: str, label: Callable[[str], str]) -> str:
    """A stored code in words, with the label of the field that it names."""
    kind, _, name = code.partition(":")
    return CODES.get(kind, kind.replace("_", " ")).format(name=label(name))

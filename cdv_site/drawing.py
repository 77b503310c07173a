"""Where the marks of our small drawings go. Pure: numbers in, numbers out; templates turn them into SVG."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

WIDTH = 200.0  # units of a waterfall's drawing, whatever its size on screen
LEAST_WIDTH = 1.0  # so that a bar of nearly nothing is still seen


class Step(Protocol):
    """One addend: what was compared, what was found, how much it says in bits, and which way it points."""

    label: str
    sentence: str
    weight: float
    kind: str


@dataclass(frozen=True, slots=True)
class FallRow:
    """One row of a waterfall: the step, its bar, and where the running total stands before and after it."""

    label: str
    sentence: str
    weight: float
    kind: str
    x: float
    width: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """Rows on one scale, the place of zero on it, and the sum with its own bar."""

    rows: tuple[FallRow, ...]
    zero: float
    total: float
    total_x: float
    total_width: float


def waterfall(steps: Iterable[Step]) -> Waterfall:
    """Each bar begins where the one before ended: agreements lead right, conflicts left, and the end is the sum."""
    steps = list(steps)
    totals = [0.0]
    for step in steps:
        totals.append(totals[-1] + step.weight)
    low, high = min(totals), max(totals)
    scale = WIDTH / ((high - low) or 1.0)

    def place(bits: float) -> float:
        return round((bits - low) * scale, 1)

    rows = tuple(
        FallRow(step.label, step.sentence, step.weight, str(step.kind), *_bar(place(a), place(b)), place(a), place(b))
        for step, a, b in zip(steps, totals, totals[1:], strict=False)
    )
    return Waterfall(rows, place(0), totals[-1], *_bar(place(0), place(totals[-1])))


def _bar(start: float, end: float) -> tuple[float, float]:
    width = max(abs(end - start), LEAST_WIDTH)
    return round(min(start, end, WIDTH - width), 1), round(width, 1)


def sparkline(values: Sequence[float], width: float = 100.0, height: float = 24.0) -> str:
    """The points of a line over equally spaced values, the highest at the top; a flat row lies in the middle."""
    if not values:
        return ""
    low, high = min(values), max(values)
    across = width / max(len(values) - 1, 1)
    return " ".join(f"{n * across:.1f},{_height(value, low, high, height):.1f}" for n, value in enumerate(values))


def _height(value: float, low: float, high: float, height: float) -> float:
    return height / 2 if high == low else height - (value - low) / (high - low) * height

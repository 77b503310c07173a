"""Where the marks of evaluation charts go. Pure: figures in, places out; templates turn them into SVG with a table twin."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import floor
from typing import Any

LEFT, TOP, WIDTH, HEIGHT = 40.0, 10.0, 264.0, 160.0  # of the area of the curve within its drawing of 320 by 200
NAMES = {"precision": "precision", "recall": "recall", "recall_with_review": "recall with review"}


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis: where, and what is written there."""

    place: float
    label: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its name, its points for SVG, and where it begins; of a single point only that is seen."""

    name: str
    points: str
    x: float
    y: float
    is_point: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines with the ticks of both axes."""

    lines: tuple[Line, ...]
    across: tuple[Tick, ...]
    up: tuple[Tick, ...]
    bottom: float = TOP + HEIGHT
    left: float = LEFT
    right: float = LEFT + WIDTH


def precision_recall(points: Sequence[Mapping[str, float]]) -> Chart:
    """Precision over recall; the axis of precision begins at the tenth below the lowest."""
    low = _floor([point["precision"] for point in points])
    placed = [(LEFT + point["recall"] * WIDTH, _up(point["precision"], low)) for point in points]
    across = tuple(Tick(round(LEFT + step / 5 * WIDTH, 1), f"{step * 20} %") for step in range(6))
    return Chart((_line("precision", placed),) if placed else (), across, _ticks(low))


def thresholds(rows: Sequence[Mapping[str, Any]]) -> Chart:
    """Precision, recall, and recall with review over the automatic threshold; thresholds stand at equal distances."""
    low = _floor([row[name] for row in rows for name in NAMES if row[name] is not None])
    step = WIDTH / max(len(rows) - 1, 1)
    lines = []
    for name, label in NAMES.items():
        placed = [(LEFT + n * step, _up(row[name], low)) for n, row in enumerate(rows) if row[name] is not None]
        if placed:
            lines.append(_line(label, placed))
    across = tuple(Tick(round(LEFT + n * step, 1), f"{row['threshold']:g}") for n, row in enumerate(rows) if n % 2 == 0)
    return Chart(tuple(lines), across, _ticks(low))


def _line(name: str, placed: Sequence[tuple[float, float]]) -> Line:
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
    return Line(name, text, round(placed[0][0], 1), round(placed[0][1], 1), len(set(placed)) == 1)


def _floor(values: Sequence[float]) -> float:
    return min(floor(min(values, default=0.0) * 10) / 10, 0.9)


def _up(value: float, low: float) -> float:
    return TOP + HEIGHT * (1 - (value - low) / (1 - low))


def _ticks(low: float) -> tuple[Tick, ...]:
    values = [low + (1 - low) * step / 5 for step in range(6)]
    return tuple(Tick(round(_up(value, low), 1), f"{value * 100:.0f} %") for value in values)

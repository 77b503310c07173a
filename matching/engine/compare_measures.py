"""Comparing by how far apart two values are: numbers, absolutely or by their size, and places on the globe.

A level holds up to the distance that it is `within`; the model says how far that is, and what the level is called.
"""

import math
import re
from collections.abc import Callable, Sequence

import numpy as np

from matching.engine.model import Comparison
from matching.engine.types import Floats, Ints, Levels, Table

Distance = Callable[[Table, Ints, Ints, str], Floats]

EARTH = 6371.0088  # km, mean radius
NUMBER = re.compile(r"\s*([+-]?\d{1,15}(?:\.\d{1,15})?)\s*", re.ASCII)
PLACE = re.compile(rf"{NUMBER.pattern}[,; ]{NUMBER.pattern}", re.ASCII)


def apart(table: Table, left: Ints, right: Ints, name: str) -> Floats:
    """How far apart two numbers are; not a number where a side has none."""
    numbers = _numbers(table, name)
    return np.abs(numbers[left] - numbers[right])


def apart_by_size(table: Table, left: Ints, right: Ints, name: str) -> Floats:
    """How far apart two numbers are, as a share of the larger one; not a number where a side has none."""
    numbers = _numbers(table, name)
    one, other = numbers[left], numbers[right]
    size = np.maximum(np.abs(one), np.abs(other))
    share: Floats = np.abs(one - other) / np.where(size == 0, 1.0, size)
    return share


def kilometres(table: Table, left: Ints, right: Ints, name: str) -> Floats:
    """The distance on the globe in km of two places "latitude, longitude" in degrees; not a number where a side has none."""
    column = table.single[name]
    places: Floats = table.learn(f"places of {name}", lambda: _places(column.values))
    one, other = (places[column.codes[side]] for side in (left, right))
    half = np.sin((one - other) / 2) ** 2
    chord = half[:, 0] + np.cos(one[:, 0]) * np.cos(other[:, 0]) * half[:, 1]
    found: Floats = 2 * EARTH * np.arcsin(np.sqrt(np.minimum(chord, 1.0)))
    return found


def graded(comparison: Comparison, distance: Floats) -> Levels:
    """The first level that each distance is within, the last one beyond all; missing where there is none."""
    limits = np.array([level.within for level in comparison.levels[1:-1]], np.float64)
    levels = np.searchsorted(limits, distance, side="left") + 1
    levels[np.isnan(distance)] = 0
    return levels.astype(np.int8)


def _numbers(table: Table, name: str) -> Floats:
    """The number of each record; a text that is none counts as missing."""
    column = table.single[name]
    known: Floats = table.learn(f"numbers of {name}", lambda: np.array([_number(value) for value in column.values]))
    numbers: Floats = known[column.codes]
    return numbers


def _number(value: str) -> float:
    return float(value) if NUMBER.fullmatch(value) else math.nan


def _places(values: Sequence[str]) -> Floats:
    """[values, (latitude, longitude)] in radians; 0, 0 is what systems write when they do not know."""
    places: Floats = np.radians(np.array([_place(value) for value in values]).reshape(-1, 2))
    return places


def _place(value: str) -> tuple[float, float]:
    match = PLACE.fullmatch(value)
    latitude, longitude = (float(part) for part in match.groups()) if match else (math.nan, math.nan)
    known = abs(latitude) <= 90 and abs(longitude) <= 180 and (latitude, longitude) != (0.0, 0.0)
    return (latitude, longitude) if known else (math.nan, math.nan)

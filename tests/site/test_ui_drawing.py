"""Where the marks of a drawing go, as tables of cases."""

from dataclasses import dataclass

import pytest

from cdv_site.drawing import WIDTH, sparkline, waterfall


@dataclass(frozen=True)
class Step:
    label: str
    weight: float
    kind: str = "agree"
    sentence: str = ""


def steps(*weights: float) -> list[Step]:
    return [Step(str(n), weight) for n, weight in enumerate(weights)]


def test_each_bar_begins_where_the_one_before_ended() -> None:
    fall = waterfall(steps(-10, 15, 5, -2))
    assert [(row.before, row.after) for row in fall.rows] == [(100, 0), (0, 150), (150, 200), (200, 180)]
    assert [row.x for row in fall.rows] == [0, 0, 150, 180]
    assert [row.width for row in fall.rows] == [100, 150, 50, 20]


def test_the_sum_is_drawn_from_zero() -> None:
    fall = waterfall(steps(-10, 15, 5, -2))
    assert (fall.total, fall.zero, fall.total_x, fall.total_width) == (8, 100, 100, 80)


@pytest.mark.parametrize("weights", [(), (0.0,), (3.0,), (-3.0,), (0.001, 50.0), (-40.0, 1.0, 39.0)])
def test_every_bar_lies_within_the_drawing_and_can_be_seen(weights: tuple[float, ...]) -> None:
    fall = waterfall(steps(*weights))
    bars = [(row.x, row.width) for row in fall.rows] + [(fall.total_x, fall.total_width)]
    assert all(x >= 0 and width >= 1 and x + width <= WIDTH for x, width in bars)


@pytest.mark.parametrize(
    ("values", "points"),
    [((), ""), ((5,), "0.0,12.0"), ((3, 3), "0.0,12.0 100.0,12.0"), ((0, 10, 5), "0.0,24.0 50.0,0.0 100.0,12.0")],
)
def test_a_line_has_its_highest_value_at_the_top(values: tuple[float, ...], points: str) -> None:
    assert sparkline(values) == points

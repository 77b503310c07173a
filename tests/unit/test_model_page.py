"""A model in readable form, and charts as places: pure, without pages."""

from dataclasses import replace

import pytest

from matching import charts, model_page
from matching.engine.model import Comparison, Condition, Level, Model, default_model
from matching.model_forms import SettingsForm
from matching.models import MatchModel

MODEL = default_model()


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (Condition(({"email": ("exact",)},)), "email exact"),
        (Condition(({"email": ("exact",)}, {"given_name": ("exact", "near")})), "email exact, and given name exact or near"),
        (Condition(({"phone": ("exact", "near", "shared")},)), "phone exact, near or shared"),
        (Condition(({"email": ("exact",)},), ({"name_suffix": ("one_sided",)},)), "email exact, unless name suffix one sided"),
    ],
)  # fmt: skip
def test_a_condition_is_told_in_words(condition: Condition, words: str) -> None:
    assert model_page.in_words(condition) == words


def test_bars_of_weights_lie_on_one_scale_with_agreement_to_the_right() -> None:
    rows = model_page.comparisons(MODEL)
    bars = [level for row in rows for level in row.levels]
    assert max(bar.width for bar in bars) == model_page.MIDDLE
    for bar in bars:
        assert (bar.x == model_page.MIDDLE) == (bar.level.weight >= 0)
        assert 0 <= bar.x <= bar.x + bar.width <= 200
    assert not [level.level.name for row in rows for level in row.levels if level.level.name == "missing"]


def test_two_equal_versions_do_not_differ() -> None:
    assert model_page.differences(MODEL, MODEL) == []


def test_each_setting_that_differs_is_named_with_both_figures() -> None:
    other = replace(
        MODEL,
        thresholds=replace(MODEL.thresholds, auto=0.97),
        limits=replace(MODEL.limits, block=300, shared={**MODEL.limits.shared, "email": 4}),
        rules=MODEL.rules[1:],
        prior=-16.0,
    )
    found = {row.what: (row.before, row.after) for row in model_page.differences(MODEL, other)}
    assert found == {
        "threshold: auto": ("0.95", "0.97"),
        "limit: block": ("400", "300"),
        "limit: customers that may share: email": ("3", "4"),
        "prior: same": (f"{MODEL.prior:g}", "-16"),
        f"rule: {MODEL.rules[0].name}": ("on", "off"),
    }


def test_a_curve_lies_between_its_axes() -> None:
    chart = charts.precision_recall([{"precision": 1.0, "recall": 0.0}, {"precision": 0.75, "recall": 1.0}])
    assert chart.lines[0].points == f"{charts.LEFT:.1f},{charts.TOP:.1f} {charts.LEFT + charts.WIDTH:.1f},143.3"
    assert not chart.lines[0].is_point
    assert charts.precision_recall([{"precision": 1.0, "recall": 0.0}]).lines[0].is_point
    assert [tick.label for tick in chart.up] == ["70 %", "76 %", "82 %", "88 %", "94 %", "100 %"]


def test_a_line_leaves_out_what_has_no_figure() -> None:
    rows = [
        {"threshold": 0.7, "precision": 0.9, "recall": 0.8, "recall_with_review": 0.9},
        {"threshold": 0.95, "precision": None, "recall": 0.0, "recall_with_review": 0.9},
    ]
    chart = charts.thresholds(rows)
    assert [(line.name, len(line.points.split())) for line in chart.lines] == [
        ("precision", 1),
        ("recall", 2),
        ("recall with review", 2),
    ]


def test_nothing_to_draw_gives_no_line() -> None:
    assert charts.precision_recall([]).lines == ()
    assert charts.thresholds([]).lines == ()


def test_how_far_a_level_reaches_is_set_on_the_form() -> None:
    levels = [Level("exact", "Equal.", 0.6, 0.1, 0.1, 0.0), Level("near", "Near.", 0.3, 0.1, 0.1, 2.0)]
    height = Comparison(
        "height", "number", "height", (Level("missing", "-"), *levels, Level("different", "No.", 0.1, 0.8))
    )
    model = replace(MODEL, comparisons=(*MODEL.comparisons, height))
    draft = MatchModel(label="draft", content=model.to_json(), note="")
    form = SettingsForm(draft=draft)
    data = {name: form[name].value() for name in form.fields}
    [(_, rows, _, measured)] = [found for found in form.comparisons() if found[0] == "height"]
    assert measured
    assert [field.name.rpartition(".")[2] for field in rows[1][2]] == ["m", "u", "h", "within"]
    changed = SettingsForm(data | {"level.height.near.within": 3.5}, draft=draft)
    assert changed.is_valid(), changed.errors
    assert Model.from_json(changed.edited()).comparison("height").levels[2].within == 3.5
    wrong = SettingsForm(data | {"level.height.exact.within": 4}, draft=draft)
    assert "must reach farther" in str(wrong.errors)

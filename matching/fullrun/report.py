"""The report of a run, before anything changes: counts, sizes, reasons, oversize keys, precision, and what the run brake says."""

from collections import Counter
from typing import Any

from django.utils import timezone

from matching import brakes, evaluation
from matching.engine.bulk import Run
from matching.engine.model import SAME_PER_RECORD, Model
from matching.labels import NotLabelled
from matching.models import FullRun, MatchModel
from profiles import audit

from . import flow, loading

SUMMED = ("counts", "reasons", "sizes")
LARGEST = 20  # oversize keys that are listed


def oversize(run: Run) -> dict[str, Any]:
    """Keys that too many records share to find pairs by: how many by rule, and the largest."""
    names, found = run.model.rule_names, run.blocking.oversize
    largest = sorted(found, key=lambda one: -one.records)[:LARGEST]
    return {
        "keys": len(found),
        "by_rule": dict(Counter(names[one.rule] for one in found)),
        "largest": [[names[one.rule], one.records] for one in largest],
        "limit": run.model.limits.block,
    }


def of_run(run: FullRun) -> dict[str, Any]:
    """The figures of all parts together. 3 queries."""
    figures: dict[str, Any] = {name: Counter() for name in SUMMED}
    for part in flow.figures_of(run, FullRun.Step.DECIDE):
        for name in SUMMED:
            figures[name].update(part[name])
    pairs = flow.figures_of(run, FullRun.Step.PAIRS)
    figures = {name: dict(counted) for name, counted in figures.items()}
    figures["counts"]["pairs"] = sum(part["pairs"] for part in pairs)
    return {**figures, "oversize": pairs[0]["oversize"], "made_for": made_for(loading.model_of(run))}


def made_for(model: Model) -> int:
    """The number of records that the priors of a model fit."""
    return round(2 * SAME_PER_RECORD / 2**model.prior)


def evaluated(run: FullRun) -> dict[str, Any] | None:
    """Precision and recall of the model on what stewards decided, kept as an evaluation; nothing before the first."""
    row = MatchModel.objects.get(label=run.model_label)
    try:
        found = evaluation.keep(evaluation=evaluation.evaluate_decisions(model=row), by=run.created_by)
    except NotLabelled:
        return None
    joined = found.figures["joined"]
    return {"id": found.id, "precision": joined["precision"], "recall": joined["recall"]}


def submit(run: FullRun, figures: dict[str, Any]) -> None:
    """The report is there. Caller is in the effect and holds the run's row."""
    run.figures = figures | {"brake": brakes.examine(run, figures["counts"].get("merged", 0))}
    run.state, run.reported_at = FullRun.State.REPORTED, timezone.now()
    run.save(update_fields=["figures", "state", "reported_at"])
    detail = {"label": run.model_label, "merged": figures["counts"].get("merged", 0)}
    audit.record("full_run.reported", obj=run, detail=detail)

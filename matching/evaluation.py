"""Evaluation: a model held against labelled records, and the result kept for the screens."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.db import transaction

from profiles import audit, jobs, schema
from profiles.context import current_actor
from profiles.models import User

from . import models_in_force
from .engine.encode import encode
from .engine.measure import Figures, PairError, figures_to_json, measure
from .engine.model import Model
from .engine.usage import NOWHERE
from .labels import FileOptions, Labelled, NotLabelled, from_decisions, from_file, usage_of
from .models import Evaluation, MatchModel

STEWARD_SET = "Decisions of stewards"


def evaluate_file(*, model: MatchModel, path: Path, options: FileOptions, name: str = "") -> Evaluation:
    """An evaluation on a labelled file, unsaved. 2 queries: nothing else is read of the database."""
    labelled, mappings = from_file(path, options)
    found = _measured(model, labelled, Evaluation.Kind.FILE, name or path.name, stored_usage=False)
    found.figures["mapping"] = {mapping.column: mapping.target for mapping in mappings}
    return found


def evaluate_decisions(*, model: MatchModel) -> Evaluation:
    """An evaluation on what stewards decided, unsaved. Raises NotLabelled before the first decision."""
    return _measured(model, from_decisions(), Evaluation.Kind.STEWARD, STEWARD_SET, stored_usage=True)


def _measured(row: MatchModel, labelled: Labelled, kind: str, name: str, *, stored_usage: bool) -> Evaluation:
    model = Model.from_json(row.content)
    table = encode(labelled.records, model, models_in_force.blocked_values(schema.published()))
    usage = usage_of(table, model) if stored_usage else NOWHERE
    figures = measure(table, labelled.truth, model, usage)
    return Evaluation(
        model_label=row.label,
        model_digest=row.digest,
        kind=kind,
        set_name=name,
        figures=figures_to_json(figures),
        errors=_errors(figures, labelled),
    )


def _errors(figures: Figures, labelled: Labelled) -> dict[str, list[dict[str, Any]]]:
    return {name: _reported(getattr(figures, name), labelled.ids) for name in ("false_positives", "false_negatives")}


def _reported(errors: Sequence[PairError], ids: Sequence[int | str]) -> list[dict[str, Any]]:
    """Errors with the ids of records instead of rows."""
    return [{**asdict(error), "left": ids[error.left], "right": ids[error.right]} for error in errors]


@transaction.atomic
def keep(*, evaluation: Evaluation, by: User | None) -> Evaluation:
    """Store an evaluation, with its audit row."""
    evaluation.created_by = by
    evaluation.save(force_insert=True)
    detail = {"label": evaluation.model_label, "set": evaluation.set_name}
    audit.record("model.evaluated", obj=evaluation, detail=detail)
    return evaluation


def run_evaluation(claim: jobs.Claim) -> None:
    """The job: evaluate models on the decisions of stewards, one step each."""
    for number, label in enumerate(claim.args["models"]):
        if claim.done_step(number) is not None:
            continue
        try:
            found = evaluate_decisions(model=MatchModel.objects.get(label=label))
        except (MatchModel.DoesNotExist, NotLabelled) as error:
            raise jobs.JobFailed(str(error)) from error
        with claim.effect():
            keep(evaluation=found, by=User.objects.filter(id=current_actor().user_id).first())
            claim.finish_step(number, evaluation=found.id)
        claim.beat(evaluated=number + 1, total=len(claim.args["models"]))

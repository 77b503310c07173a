"""Trying a match model on two records, with everything that it sees and does."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from matching import permissions, trials
from matching.engine import explain
from matching.engine.model import Model
from matching.engine.types import Outcome
from matching.model_forms import PastedForm
from matching.views.models import crumbs, get_model
from profiles import audit
from profiles.rendering import render_page

OUTCOMES = {
    Outcome.AUTO: "Joined automatically, if nothing around them stands in the way",
    Outcome.REVIEW: "Left to a person",
    Outcome.DISTINCT: "Not proposed",
}


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def trial(request: HttpRequest, label: str) -> HttpResponse:
    """Two records by id or found by search, or two pasted rows, through the model of that label. At most 18 queries."""
    row = get_model(label)
    model = Model.from_json(row.content)
    form = PastedForm(request.POST or None)
    chosen = {side: request.GET.get(side, "").strip() for side in ("a", "b")}
    found, problem = None, ""
    try:
        found = _tried(request, model, form, chosen)
    except trials.TrialNotPossible as error:
        problem = str(error)
    text = request.GET.get("q", "").strip()
    context = {
        "model": row,
        "crumbs": crumbs(row),
        "form": form,
        "chosen": chosen,
        "problem": problem,
        "q": text,
        "records": trials.search(text, request.user) if text else [],
        **(_shown(found, model) if found else {}),
    }
    if found:
        audit.read("model.tested", subjects=found.subjects, obj=row, detail={"label": row.label})
    status = 422 if request.method == "POST" and not found else 200
    return render_page(request, "matching/model_try.html", "matching/model_try.html", context, status=status)


def _tried(request: HttpRequest, model: Model, form: PastedForm, chosen: dict[str, str]) -> trials.Trial | None:
    if request.method == "POST":
        return (
            trials.of_rows(model, form.cleaned_data["rows"], form.cleaned_data["region"]) if form.is_valid() else None
        )
    if not all(chosen.values()):
        return None
    if not all(number.isdecimal() and int(number) < 1 << 63 for number in chosen.values()):
        raise trials.TrialNotPossible("Records are chosen by their numbers.")
    return trials.of_records(model, [int(number) for number in chosen.values()], request.user)


def _shown(found: trials.Trial, model: Model) -> dict[str, object]:
    evidence = found.trace.evidence
    return {
        "trial": found,
        "trace": found.trace,
        "outcome": OUTCOMES[found.trace.outcome],
        "evidence": evidence,
        "sentence": explain.verdict_sentence(evidence, model),
        "bars": explain.waterfall(evidence, model),
        "ignored": [
            (name.replace("_", " "), explain.REASON_SENTENCES[explain.Reason(why)]) for name, why in evidence.ignored
        ],
        "keys": [(row, len(row.shared)) for row in found.trace.keys if row.left or row.right],
    }

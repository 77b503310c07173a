"""Match models: versions, one version in readable form, drafts copied, edited, refitted and discarded."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from matching import drafts, model_page, models_in_force, permissions
from matching.engine.model import Model
from matching.engine.refit import SAME_PRIOR
from matching.labels import NotLabelled
from matching.model_forms import PRIORS, SIZES, THRESHOLDS, CopyForm, RefitForm, SettingsForm
from matching.models import Evaluation, MatchModel, Publication
from matching.permissions import check_sees_all
from profiles.models import Source
from profiles.rendering import render_page

PAGE = 50


def get_model(label: str) -> MatchModel:
    """The version of that label with who made and published it, or 404. 1 query."""
    return get_object_or_404(MatchModel.objects.select_related("created_by", "published_by"), label=label)


def crumbs(model: MatchModel | None = None) -> list[tuple[str, str]]:
    """The way to a version's page, or to the list."""
    found = [("Models", reverse("matching:models"))]
    return [*found, (model.label, reverse("matching:model", args=[model.label]))] if model else found


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_GET
def models(request: HttpRequest) -> HttpResponse:
    """The newest versions, with what waits for a second person. 3 queries."""
    rows = list(MatchModel.objects.select_related("created_by", "published_by").defer("content")[:PAGE])
    figures = Evaluation.objects.visible_to(request.user)
    found = figures.filter(model_label__in=[row.label for row in rows]).defer("errors").order_by("id")
    latest = {evaluation.model_label: evaluation for evaluation in found}
    waiting = Publication.objects.filter(state=Publication.State.REQUESTED).select_related("requested_by")
    asked = {publication.model_id: publication for publication in waiting}
    items = [(row, latest.get(row.label), asked.get(row.id)) for row in rows]
    context = {"items": items, "sees_all": Source.objects.all_visible_to(request.user)}
    return render_page(request, "matching/models.html", "matching/models.html", context)


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_GET
def model(request: HttpRequest, label: str) -> HttpResponse:
    """One version in readable form. 4 queries."""
    row = get_model(label)
    read = Model.from_json(row.content)
    limits = read.limits
    context = {
        "model": row,
        "read": read,
        "crumbs": crumbs(),
        "thresholds": [(text, getattr(read.thresholds, name)) for name, text in THRESHOLDS.items()],
        "sizes": [
            *((text, getattr(limits, name)) for name, text in SIZES.items()),
            *((text, getattr(read, name)) for name, text in PRIORS.items()),
            *((f"Customers that may share: {name.replace('_', ' ')}", n) for name, n in limits.shared.items()),
            *((f"Values of one customer: {name.replace('_', ' ')}", n) for name, n in limits.caps.items()),
        ],
        "unique": ", ".join(sorted(name.replace("_", " ") for name in read.unique_fields)),
        "comparisons": model_page.comparisons(read),
        "rules": model_page.rules(read),
        "vetoes": model_page.vetoes(read),
        "switched_off": row.content.get(models_in_force.OFF, {}),
        "sees_all": Source.objects.all_visible_to(request.user),
        "evaluations": Evaluation.objects.visible_to(request.user).filter(model_label=row.label).defer("errors")[:10],
        "publications": row.publications.select_related("requested_by", "decided_by")[:10],
        "copy_form": CopyForm(initial={"label": drafts.next_label(row)}),
    }
    return render_page(request, "matching/model.html", "matching/model.html", context)


@login_required
@permission_required(permissions.EDIT_MODELS, raise_exception=True)
@require_POST
def copy(request: HttpRequest, label: str) -> HttpResponse:
    """Make a draft that begins as a copy."""
    row, form = get_model(label), CopyForm(request.POST)
    if form.is_valid():
        try:
            draft = drafts.copy(model=row, by=request.user, **form.cleaned_data)
        except drafts.DraftNotAllowed as error:
            form.add_error("label", str(error))
        else:
            return redirect("matching:edit-model", label=draft.label)
    context = {"model": row, "form": form, "crumbs": crumbs(row)}
    return render_page(request, "matching/model_copy.html", "matching/model_copy.html", context, status=422)


@login_required
@permission_required(permissions.EDIT_MODELS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, label: str) -> HttpResponse:
    """The settings of a draft."""
    row = get_model(label)
    try:
        drafts.check_editable(row)
    except drafts.DraftNotAllowed as error:
        messages.error(request, str(error))
        return redirect("matching:model", label=label)
    form = SettingsForm(request.POST or None, draft=row)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            drafts.edit(draft=row, content=form.edited(), note=said["note"], expected=said["revision"], by=request.user)
        except drafts.DraftNotAllowed as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Saved. Try it on two records, evaluate it, run it in the shadow.")
            return redirect("matching:model", label=label)
    context = {"model": row, "form": form, "crumbs": crumbs(row)}
    status = 422 if form.errors else 200
    return render_page(request, "matching/model_edit.html", "matching/model_edit.html", context, status=status)


@login_required
@permission_required(permissions.EDIT_MODELS, raise_exception=True)
@require_POST
def discard(request: HttpRequest, label: str) -> HttpResponse:
    """Delete a draft that was never asked to be published."""
    row = get_model(label)
    try:
        drafts.discard(draft=row, by=request.user)
    except drafts.DraftNotAllowed as error:
        messages.error(request, str(error))
        return redirect("matching:model", label=label)
    messages.success(request, f"Discarded {label}.")
    return redirect("matching:models")


@login_required
@permission_required(permissions.EDIT_MODELS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def refit(request: HttpRequest, label: str) -> HttpResponse:
    """What decisions would teach this version; a POST makes a draft of it, nothing more."""
    check_sees_all(request.user)
    row, prior = get_model(label), _prior(request)
    form = RefitForm(request.POST or None, initial={"label": drafts.next_label(row), "prior": prior})
    found, problem = None, ""
    try:
        if request.method == "POST" and form.is_valid():
            draft = drafts.copy_refitted(model=row, by=request.user, **form.cleaned_data)
            messages.success(request, "The draft is made. Evaluate it before you ask for its publication.")
            return redirect("matching:model", label=draft.label)
        found = drafts.refitted(model=row, prior=prior)
    except (drafts.DraftNotAllowed, NotLabelled) as error:
        problem = str(error)
    context = {"model": row, "found": found, "form": form, "problem": problem, "crumbs": crumbs(row)}
    status = 422 if form.errors or (problem and request.method == "POST") else 200
    return render_page(request, "matching/model_refit.html", "matching/model_refit.html", context, status=status)


def _prior(request: HttpRequest) -> float:
    """How much the present figures weigh, as asked for in the address."""
    try:
        return min(max(float(request.GET.get("prior", SAME_PRIOR)), 1.0), 100_000.0)
    except ValueError:
        return SAME_PRIOR

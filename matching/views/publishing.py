"""Publication of match models: the shadow run, the request, the answer of a second person."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from matching import named, permissions, publishing, shadow
from matching.model_forms import ReasonForm
from matching.models import MatchModel, Publication, ShadowRun
from matching.permissions import check_sees_all
from matching.views.models import crumbs, get_model
from profiles import audit
from profiles.rendering import render_page

TITLES = {
    "merge": "Would be merged",
    "no_merge": "Would no longer be merged",
    "split": "Would be proposed to be split",
    "apart": "Would not be joined automatically any more",
    "together": "Would now be joined automatically",
    "propose": "Would come to the queue",
    "no_propose": "Would no longer come to the queue",
    "open": "Open proposals that would be judged differently",
}
OUTCOMES = {"auto": "decided automatically", "review": "left to a person", "distinct": "not proposed"}
COUNTS = (
    ("merges", "Merges of customers"),
    ("splits", "Splits proposed"),
    ("proposals", "Pairs for the queue"),
    ("apart", "Customers it would not join again"),
)


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, label: str) -> HttpResponse:
    """What publishing a version would mean, and the request for it: for who may see every source. 20 queries at most."""
    check_sees_all(request.user)
    row = get_model(label)
    may = request.user.has_perm(permissions.PUBLISH_MODEL)
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            publishing.request(model=row, by=request.user, reason=form.cleaned_data["reason"])
        except publishing.PublicationNotAllowed as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, "Asked for. A second person must publish it.")
            return redirect("matching:publish-model", label=label)
    context = {"form": form, "may": may, **_context(request, row)}
    status = 422 if form.errors else 200
    return render_page(request, "matching/model_publish.html", "matching/model_publish.html", context, status=status)


def _context(request: HttpRequest, row: MatchModel) -> dict[str, object]:
    asked = row.publications.filter(state=Publication.State.REQUESTED).select_related("requested_by", "model").first()
    ready = publishing.readiness(row)
    pending = ShadowRun.objects.filter(model_digest=row.digest, finished_at__isnull=True).defer("changes").first()
    return {
        "model": row,
        "crumbs": crumbs(row),
        "asked": asked,
        "ready": ready,
        "refused": publishing.why_not_approve(asked, request.user) if asked else "",
        "run": ready.shadow_run,
        "pending": pending,
        "history": row.publications.select_related("requested_by", "decided_by")[:20],
        **(_report(request, ready.shadow_run) if ready.shadow_run else {}),
    }


def _report(request: HttpRequest, run: ShadowRun) -> dict[str, object]:
    """The report of a shadow run as the reader may see it: counts of both, and changes by name."""
    shown, hidden = named.changes(run.changes, request.user)
    audit.read("shadow_run.read", subjects={person.id for one in shown for person in one.customers}, obj=run)
    figures = run.figures
    groups = [
        (title, figures["changes"][kind], [_told(one) for one in shown if one.change["kind"] == kind])
        for kind, title in TITLES.items()
        if figures["changes"].get(kind)
    ]
    counts = [(text, figures["before"][name], figures["after"][name]) for name, text in COUNTS]
    open_ones = figures["open"]
    for outcome, text in OUTCOMES.items() if open_ones else ():
        counts.append((f"Open proposals {text}", open_ones["before"][outcome], open_ones["after"][outcome]))
    return {"groups": groups, "counts": counts, "hidden": hidden}


def _told(one: named.NamedChange) -> dict[str, object]:
    ids, change = [person.id for person in one.customers], one.change
    pair = f"{reverse('matching:compare')}?a={ids[0]}&b={ids[1]}" if len(ids) == 2 else ""
    words = f"{OUTCOMES[change['before']]} → {OUTCOMES[change['after']]}" if change["kind"] == "open" else ""
    return {"customers": one.customers, "pair": pair, "words": words}


@login_required
@permission_required(permissions.PUBLISH_MODEL, raise_exception=True)
@require_POST
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish or reject what another person asked for; the one who asked withdraws it."""
    check_sees_all(request.user)
    asked = get_object_or_404(Publication.objects.select_related("model"), pk=pk)
    said = request.POST.get("answer", "")[:500]
    try:
        if request.POST.get("verdict") == "publish":
            publishing.approve(publication=asked, by=request.user, answer=said)
            messages.success(request, f"{asked.model.label} is in force.")
        else:
            publishing.reject(publication=asked, by=request.user, answer=said)
            messages.success(request, "It stays as it was.")
    except publishing.PublicationNotAllowed as error:
        messages.error(request, str(error))
    return redirect("matching:publish-model", label=asked.model.label)


@login_required
@permission_required(permissions.EVALUATE_MODELS, raise_exception=True)
@require_POST
def start_shadow(request: HttpRequest, label: str) -> HttpResponse:
    """Queue a shadow run of a version beside the published one, or beside the one named."""
    check_sees_all(request.user)
    row, other = get_model(label), request.POST.get("against", "")
    published = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).values_list("label", flat=True).first()
    against = get_model(other or published or "")
    if against.id == row.id:
        messages.error(request, "A version cannot run in its own shadow.")
        return redirect("matching:publish-model", label=label)
    return redirect("matching:shadow-run", pk=shadow.start(model=row, against=against, by=request.user).id)


@login_required
@permission_required(permissions.VIEW_MODELS, raise_exception=True)
@require_GET
def shadow_run(request: HttpRequest, pk: int) -> HttpResponse:
    """The report of one shadow run, or how far it has come. 9 queries at most."""
    run = get_object_or_404(ShadowRun.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    row = MatchModel.objects.filter(label=run.model_label).first()
    report = _report(request, run) if run.finished_at else {"job": run.job}
    return render_page(
        request, "matching/shadow_run.html", "matching/shadow_run.html", {"run": run, "crumbs": crumbs(row), **report}
    )

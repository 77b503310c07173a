"""Full runs on screens: the list and the start, progress, the report with names, and what is decided about it."""

from collections.abc import Mapping
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from matching import permissions
from matching.forms import FullRunForm, PublishRunForm
from matching.fullrun import actions
from matching.fullrun.page import figures_shown, progress_of
from matching.models import FullRun, FullRunChange
from profiles import audit
from profiles.customers import ShownCustomer, show
from profiles.models import Source
from profiles.rendering import render_page

PAGE = 25
LISTED = 50


@login_required
@permission_required(permissions.VIEW_FULL_RUNS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def runs(request: HttpRequest) -> HttpResponse:
    """The newest runs, and the start of another. 3 queries and those of the form."""
    sees_all = Source.objects.all_visible_to(request.user)
    may = sees_all and request.user.has_perm(permissions.START_FULL_RUN)
    if request.method == "POST" and not may:
        raise PermissionDenied
    form = FullRunForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = actions.start(by=request.user, **form.cleaned_data)
        except actions.FullRunNotAllowed as error:
            form.add_error(None, str(error))
        else:
            return redirect("matching:full-run", pk=run.pk)
    found = list(FullRun.objects.visible_to(request.user).select_related("created_by", "published_by")[:LISTED])
    context = {"runs": found, "form": form, "may": may, "sees_all": sees_all}
    return render_page(
        request, "matching/full_runs.html", "matching/full_runs.html", context, 422 if form.errors else 200
    )


@login_required
@permission_required(permissions.VIEW_FULL_RUNS, raise_exception=True)
@require_GET
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """One run: how far it has come, or its report with the customers that would change. About 15 queries."""
    return _page(
        request,
        get_object_or_404(FullRun.objects.visible_to(request.user).select_related("created_by", "published_by"), pk=pk),
    )


def _page(request: HttpRequest, found: FullRun, form: PublishRunForm | None = None) -> HttpResponse:
    context: dict[str, object] = {
        "run": found,
        "title": f"Full run {found.pk}",
        "crumbs": [("Full runs", reverse("matching:full-runs"))],
        "progress": progress_of(found) if found.is_busy else None,
    }
    if found.reported_at and found.state != FullRun.State.DISCARDED:
        context |= {**figures_shown(found), **_changes(request, found)}
    if found.state == FullRun.State.REPORTED:
        context |= {"refused": actions.why_not_publish(found), "form": form or PublishRunForm(brake=_brake(found))}
    status = 422 if form and form.errors else 200
    return render_page(request, "matching/full_run.html", "matching/full_run.html", context, status)


def _brake(run: FullRun) -> str:
    return str(run.figures.get("brake", ""))


def _changes(request: HttpRequest, run: FullRun) -> dict[str, object]:
    """A page of the customers that would change, as the reader may see them. 9 queries."""
    kinds = FullRunChange.Kind
    kind = request.GET.get("kind", "") if request.GET.get("kind") in kinds.values else kinds.MERGE
    rows = run.changes.filter(kind=kind)
    visible = rows.visible_to(request.user)
    after = request.GET.get("after", "")
    page = list((visible.filter(id__gt=int(after)) if after.isdigit() else visible)[: PAGE + 1])
    following = page[PAGE - 1].id if len(page) > PAGE else None
    people = show({pid for change in page[:PAGE] for pid in change.customers}, request.user)
    audit.read("full_run.read", subjects=people, obj=run)
    shown = visible.count()
    return {
        "kind": kinds(kind),
        "changes": [_named(change, people) for change in page[:PAGE]],
        "shown": shown,
        "hidden": rows.count() - shown,
        "tabs": [_tab(run, one, kind) for one in kinds],
        "first": f"?kind={kind}#changes" if after else "",
        "next": f"?{urlencode({'kind': kind, 'after': following})}#changes" if following else "",
    }


def _named(change: FullRunChange, people: Mapping[UUID, ShownCustomer]) -> dict[str, object]:
    """A change with its customers; once it was published, those who still have records stand for the others."""
    everybody = [people[pid] for pid in change.customers]
    customers = [customer for customer in everybody if customer.record_count] or everybody
    return {"change": change, "customers": customers, "gone": len(everybody) - len(customers)}


def _tab(run: FullRun, kind: FullRunChange.Kind, current: str) -> tuple[str, str, bool, int]:
    """Label, address, whether it is open, how many there are."""
    listed = run.figures["counts"].get(f"{kind}_listed", 0)
    return kind.label, f"?kind={kind}#changes", kind == current, listed


@login_required
@permission_required(permissions.VIEW_FULL_RUNS, raise_exception=True)
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """How far a run has come; the page asks again until something is to be decided. 4 queries."""
    found = get_object_or_404(FullRun.objects.visible_to(request.user), pk=pk)
    context = {"run": found, "progress": progress_of(found)}
    response = render_page(request, "matching/_full_run_progress.html", "matching/_full_run_progress.html", context)
    if not found.is_busy:
        response["HX-Refresh"] = "true"
    return response


@login_required
@permission_required(permissions.START_FULL_RUN, raise_exception=True)
@require_POST
def control(request: HttpRequest, pk: int) -> HttpResponse:
    """Stop a run, let it go on, or discard it."""
    verbs = {"cancel": actions.cancel, "resume": actions.resume, "discard": actions.discard}
    found, verb = (
        get_object_or_404(FullRun.objects.visible_to(request.user), pk=pk),
        verbs.get(request.POST.get("act", "")),
    )
    if verb is None:
        return redirect("matching:full-run", pk=pk)
    try:
        verb(run=found, by=request.user)
    except actions.FullRunNotAllowed as error:
        messages.error(request, str(error))
    return redirect("matching:full-run", pk=pk)


@login_required
@permission_required(permissions.PUBLISH_FULL_RUN, raise_exception=True)
@require_POST
def publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Publish what the report says."""
    found = get_object_or_404(FullRun.objects.visible_to(request.user), pk=pk)
    form = PublishRunForm(request.POST, brake=_brake(found))
    if not form.is_valid():
        return _page(request, found, form)
    try:
        actions.publish(run=found, by=request.user, **form.cleaned_data)
    except actions.FullRunNotAllowed as error:
        messages.error(request, str(error))
    return redirect("matching:full-run", pk=pk)


@login_required
@permission_required(permissions.PUBLISH_FULL_RUN, raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo everything that a run did."""
    try:
        actions.undo(run=get_object_or_404(FullRun.objects.visible_to(request.user), pk=pk), by=request.user)
    except actions.FullRunNotAllowed as error:
        messages.error(request, str(error))
    return redirect("matching:full-run", pk=pk)

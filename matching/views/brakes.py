"""An import that the run brake stopped: what it would merge, and letting it go on."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from matching import brakes, permissions
from matching.model_forms import ReasonForm
from matching.models import RunBrake
from profiles import audit
from profiles.customers import ShownCustomer, show
from profiles.models import Profile, Source
from profiles.rendering import render_page


def get_brake(request: HttpRequest, pk: int) -> RunBrake:
    """The brake of an import, or 404 when it was never stopped or its source is not the reader's."""
    rows = RunBrake.objects.exclude(state=RunBrake.State.OFF).filter(batch=pk)
    mine = rows.filter(batch__source__in=Source.objects.visible_to(request.user))
    found = mine.select_related("batch__source", "released_by").first()
    if found is None:
        raise Http404
    return found


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def brake(request: HttpRequest, pk: int) -> HttpResponse:
    """Why an import was stopped, and which customers it would have made one. 11 queries."""
    return _page(request, get_brake(request, pk), ReasonForm())


@login_required
@permission_required(permissions.RELEASE_BRAKE, raise_exception=True)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the import go on."""
    found, form = get_brake(request, pk), ReasonForm(request.POST)
    if not _may_release(request, found):
        raise PermissionDenied("You may let imports of the sources go on that you steward or manage only.")
    if not form.is_valid():
        return _page(request, found, form, status=422)
    try:
        brakes.release(brake=found, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "The import goes on; its records are resolved in a moment.")
    except brakes.ReleaseNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:import", pk=pk)


def _may_release(request: HttpRequest, found: RunBrake) -> bool:
    mine = Source.objects.imported_by(request.user).filter(pk=found.batch.source_id)
    return request.user.has_perm(permissions.RELEASE_BRAKE) and mine.exists()


def _page(request: HttpRequest, found: RunBrake, form: ReasonForm, status: int = 200) -> HttpResponse:
    groups, hidden = _examples(request, found)
    context = {
        "brake": found,
        "form": form,
        "groups": groups,
        "hidden": hidden,
        "may_release": found.state == RunBrake.State.ON and _may_release(request, found),
        "crumbs": [("Review queue", reverse("matching:queue")), ("Other work", reverse("matching:other-work"))],
    }
    return render_page(request, "matching/brake.html", "matching/brake.html", context, status)


def _examples(request: HttpRequest, found: RunBrake) -> tuple[list[list[ShownCustomer]], int]:
    """The groups that would become one customer each, of whom the reader sees all; and how many others there are."""
    groups = [[UUID(pid) for pid in group] for group in found.examples]
    ids = {pid for group in groups for pid in group}
    readable = set(Profile.objects.visible_to(request.user).filter(id__in=ids).values_list("id", flat=True))
    told = [group for group in groups if readable.issuperset(group)]
    people = show({pid for group in told for pid in group}, request.user)
    audit.read("run_brake.read", subjects=people, obj=found)
    return [[people[pid] for pid in group] for group in told], len(groups) - len(told)

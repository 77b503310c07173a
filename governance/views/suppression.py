"""Suppression on screen: digests only, how to lift one, and the rows that wait because they share something."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from governance import permissions
from governance.erasure_forms import LiftForm
from governance.models import SuppressionEntry
from governance.suppression import lifting
from profiles.approvals import ApprovalNotAllowed
from profiles.imports import ImportNotAllowed
from profiles.models import QuarantinedRow, Source
from profiles.rendering import render_page

PAGE = 50
SHOW = {"": "In force", "lifted": "Lifted"}


@login_required
@permission_required(permissions.VIEW_SUPPRESSION, raise_exception=True)
@require_GET
def suppressions(request: HttpRequest) -> HttpResponse:
    """Suppressed identifiers, newest first: how their keyed hash begins, never what they were. 3 queries."""
    show, before = request.GET.get("show", ""), request.GET.get("before", "")
    lifted = show == "lifted"
    rows = SuppressionEntry.objects.filter(lifted_at__isnull=not lifted).select_related("lifted_by")
    page = list((rows.filter(id__lt=int(before)) if before.isdecimal() else rows)[: PAGE + 1])
    counted = SuppressionEntry.objects.in_force().values("kind").order_by("kind").annotate(n=Count("id"))
    here = request.path
    context = {
        "entries": page[:PAGE], "lifted": lifted, "form": LiftForm(),
        "kinds": [(SuppressionEntry.Kind(row["kind"]).label, row["n"]) for row in counted],
        "tabs": [(label, f"{here}?show={key}" if key else here, key == show, None) for key, label in SHOW.items()],
        "may_lift": request.user.has_perm(permissions.LIFT_SUPPRESSION),
        "next": f"?show={show}&before={page[PAGE - 1].id}" if len(page) > PAGE else "",
    }  # fmt: skip
    return render_page(request, "governance/suppressions.html", "governance/suppressions.html", context)


@login_required
@permission_required(permissions.LIFT_SUPPRESSION, raise_exception=True)
@require_POST
def lift(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask a second person to lift everything that one erasure suppresses."""
    entry, form = get_object_or_404(SuppressionEntry.objects.in_force(), pk=pk), LiftForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say why it should be lifted.")
        return redirect("governance:suppressions")
    try:
        lifting.ask(entry=entry, by=request.user, reason=form.cleaned_data["reason"])
        messages.success(request, "Asked for. A second person must approve it.")
    except ApprovalNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:suppressions")


def held_for(request: HttpRequest) -> QuerySet[QuarantinedRow]:
    """Rows that wait because they share something, of the sources that the reader stewards."""
    mine = Source.objects.stewarded_by(request.user)
    return lifting.held_rows().filter(batch__source__in=mine).select_related("batch__source").order_by("id")


@login_required
@permission_required(permissions.CLEAR_SUPPRESSED, raise_exception=True)
@require_GET
def held(request: HttpRequest) -> HttpResponse:
    """Rows that were set aside because they share something with somebody who was erased. 3 queries."""
    after = request.GET.get("after", "")
    rows = held_for(request)
    page = list((rows.filter(id__gt=int(after)) if after.isdecimal() else rows)[: PAGE + 1])
    context = {
        "rows": page[:PAGE],
        "next": f"?after={page[PAGE - 1].id}" if len(page) > PAGE else "",
    }
    return render_page(request, "governance/suppressed_rows.html", "governance/suppressed_rows.html", context)


@login_required
@permission_required(permissions.CLEAR_SUPPRESSED, raise_exception=True)
@require_POST
def clear(request: HttpRequest, pk: int) -> HttpResponse:
    """It is somebody else: take the row in, now and from now on."""
    row = get_object_or_404(held_for(request), pk=pk)
    try:
        lifting.clear(row=row, by=request.user)
        messages.success(request, "Taken in.")
    except ImportNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:suppressed-rows")

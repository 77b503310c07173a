"""Purposes: what data may be used for, how many may be reached for each, and setting them up."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from governance import consent_gate, purposes
from governance.consent_forms import PurposeForm
from governance.models import Purpose
from governance.permissions import SET_UP_PURPOSES, VIEW_PURPOSES
from profiles import permissions
from profiles.rendering import render_page


@login_required
@permission_required(VIEW_PURPOSES, raise_exception=True)
@require_GET
def all_purposes(request: HttpRequest) -> HttpResponse:
    """Every purpose; for who may see counts, how many may be reached by each channel: 1 query for each."""
    reach = consent_gate.reach(request.user) if request.user.has_perm(permissions.VIEW_COUNTS) else {}
    rows = [(purpose, reach.get(purpose.pk, [])) for purpose in Purpose.objects.order_by("-is_active", "name")]
    context = {"rows": rows, "has_counts": bool(reach), "may_set_up": request.user.has_perms(SET_UP_PURPOSES)}
    return render_page(request, "governance/purposes.html", "governance/purposes.html", context)


@login_required
@permission_required(SET_UP_PURPOSES, raise_exception=True)
@require_http_methods(["GET", "POST"])
def new_purpose(request: HttpRequest) -> HttpResponse:
    """Set a new purpose up."""
    return _edit(request, Purpose(), "A new purpose")


@login_required
@permission_required(SET_UP_PURPOSES, raise_exception=True)
@require_http_methods(["GET", "POST"])
def edit_purpose(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a purpose; what statements rest on stays."""
    purpose = get_object_or_404(Purpose, pk=pk)
    return _edit(request, purpose, purpose.name)


def _edit(request: HttpRequest, purpose: Purpose, title: str) -> HttpResponse:
    form = PurposeForm(request.POST or None, instance=purpose)
    if request.method == "POST" and form.is_valid():
        try:
            purposes.save(purpose=form.save(commit=False), by=request.user)
            messages.success(request, "Saved.")
            return redirect("governance:purposes")
        except purposes.PurposeNotAllowed as refused:
            form.add_error(None, str(refused))
    context = {
        "form": form, "title": title, "history": purpose.history.select_related("history_user")[:20] if purpose.pk else [],
        "crumbs": [("Purposes", reverse("governance:purposes"))],
    }  # fmt: skip
    return render_page(
        request, "governance/purpose.html", "governance/purpose.html", context, 422 if form.is_bound else 200
    )

"""A breach of an account: who was exposed to it, for those who may read the audit."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET

from governance import exposure
from governance.forms import UserForm
from profiles import audit, permissions
from profiles.exporting import csv_lines
from profiles.models import User
from profiles.rendering import render_page
from profiles.schema import published

SHOWN = 50
COLUMNS = ("customer", "times", "first", "last", "events")


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def exposed(request: HttpRequest) -> HttpResponse:
    """How many people an account was shown, in which kinds of event, and which kinds of data; itself audited. 6 queries."""
    form = UserForm(request.GET if "user" in request.GET else None)
    context: dict[str, Any] = {"form": form, "users": User.objects.order_by("username")[:500]}
    if form.is_bound and form.is_valid():
        name, found = form.cleaned_data["user"], _found(form)
        _record("audit.exposure_asked", name, len(found))
        context |= {
            "name": name, "people": found[:SHOWN], "total": len(found), "more": max(0, len(found) - SHOWN),
            "events": exposure.by_event(found), "data": exposure.by_data(found, published()),
            "query": request.GET.urlencode(),
        }  # fmt: skip
    return render_page(request, "governance/exposure.html", "governance/exposure.html", context)


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
@reauthentication_required
def export(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    """All of them as CSV: ids, times and kinds of event, no values; itself audited. 4 queries."""
    form = UserForm(request.GET)
    if not form.is_valid():
        return redirect("governance:exposure")
    found = _found(form)
    _record("audit.exposure_exported", form.cleaned_data["user"], len(found))
    rows = (
        (one.person, one.times, one.first.isoformat(), one.last.isoformat(), " ".join(one.actions)) for one in found
    )
    response = StreamingHttpResponse(csv_lines(COLUMNS, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="exposed.csv"'
    return response


def _found(form: UserForm) -> list[exposure.Exposed]:
    wanted = form.cleaned_data
    return exposure.exposed_to(wanted["user"], wanted.get("since"), wanted.get("until"))


def _record(action: str, name: str, people: int) -> None:
    user = User.objects.filter(username__iexact=name).first()
    audit.record(action, obj=user, detail={"user": user.username if user else "an unknown account", "people": people})

"""The audit, for those who may read it: who, when and what kind, never values."""

from typing import Any
from urllib.parse import urlencode

from allauth.account.decorators import reauthentication_required
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET

from governance import audit_reading as reading
from governance.forms import AuditFilterForm, PersonForm, UserForm
from governance.models import AuditSeal
from governance.sealing import count_waiting
from profiles import audit, permissions
from profiles.exporting import csv_lines
from profiles.models import AuditEvent, User
from profiles.rendering import render_page

EXPORTED = 1_000  # more would take a second person
COLUMNS = ("id", "at", "who", "event", "in words", "outcome", "object type", "object", "people", "request")


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def events(request: HttpRequest) -> HttpResponse:
    """Search, newest first. 3 queries, 1 more when a user is named."""
    form = AuditFilterForm(request.GET)
    rows = reading.search(form.cleaned_data) if form.is_valid() else AuditEvent.objects.none()
    newest = AuditSeal.objects.defer("leaves").order_by("-number").first()
    context = {"form": form, "newest": newest, "waiting": count_waiting(newest), "exported": EXPORTED}
    context |= _page(request, rows)
    return render_page(request, "governance/audit.html", "governance/_audit_events.html", context)


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def event(request: HttpRequest, pk: int) -> HttpResponse:
    """One event, and the seal that covers it. 2 queries."""
    found = get_object_or_404(AuditEvent, pk=pk)
    context = {"event": found, "sentence": audit.sentence(found), "seal": reading.seal_of(found)}
    return render_page(request, "governance/audit_event.html", "governance/audit_event.html", context)


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def person(request: HttpRequest) -> HttpResponse:
    """Who saw a person, under whatever id its records were then; itself audited. 7 queries."""
    form = PersonForm(request.GET if "customer" in request.GET else None)
    context: dict[str, Any] = {"form": form}
    if form.is_bound and form.is_valid():
        found = reading.person(form.cleaned_data["customer"])
        rows = _within(reading.about(found), form.cleaned_data)
        if form.cleaned_data["what"] == "reads":
            rows = rows.filter(action__in=reading.reads())
        audit.record("audit.person_asked", subjects=[found.asked])
        context |= {"person": found, "readers": reading.by_reader(rows), **_page(request, rows)}
    return render_page(request, "governance/audit_person.html", "governance/audit_person.html", context)


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def user(request: HttpRequest) -> HttpResponse:
    """What a user did, by kind and one by one; itself audited. 5 queries."""
    form = UserForm(request.GET if "user" in request.GET else None)
    context: dict[str, Any] = {"form": form, "users": User.objects.order_by("username")[:500]}
    if form.is_bound and form.is_valid():
        name = form.cleaned_data["user"]
        rows = _within(AuditEvent.objects.filter(reading.by_whom(name)), form.cleaned_data)
        audit.record("audit.user_asked", obj=User.objects.filter(username__iexact=name).first())
        context |= {"name": name, "kinds": reading.by_kind(rows), **_page(request, rows)}
    return render_page(request, "governance/audit_user.html", "governance/audit_user.html", context)


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
@reauthentication_required
def export(request: HttpRequest) -> HttpResponse:
    """The newest events of a search as CSV, at most 1,000; itself audited. 2 queries, 1 more when a user is named."""
    form = AuditFilterForm(request.GET)
    if not form.is_valid():
        return redirect("governance:audit")
    found = list(reading.search(form.cleaned_data).order_by("-at", "-id")[:EXPORTED])
    audit.record("audit.exported", detail={"events": len(found)})
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    response.writelines(csv_lines(COLUMNS, (_row(one) for one in found)))
    return response


def _row(one: AuditEvent) -> tuple[object, ...]:
    subjects = " ".join(map(str, one.subject_ids))
    return (
        one.id, one.at.isoformat(), one.actor_name, one.action, audit.sentence(one), one.outcome,
        one.object_type, one.object_id, subjects, one.request_id,
    )  # fmt: skip


def _within(rows: Any, cleaned: dict[str, Any]) -> Any:
    bounds = {"at__gte": cleaned.get("since"), "at__lt": cleaned.get("until")}
    return rows.filter(**{name: moment for name, moment in bounds.items() if moment})


def _page(request: HttpRequest, rows: Any) -> dict[str, Any]:
    """The events of a page in words, the address of the next, and of the first."""
    before = request.GET.get("before", "")
    found, after = reading.page(rows, before)
    kept = {name: value for name, value in request.GET.items() if value and name != "before"}
    return {
        "events": [(one, audit.sentence(one)) for one in found],
        "first": f"?{urlencode(kept)}" if before else "",
        "next": f"?{urlencode({**kept, 'before': after})}" if after else "",
        "is_narrowed": bool(kept),
    }

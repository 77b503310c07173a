"""Privacy requests on screen: the board, one request with its clock and tasks, filing one, the record of all."""

from collections.abc import Mapping
from datetime import timedelta
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Count, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from governance import attachments, claims, intake, permissions, request_page, request_record
from governance.deadlines import CURRENT
from governance.models import PrivacyRequest, RequestAttachment
from governance.models.request import OPEN, State
from governance.request_forms import (
    AttachForm,
    BoardForm,
    ClockForm,
    FileRequestForm,
    LetterForm,
    RefuseForm,
    VerifyForm,
)  # fmt: skip
from profiles import audit
from profiles.customers import get_profile
from profiles.exporting import csv_lines
from profiles.models import Profile
from profiles.rendering import render_page

PAGE = 50


def get_request(request: HttpRequest, pk: UUID) -> PrivacyRequest:
    """The privacy request, or 404 when the reader may not know of it. 2 queries."""
    rows = PrivacyRequest.objects.visible_to(request.user).select_related(
        "profile", "filed_by", "verified_by", "closed_by", "reviewed_by", "duplicate_of", "approval"
    )
    return get_object_or_404(rows, pk=pk)


@login_required
@permission_required(permissions.VIEW_REQUESTS, raise_exception=True)
@require_GET
def board(request: HttpRequest) -> HttpResponse:
    """All that the reader may see, what falls due first before; counts by state. About 12 queries."""
    form = BoardForm(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"state": "", "kind": ""}
    visible = PrivacyRequest.objects.visible_to(request.user)
    counts = dict(visible.order_by().values_list("state").annotate(Count("pk")))
    rows = _filtered(visible, chosen)
    before = request.GET.get("after", "")
    if before and (mark := visible.filter(pk=before).first() if _is_uuid(before) else None):
        rows = rows.filter(due_at__gte=mark.due_at).exclude(due_at=mark.due_at, pk__lte=mark.pk)
    page = list(request_page.with_counts(rows).order_by("due_at", "pk")[: PAGE + 1])
    people, now = request_page.named(page[:PAGE], request.user), timezone.now()
    audit.read("request.read", subjects=people.keys())
    here = f"?state={chosen['state']}&kind={chosen['kind']}"
    context = {
        "form": form, "rows": [(row, people.get(row.profile_id), request_page.time_left(row, now)) for row in page[:PAGE]],
        "counts": [(label, counts.get(state, 0), f"?state={state}") for state, label in State.choices if state in OPEN],
        "late": visible.open().filter(due_at__lt=now, is_paused=False).count(),
        "next": f"{here}&after={page[PAGE - 1].pk}" if len(page) > PAGE else "",
    }  # fmt: skip
    return render_page(request, "governance/requests.html", "governance/_requests.html", context)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _filtered(rows: QuerySet[PrivacyRequest], chosen: Mapping[str, str]) -> QuerySet[PrivacyRequest]:
    if chosen["kind"]:
        rows = rows.filter(kind=chosen["kind"])
    if chosen["state"] == "all":
        return rows
    return rows.filter(state=chosen["state"]) if chosen["state"] else rows.open()


@login_required
@permission_required(permissions.VIEW_REQUESTS, raise_exception=True)
@require_GET
def request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request: who asks, the clock, the plan, tasks, files, and what may be done next. About 35 queries."""
    found = get_request(request, pk)
    user, now = request.user, timezone.now()
    handles = user.has_perm(permissions.HANDLE_REQUESTS)
    reads_claim = handles or found.filed_by_id == user.pk
    context = {
        "item": found, "title": str(found), "crumbs": [("Privacy requests", reverse("governance:requests"))],
        "customer": request_page.named([found], user).get(found.profile_id),
        "claim": claims.unseal(found) if reads_claim else None, "law": request_page.law_of(found),
        "left": request_page.time_left(found, now), "clock": found.clock.select_related("actor"),
        "tasks": request_page.tasks_of(found, user), "next": request_page.what_next(found, user),
        "approvals": request_page.waiting_approvals(found, user),
        "refusal_text": claims.refusal_of(found) if reads_claim else "",
        "files": found.attachments.defer("sealed").select_related("added_by"), "may_open": handles,
        "messages_sent": found.messages.defer("recipient", "body"),
        "duplicates": found.duplicates.order_by("id"),
        "verify_form": VerifyForm(initial={"customer": _active(found)}), "refuse_form": RefuseForm(),
        "letter_form": LetterForm(), "attach_form": AttachForm(), "clock_form": ClockForm(),
    }  # fmt: skip
    audit.read("request.read", subjects=[found.profile_id] if found.profile_id else [], obj=found)
    return render_page(request, "governance/request.html", "governance/request.html", context)


def _active(found: PrivacyRequest) -> UUID | None:
    """The customer that stands for whom it is about."""
    return (found.profile.canonical_id or found.profile_id) if found.profile else None


@login_required
@permission_required(permissions.VIEW_REQUESTS, raise_exception=True)
@permission_required(permissions.FILE_REQUESTS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def file_request(request: HttpRequest) -> HttpResponse:
    """Write a request down for the person who asks."""
    initial = {"customer": request.GET.get("customer", ""), "regime": "eu"}
    form = FileRequestForm(request.POST or None, initial=initial)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and (known := _customer(request, form)) is not Missing:
            filed = intake.file(asked=form.asked(), by=request.user, profile=known)
            messages.success(request, f"{filed} is filed; it is due on {filed.due_at:%d %B %Y}.")
            return redirect("governance:request", pk=filed.pk)
    context = {"form": form, "crumbs": [("Privacy requests", reverse("governance:requests"))]}
    return render_page(request, "governance/file_request.html", "governance/file_request.html", context, status)


class Missing:
    """No such customer, as far as the reader may know."""


def _customer(request: HttpRequest, form: FileRequestForm) -> Profile | type[Missing] | None:
    if form.cleaned_data["customer"] is None:
        return None
    try:
        return get_profile(request, form.cleaned_data["customer"])
    except Http404:
        form.add_error("customer", "There is no such customer.")
        return Missing


@login_required
@permission_required(permissions.VIEW_REQUESTS, raise_exception=True)
@require_GET
def customer_requests(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel of a customer's page: its requests. 6 queries."""
    profile = get_profile(request, pk)
    now = timezone.now()
    rows = PrivacyRequest.objects.visible_to(request.user).filter(profile=profile)
    context = {
        "profile": profile, "rows": [(row, request_page.time_left(row, now)) for row in rows.order_by("-pk")[:PAGE]],
        "may_file": request.user.has_perm(permissions.FILE_REQUESTS),
    }  # fmt: skip
    audit.read("request.read", subjects=[profile.id], obj=profile)
    return render_page(request, "governance/customer_requests.html", "governance/_customer_requests.html", context)


@login_required
@permission_required(permissions.HANDLE_REQUESTS, raise_exception=True)
@require_GET
def open_file(request: HttpRequest, pk: UUID, file: int) -> HttpResponse:
    """A file of a request, as it was attached; always a download. 4 queries."""
    found = get_request(request, pk)
    attached = get_object_or_404(RequestAttachment, pk=file, request=found)
    subjects = [found.profile_id] if found.profile_id else []
    audit.record("request.file_read", obj=attached, subjects=subjects, detail={"purpose": attached.purpose})
    response = HttpResponse(attachments.content_of(attached), content_type="application/octet-stream")
    response.headers["Content-Disposition"] = f'attachment; filename="{attached.purpose}-{attached.pk}"'
    return response


@login_required
@permission_required(permissions.VIEW_REQUESTS, raise_exception=True)
@permission_required(permissions.OVERSEE_REQUESTS, raise_exception=True)
@require_GET
@reauthentication_required
def export(request: HttpRequest) -> HttpResponse:
    """The record of all requests as CSV, without a word on the people; of the months that the longest law asks for. 5 queries."""
    months = max(regime.evidence_months for regime in CURRENT.values())
    since = timezone.now() - timedelta(days=31 * (months + 3))
    audit.record("request.exported")
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="privacy-requests.csv"'
    response.writelines(csv_lines(request_record.COLUMNS, request_record.lines(request.user, since)))
    return response

"""One record: what its source sent, what became of it, its older states, and its corrections."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from profiles import audit, corrections, permissions
from profiles.forms import CorrectionForm
from profiles.models import Correction, Source, SourceRecord
from profiles.rendering import render_page
from profiles.schema import published


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """One record: what the source sent, what became of it, its older states."""
    row = get_record(request, pk)
    audit.read("customer.read", subjects=corrections.subjects_of(row), obj=row)
    context = {
        "record": row,
        "cells": row.cells(),
        "attributes": {published().label(key): values for key, values in row.attributes.items()},
        "versions": row.versions.select_related("batch").defer("payload"),
        "corrections": row.corrections.select_related("created_by", "released_by").order_by("-id"),
        "form": CorrectionForm(record=row),
        "can_correct": _can_correct(request, row),
    }
    return render_page(request, "profiles/record.html", "profiles/record.html", context)


def get_record(request: HttpRequest, pk: int) -> SourceRecord:
    """The record, or 404 when the reader may not know of it."""
    rows = SourceRecord.objects.select_related("source", "batch", "membership__profile")
    row = rows.filter(pk=pk, source__in=Source.objects.visible_to(request.user)).first()
    if row is None:
        raise Http404
    return row


def _can_correct(request: HttpRequest, row: SourceRecord) -> bool:
    granted = Source.objects.stewarded_by(request.user).filter(pk=row.source_id).exists()
    return granted and request.user.has_perm(permissions.CORRECT)


@login_required
@permission_required(permissions.CORRECT, raise_exception=True)
@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """Set or retract a field of a record."""
    row = get_record(request, pk)
    if not _can_correct(request, row):
        raise PermissionDenied("You may correct records of the sources you steward only.")
    form = CorrectionForm(request.POST, record=row)
    if not form.is_valid():
        context = {"record": row, "form": form, "can_correct": True, "cells": row.cells()}
        return render_page(request, "profiles/record.html", "profiles/record.html", context, status=422)
    try:
        corrections.correct(record=row, by=request.user, **form.cleaned_data)
    except corrections.CorrectionNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:record", pk=row.pk)


@login_required
@permission_required(permissions.CORRECT, raise_exception=True)
@require_POST
def release(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a correction back."""
    correction = get_object_or_404(Correction.objects.select_related("record"), pk=pk)
    row = get_record(request, correction.record_id)
    if not _can_correct(request, row):
        raise PermissionDenied("You may correct records of the sources you steward only.")
    try:
        corrections.release(correction=correction, by=request.user)
    except corrections.CorrectionNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:record", pk=row.pk)

"""One record: what its source sent, what became of it, its older states, and its corrections."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from profiles import audit, corrections, permissions
from profiles.forms import CorrectionForm
from profiles.masking import Mask, cover, masks_for
from profiles.models import Correction, Source, SourceRecord, User
from profiles.rendering import render_page
from profiles.schema import Schema, published


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def record(request: HttpRequest, pk: int) -> HttpResponse:
    """One record: what the source sent, what became of it, its older states."""
    row = get_record(request, pk)
    audit.read("customer.read", subjects=corrections.subjects_of(row), obj=row)
    return _page(request, row, CorrectionForm(record=row))


def _page(request: HttpRequest, row: SourceRecord, form: CorrectionForm, status: int = 200) -> HttpResponse:
    """The record through the reader's mask: rows as sent are shown to those who see everything only."""
    schema, mask = published(), mask_of_record(request.user, row)
    context = {
        "record": row,
        "sees_rows": mask.sees_rows,
        "cells": row.cells() if mask.sees_rows else {},
        "attributes": {
            schema.label(key): seen
            for key, found in row.attributes.items()
            if (seen := mask.values(key, found, schema))
        },
        "problems": [(problem["column"], problem["message"]) for problem in row.problems],
        "versions": row.versions.select_related("batch").defer("payload", "attributes"),
        "corrections": [
            _seen(one, mask, schema) for one in row.corrections.select_related("created_by").order_by("-id")
        ],
        "form": form,
        "can_correct": _can_correct(request, row),
    }
    cover([row], mask)
    return render_page(request, "profiles/record.html", "profiles/record.html", context, status)


def _seen(correction: Correction, mask: Mask, schema: Schema) -> dict[str, object]:
    """A correction as the reader may see it."""
    return {
        "pk": correction.pk,
        "label": schema.label(correction.field),
        "act": correction.get_act_display(),
        "values": mask.values(correction.field, correction.values, schema),
        "reason": mask.note(correction.reason),
        "by": correction.created_by.display_name if correction.created_by else "system",
        "at": correction.created_at,
        "released_at": correction.released_at,
    }


def mask_of_record(user: User, row: SourceRecord) -> Mask:
    """How the reader sees a record: as they see its customer. At most 1 query."""
    membership = getattr(row, "membership", None)
    home = membership.profile_id if membership else None
    return masks_for(user, [home] if home else []).of(home)


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
        return _page(request, row, form, 422)
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

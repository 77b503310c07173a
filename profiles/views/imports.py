"""Imports: upload, watch, open the quarantine, mend and replay, undo as a whole."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from profiles import audit, permissions, work
from profiles import imports as actions
from profiles.forms import UploadForm
from profiles.masking import mask_of
from profiles.models import Batch, QuarantinedRow, Source, SourceRecord
from profiles.rendering import render_page
from profiles.schema import NothingPublished, published

PAGE = 50


def uploadable(request: HttpRequest) -> object:
    """Sources the user may import into; one that was never published cannot be read yet. 1 query."""
    try:
        known = published().sources
    except NothingPublished:
        known = {}
    return Source.objects.imported_by(request.user).filter(is_active=True, key__in=known)


def get_batch(request: HttpRequest, pk: int) -> Batch:
    """The import, or 404 when its source is not the reader's."""
    batch = (
        Batch.objects.filter(pk=pk, source__in=Source.objects.visible_to(request.user)).select_related("source").first()
    )
    if batch is None:
        raise Http404
    return batch


def get_own_batch(request: HttpRequest, pk: int) -> Batch:
    """The import, of a source that the user stewards or manages."""
    batch = get_batch(request, pk)
    if not Source.objects.imported_by(request.user).filter(pk=batch.source_id).exists():
        raise PermissionDenied("You may change imports of the sources you steward or manage only.")
    return batch


@login_required
@permission_required(permissions.VIEW_IMPORTS, raise_exception=True)
@require_http_methods(["GET", "POST"])
def imports(request: HttpRequest) -> HttpResponse:
    """The list of imports, newest first, and the upload of a file."""
    if request.method == "POST":
        return _upload(request)
    return _list(request, UploadForm(sources=uploadable(request)))


def _list(request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
    rows = Batch.objects.filter(source__in=Source.objects.visible_to(request.user)).select_related(
        "source", "created_by"
    )
    before = request.GET.get("before", "")
    if before.isdecimal():
        rows = rows.filter(id__lt=int(before))
    page = list(rows[: PAGE + 1])
    context = {"form": form, "batches": page[:PAGE], "next": page[PAGE - 1].id if len(page) > PAGE else None}
    return render_page(request, "profiles/imports.html", "profiles/imports.html", context, status)


def _upload(request: HttpRequest) -> HttpResponse:
    if not request.user.has_perm(permissions.IMPORT):
        raise PermissionDenied
    form = UploadForm(request.POST, request.FILES, sources=uploadable(request))
    if not form.is_valid():
        return _list(request, form, 422)
    file = form.cleaned_data["file"]
    batch, new = actions.receive_file(source=form.cleaned_data["source"], name=file.name, content=file, by=request.user)
    if not new:
        messages.info(request, "Nothing to do: this import brought the same file.")
    return redirect("profiles:import", pk=batch.pk)


def _speed(batch: Batch) -> dict[str, object]:
    """Rows per second and seconds left, from what was counted so far."""
    if not batch.started_at:
        return {"rate": 0, "left": None}
    seconds = ((batch.finished_at or timezone.now()) - batch.started_at).total_seconds() or 0.001
    rate = batch.received / seconds
    left = (batch.rows_total - batch.received) / rate if rate and batch.rows_total and not batch.finished_at else None
    return {"rate": round(rate), "left": max(0, round(left)) if left is not None else None}


def _context(request: HttpRequest, batch: Batch) -> dict[str, object]:
    return {
        "batch": batch,
        **_speed(batch),
        "open_rows": batch.quarantine.filter(state=QuarantinedRow.State.OPEN).count(),
        "is_live": batch.state in (Batch.State.WAITING, Batch.State.RUNNING),
        "waiting": batch.records.filter(state=SourceRecord.State.RECEIVED).count(),
        "held": work.open_about_import(batch.id),
        "crumbs": [("Imports", reverse("profiles:imports"))],
        "can_change": Source.objects.imported_by(request.user).filter(pk=batch.source_id).exists(),
    }


@login_required
@permission_required(permissions.VIEW_IMPORTS, raise_exception=True)
@require_GET
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One import: what became of its rows, live while it runs, and what an undo would do."""
    found = get_batch(request, pk)
    context = _context(request, found)
    if not context["is_live"] and found.state != Batch.State.UNDONE:
        context["undo"] = actions.undo_counts(found)
    return render_page(request, "profiles/import.html", "profiles/import.html", context)


@login_required
@permission_required(permissions.VIEW_IMPORTS, raise_exception=True)
@require_GET
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """The counters of a running import; the page asks again until it is finished."""
    context = _context(request, get_batch(request, pk))
    response = render_page(request, "profiles/_import_progress.html", "profiles/_import_progress.html", context)
    if not context["is_live"]:
        response["HX-Refresh"] = "true"
    return response


@login_required
@permission_required(permissions.UNDO_IMPORT, raise_exception=True)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Undo a whole import."""
    found = get_own_batch(request, pk)
    try:
        actions.undo_import(batch=found, by=request.user)
        messages.success(request, "The undo was queued; records go back in a moment.")
    except actions.ImportNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:import", pk=pk)


@login_required
@permission_required(permissions.VIEW_IMPORTS, raise_exception=True)
@require_GET
def quarantine(request: HttpRequest, pk: int) -> HttpResponse:
    """Rows of an import that were set aside: line, field and reason."""
    found = get_batch(request, pk)
    rows = found.quarantine.select_related("resolved_by").defer("payload")
    after = request.GET.get("after", "")
    if after.isdecimal():
        rows = rows.filter(id__gt=int(after))
    page = list(rows[: PAGE + 1])
    crumbs = [("Imports", reverse("profiles:imports")), (found.file_name, reverse("profiles:import", args=[pk]))]
    following = page[PAGE - 1].id if len(page) > PAGE else None
    context = {"batch": found, "rows": page[:PAGE], "next": following, "crumbs": crumbs}
    return render_page(request, "profiles/quarantine.html", "profiles/quarantine.html", context)


@login_required
@permission_required(permissions.MEND, raise_exception=True)
@require_http_methods(["GET", "POST"])
def mend(request: HttpRequest, pk: int) -> HttpResponse:
    """One row that was set aside: its cells to mend, and the replay."""
    row = QuarantinedRow.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    found = get_own_batch(request, row.batch_id)
    if not mask_of(request.user).sees_rows:
        raise PermissionDenied("Rows as sent are for those who may see everything in them.")
    cells = _columns(found, actions.quarantined_cells(row))
    if request.method == "POST":
        return _replay(request, found, row, cells)
    audit.record("quarantine.read", obj=row)
    return render_page(
        request, "profiles/mend.html", "profiles/mend.html", {"batch": found, "row": row, "cells": cells}
    )


def _columns(batch: Batch, cells: dict[str, str]) -> dict[str, str]:
    """The cells to mend: those received, and empty ones for mapped columns that were missing."""
    mapped = dict.fromkeys([batch.source.id_column, *batch.source.mappings.values_list("column", flat=True)], "")
    return {**mapped, **cells}


def _replay(request: HttpRequest, batch: Batch, row: QuarantinedRow, cells: dict[str, str]) -> HttpResponse:
    mended = {column: request.POST.get(f"cell:{column}", value) for column, value in cells.items()}
    try:
        again = actions.replay(batch=batch, mended={row.id: mended}, by=request.user)
    except actions.ImportNotAllowed as refused:
        messages.error(request, str(refused))
        return redirect("profiles:quarantine", pk=batch.pk)
    if again.quarantined:
        messages.warning(request, "The mended row was set aside again; see why below.")
        return redirect("profiles:quarantine", pk=again.pk)
    messages.success(request, "The row was replayed.")
    return redirect("profiles:quarantine", pk=batch.pk)


@login_required
@permission_required(permissions.MEND, raise_exception=True)
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave a set-aside row out for good."""
    row = QuarantinedRow.objects.filter(pk=pk).first()
    if row is None:
        raise Http404
    found = get_own_batch(request, row.batch_id)
    actions.dismiss(batch=found, row_ids=[row.id], by=request.user)
    return redirect("profiles:quarantine", pk=found.pk)

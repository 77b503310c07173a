"""Find a customer, and the customer page with the lineage of each value."""

from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from profiles import audit, corrections, permissions
from profiles.customers import get_profile, granted_sources, show
from profiles.forms import CorrectionForm
from profiles.models import Correction, IdentityOperation, Profile, Source, SourceRecord
from profiles.panels import panels_for
from profiles.rendering import render_page
from profiles.schema import published
from profiles.search import find


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def customers(request: HttpRequest) -> HttpResponse:
    """Search, or the newest customers. 6 queries."""
    text = request.GET.get("q", "").strip()
    hits = find(text, request.user) if text else []
    why = {hit.profile_id: hit for hit in hits}
    ids = [hit.profile_id for hit in hits] if text else _newest(request)
    shown = show(ids, request.user)
    profiles = Profile.objects.in_bulk(ids)
    rows = [{"customer": shown[pk], "profile": profiles[pk], "hit": why.get(pk)} for pk in ids if pk in profiles]
    audit.read("customer.searched", subjects=ids, detail={"hits": len(ids)})
    context = {"q": text, "rows": rows}
    return render_page(request, "profiles/customers.html", "profiles/_customer_list.html", context)


def _newest(request: HttpRequest) -> list[UUID]:
    rows = Profile.objects.visible_to(request.user).active().filter(record_count__gt=0)
    return list(rows.order_by("-id").values_list("id", flat=True)[:25])


@login_required
@permission_required(permissions.VIEW_CUSTOMERS, raise_exception=True)
@require_GET
def customer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One customer: golden values with lineage, records, operations, and the panels of other apps."""
    profile = get_profile(request, pk)
    granted = granted_sources(request.user)
    records = list(_records(profile, granted))
    shown = show([profile.id], request.user)[profile.id]
    context = {
        "profile": profile,
        "customer": shown,
        "records": records,
        "record_by_id": {record.id: record for record in records},
        "values": _values(shown, records),
        "operations": operations_of(profile),
        "panels": panels_for("customer", request.user, profile),
        "is_steward": Profile.objects.stewarded_by(request.user).filter(pk=pk).exists(),
        "steward_sources": set(Source.objects.stewarded_by(request.user).values_list("id", flat=True)),
    }
    audit.read("customer.read", subjects=[profile.id], obj=profile)
    return render_page(request, "profiles/customer.html", "profiles/customer.html", context)


def _records(profile: Profile, granted: set[int]) -> list[SourceRecord]:
    rows = SourceRecord.objects.filter(membership__profile=profile, source_id__in=granted)
    return rows.select_related("source", "batch", "membership").defer("payload").order_by("id")


def _values(shown: object, records: list[SourceRecord]) -> list[dict]:
    """Rows of the golden table: label, values with lineage, runners-up."""
    by_id = {record.id: record for record in records}
    rows = []
    for key, values in shown.golden.items():
        rows.append(
            {
                "key": key,
                "label": values[0].label,
                "values": [(value, by_id.get(value.record_id)) for value in values],
                "others": [(value, by_id.get(value.record_id)) for value in shown.runners_up.get(key, [])],
            }
        )
    return rows


def operations_of(profile: Profile) -> list[IdentityOperation]:
    """Operations that moved records to or from the customer or its merged past, newest first. 1 query."""
    ends = Q(moves__from_profile=profile) | Q(moves__to_profile=profile)
    rows = IdentityOperation.objects.filter(ends).distinct().select_related("actor", "undoes", "undone_by")
    return list(rows.order_by("-id")[:50])


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
    corrections.correct(record=row, by=request.user, **form.cleaned_data)
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
    corrections.release(correction=correction, by=request.user)
    return redirect("profiles:record", pk=row.pk)

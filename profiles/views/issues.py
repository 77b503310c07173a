"""Issues: values that readers flag, and corrections that a source contradicts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from profiles import audit, conflicts, corrections, flags, permissions
from profiles.forms import AnswerForm, FlagForm
from profiles.masking import cover, token
from profiles.models import Correction, Flag, Source, SourceRecord, WorkItem
from profiles.rendering import render_page
from profiles.schema import published
from profiles.views.records import get_record, mask_of_record
from profiles.work import KINDS

PAGE = 50


@login_required
@permission_required(permissions.FLAG, raise_exception=True)
@require_GET
def issues(request: HttpRequest) -> HttpResponse:
    """What waits in the sources I steward, oldest first, and what I flagged. 5 queries."""
    after = request.GET.get("after", "")
    waiting = open_issues(request).select_related("source")
    page = list((waiting.filter(id__gt=int(after)) if after.isdecimal() else waiting)[: PAGE + 1])
    schema = published()
    context = {
        "items": [(item, KINDS[item.kind], _url(item), schema.label(item.detail["field"])) for item in page[:PAGE]],
        "total": waiting.count(),
        "next": page[PAGE - 1].id if len(page) > PAGE else None,
        "mine": [(flag, schema.label(flag.field)) for flag in _mine(request)],
    }
    return render_page(request, "profiles/issues.html", "profiles/issues.html", context)


def open_issues(request: HttpRequest) -> QuerySet[WorkItem]:
    """Open work items of sources that the reader stewards."""
    kinds = [corrections.CONFLICT, flags.FLAG]
    return WorkItem.objects.visible_to(request.user).filter(state=WorkItem.State.OPEN, kind__in=kinds)


def _url(item: WorkItem) -> str:
    return reverse(KINDS[item.kind].url_name, args=[item.subject_id])


def _mine(request: HttpRequest) -> QuerySet[Flag]:
    return Flag.objects.filter(reporter=request.user).select_related("record__source", "answered_by")[:PAGE]


@login_required
@permission_required(permissions.FLAG, raise_exception=True)
@require_http_methods(["GET", "POST"])
def flag_value(request: HttpRequest, pk: int) -> HttpResponse:
    """Flag a value of a record as wrong."""
    record = get_record(request, pk)
    field = request.POST.get("field") or request.GET.get("field", "")
    schema, mask = published(), mask_of_record(request.user, record)
    values = {
        token(field, v, seen): (v, seen)
        for v in flags.values_shown(record, field)
        if (seen := mask.value(field, v, schema)) is not None
    }
    if not values:
        raise Http404
    form = FlagForm(request.POST or None, values=values, initial={"field": field, "value": next(iter(values))})
    if request.method == "POST" and form.is_valid():
        flags.flag(record=record, by=request.user, **form.cleaned_data)
        messages.success(request, "Thank you. The stewards of the source will look; you read their answer here.")
        return redirect("profiles:issues")
    audit.read("customer.read", subjects=corrections.subjects_of(record), obj=record)
    cover([record], mask)
    context = {"record": record, "label": schema.label(field), "form": form}
    status = 422 if form.is_bound else 200
    return render_page(request, "profiles/flag_value.html", "profiles/flag_value.html", context, status)


def get_flag(request: HttpRequest, pk: int) -> Flag:
    """The flag, or 404 when its source is not the reader's to see."""
    found = Flag.objects.filter(pk=pk, record__source__in=Source.objects.visible_to(request.user))
    row = found.select_related("record__source", "record__membership__profile", "reporter", "answered_by").first()
    if row is None:
        raise Http404
    return row


@login_required
@permission_required(permissions.FLAG, raise_exception=True)
@require_GET
def flag(request: HttpRequest, pk: int) -> HttpResponse:
    """One flag: the value, the note, what the record says now, and the answer."""
    return _flag_page(request, get_flag(request, pk), AnswerForm())


def _flag_page(request: HttpRequest, row: Flag, form: AnswerForm, status: int = 200) -> HttpResponse:
    audit.read("customer.read", subjects=corrections.subjects_of(row.record), obj=row)
    schema, mask = published(), mask_of_record(request.user, row.record)
    context = {
        "flag": row,
        "label": schema.label(row.field),
        "then": mask.values(row.field, [row.value], schema),
        "now": mask.values(row.field, flags.values_shown(row.record, row.field), schema),
        "note": row.note if row.reporter_id == request.user.pk else mask.note(row.note),
        "answer": row.answer if row.reporter_id == request.user.pk else mask.note(row.answer),
        "form": form,
        "can_answer": _stewards(request, row.record) and request.user.has_perm(permissions.ANSWER_FLAGS),
    }
    row.value = ""
    cover([row.record], mask)
    return render_page(request, "profiles/flag.html", "profiles/flag.html", context, status)


def _stewards(request: HttpRequest, record: SourceRecord) -> bool:
    return Source.objects.stewarded_by(request.user).filter(pk=record.source_id).exists()


@login_required
@permission_required(permissions.ANSWER_FLAGS, raise_exception=True)
@require_POST
def answer_flag(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what came of a flag."""
    row = get_flag(request, pk)
    if not _stewards(request, row.record):
        raise PermissionDenied("You may answer flags of the sources you steward only.")
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _flag_page(request, row, form, 422)
    try:
        flags.answer(flag=row, by=request.user, **form.cleaned_data)
    except flags.FlagNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:flag", pk=pk)


def get_correction(request: HttpRequest, pk: int) -> Correction:
    """The correction, or 404 when its record is not the reader's to steward."""
    found = Correction.objects.filter(pk=pk, record__source__in=Source.objects.stewarded_by(request.user))
    row = found.select_related("record__source", "record__membership__profile", "created_by").first()
    if row is None:
        raise Http404
    return row


@login_required
@permission_required(permissions.CORRECT, raise_exception=True)
@require_GET
def conflict(request: HttpRequest, pk: int) -> HttpResponse:
    """A correction beside what its source said then and says now: keep it, or release it."""
    row = get_correction(request, pk)
    audit.read("customer.read", subjects=corrections.subjects_of(row.record), obj=row)
    schema, mask = published(), mask_of_record(request.user, row.record)
    then, said, now = row.source_values, row.values, row.record.attributes.get(row.field, [])
    context = {
        "correction": row,
        "label": schema.label(row.field),
        "then": mask.values(row.field, then, schema),
        "said": mask.values(row.field, said, schema),
        "now": mask.values(row.field, now, schema),
        "reason": mask.note(row.reason),
        "is_open": row.released_at is None and conflicts.is_third(row, row.record),
    }
    cover([row.record], mask)
    return render_page(request, "profiles/conflict.html", "profiles/conflict.html", context)


@login_required
@permission_required(permissions.CORRECT, raise_exception=True)
@require_POST
def keep(request: HttpRequest, pk: int) -> HttpResponse:
    """Uphold a correction against what its source says now."""
    row = get_correction(request, pk)
    revision = request.POST.get("revision", "")
    try:
        conflicts.keep(correction=row, revision=int(revision) if revision.isdecimal() else 0, by=request.user)
        messages.success(request, "The correction stays.")
    except corrections.CorrectionNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:conflict", pk=pk)

"""Jobs and the audit."""

from uuid import UUID

from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from profiles import audit, permissions
from profiles import jobs as actions
from profiles.models import AuditEvent, Job
from profiles.rendering import render_page

PAGE = 50


@login_required
@permission_required(permissions.VIEW_JOBS, raise_exception=True)
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Background runs, newest first. 2 queries."""
    rows = Job.objects.select_related("created_by")
    before = _uuid(request.GET.get("before", ""))
    page = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown = [(job, actions.KINDS[job.kind].title if job.kind in actions.KINDS else job.kind) for job in page[:PAGE]]
    context = {"jobs": shown, "next": page[PAGE - 1].id if len(page) > PAGE else None}
    return render_page(request, "profiles/jobs.html", "profiles/jobs.html", context)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


@login_required
@permission_required(permissions.CONTROL_JOBS, raise_exception=True)
@require_POST
def cancel_job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a job to stop."""
    job = get_object_or_404(Job, pk=pk)
    with transaction.atomic():
        actions.cancel(job=job)
        audit.record("job.cancelled", obj=job, detail={"kind": job.kind})
    return redirect("profiles:jobs")


@login_required
@permission_required(permissions.CONTROL_JOBS, raise_exception=True)
@require_POST
def retry_job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Queue a failed job again."""
    job = get_object_or_404(Job, pk=pk)
    with transaction.atomic():
        actions.retry(job=job)
        audit.record("job.retried", obj=job, detail={"kind": job.kind})
    return redirect("profiles:jobs")


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def audit_log(request: HttpRequest) -> HttpResponse:
    """Who did what, newest first; by actor, action or person. 1 query."""
    rows = AuditEvent.objects.all()
    actor, action = request.GET.get("actor", "").strip(), request.GET.get("action", "").strip()
    subject = _uuid(request.GET.get("subject", "").strip())
    before = request.GET.get("before", "")
    wanted = Q()
    wanted &= Q(actor_name__iexact=actor) if actor else Q()
    wanted &= Q(action=action) if action else Q()
    wanted &= Q(subject_ids__contains=[subject]) if subject else Q()
    wanted &= Q(id__lt=int(before)) if before.isdigit() else Q()
    page = list(rows.filter(wanted)[: PAGE + 1])
    context = {
        "events": [(entry, audit.sentence(entry)) for entry in page[:PAGE]],
        "next": page[PAGE - 1].id if len(page) > PAGE else None,
        "actions": sorted(audit.EVENTS), "actor": actor, "action": action, "subject": subject or "",
    }  # fmt: skip
    return render_page(request, "profiles/audit.html", "profiles/audit.html", context)

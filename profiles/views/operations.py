"""Jobs."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db import transaction
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from profiles import audit, permissions
from profiles import jobs as actions
from profiles.models import Batch, IdentityOperation, Job, Source
from profiles.rendering import render_page

PAGE = 50


@login_required
@permission_required(permissions.VIEW_JOBS, raise_exception=True)
@require_GET
def jobs(request: HttpRequest) -> HttpResponse:
    """Background runs that are the reader's to see, newest first, live while one is open. 5 queries."""
    rows = Job.objects.visible_to(request.user).select_related("created_by")
    before = _uuid(request.GET.get("before", ""))
    page = list((rows.filter(id__lt=before) if before else rows)[: PAGE + 1])
    shown = [_shown(job) for job in page[:PAGE]]
    context = {
        "jobs": shown,
        "is_live": not before and any(job.is_open for job in page),
        "is_later_page": bool(before),
        "next": page[PAGE - 1].id if len(page) > PAGE else None,
    }
    return render_page(request, "profiles/jobs.html", "profiles/_jobs.html", context)


def _shown(job: Job) -> dict[str, object]:
    """A job for the screen: its title, how far it is, and how long it took."""
    done, total, unit = _progress(job.progress)
    seconds = ((job.finished_at or timezone.now()) - job.started_at).total_seconds() if job.started_at else None
    return {
        "job": job, "title": actions.KINDS[job.kind].title if job.kind in actions.KINDS else job.kind,
        "done": done, "total": total, "unit": unit, "seconds": seconds,
    }  # fmt: skip


def _progress(progress: dict) -> tuple[int, int | None, str]:
    """How far a job is: (done, of how many if known, of what)."""
    if "line" in progress:
        return progress["line"], progress.get("total"), "rows"
    if "resolved" in progress:
        return progress["resolved"], progress["resolved"] + progress.get("waiting", 0), "records"
    return progress.get("done", 0), progress.get("total"), progress.get("unit", "")


@login_required
@permission_required(permissions.VIEW_JOBS, raise_exception=True)
@require_GET
def job(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One background run: progress, log, and what it changed. 8 queries."""
    found = get_object_or_404(Job.objects.visible_to(request.user).select_related("created_by"), pk=pk)
    sources = Source.objects.visible_to(request.user)
    changed = IdentityOperation.objects.filter(run_id=pk, moves__record__source__in=sources).distinct()
    before = _uuid(request.GET.get("before", ""))
    page = list((changed.filter(id__lt=before) if before else changed).order_by("-id")[: PAGE + 1])
    batch = Batch.objects.filter(pk=found.args.get("batch"), source__in=sources).select_related("source").first()
    context = {
        **_shown(found),
        "batch": batch,
        "by_kind": [
            (IdentityOperation.Kind(kind).label, n)
            for kind, n in changed.order_by().values_list("kind").annotate(n=Count("id", distinct=True))
        ],
        "operations": page[:PAGE],
        "next": page[PAGE - 1].id if len(page) > PAGE else None,
        "steps": found.steps.count(),
    }
    return render_page(request, "profiles/job.html", "profiles/job.html", context)


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
    messages.success(request, "It stops at its next step; what it has done stays.")
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
    messages.success(request, "Queued again; the steps it has done are not done twice.")
    return redirect("profiles:jobs")

"""Erasures on screen: the plan and who asks for it, the progress of each target, the certificate, who must be told."""

from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from governance import permissions
from governance.erasure import certificate as certificates
from governance.erasure import execute, kinds, notices
from governance.erasure.plan import plan_of
from governance.erasure.targets import TARGETS, WAITS
from governance.erasure_forms import ErasureForm
from governance.models import Erasure, ErasureNotice, LegalHold
from matching.permissions import CHANGE_IDENTITY
from profiles import audit
from profiles.approvals import ApprovalNotAllowed, address_of
from profiles.customers import get_profile, show
from profiles.locks import Busy
from profiles.models import Job, Profile, Source
from profiles.rendering import render_page

PAGE = 25


@login_required
@permission_required(permissions.VIEW_ERASURES, raise_exception=True)
@require_GET
def erasures(request: HttpRequest) -> HttpResponse:
    """Erasures, newest first, with how far each is. 2 queries."""
    before = request.GET.get("before", "")
    rows = Erasure.objects.prefetch_related("targets").defer("plan", "certificate")
    try:
        rows = rows.filter(id__lt=UUID(before)) if before else rows
    except ValueError:
        raise Http404 from None
    page = list(rows[: PAGE + 1])
    context = {
        "erasures": [
            (row, sum(target.done_at is not None for target in row.targets.all()), len(row.targets.all()))
            for row in page[:PAGE]
        ],
        "next": f"?before={page[PAGE - 1].id}" if len(page) > PAGE else "",
    }
    return render_page(request, "governance/erasures.html", "governance/erasures.html", context)


@login_required
@permission_required(permissions.VIEW_ERASURES, raise_exception=True)
@require_GET
def plan(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What the erasure of a customer would do as things stand. About 60 queries."""
    return _plan_page(request, get_profile(request, pk), ErasureForm())


def _plan_page(request: HttpRequest, profile: Profile, form: ErasureForm, status: int = 200) -> HttpResponse:
    found = plan_of(profile)
    customer = show([profile.id], request.user)[profile.id]
    audit.read("erasure.planned", subjects=[profile.id], obj=profile)
    asked = kinds.asked_for(profile)
    context = {
        "plan": found, "profile": profile, "customer": customer, "form": form, "asked": asked,
        "asked_url": address_of(asked, request.user),
        "may_ask": request.user.has_perm(permissions.REQUEST_ERASURE) and not found.blockers and not asked,
        "is_active": profile.state == Profile.State.ACTIVE,
        "crumbs": [("Erasures", reverse("governance:erasures"))],
        "rows": sum(line.rows for line in found.going),
        "may_confirm": request.user.has_perm(CHANGE_IDENTITY)
        and Profile.objects.stewarded_by(request.user).filter(pk=profile.pk).exists(),
    }  # fmt: skip
    return render_page(request, "governance/erasure_plan.html", "governance/erasure_plan.html", context, status)


@login_required
@permission_required(permissions.REQUEST_ERASURE, raise_exception=True)
@require_POST
@reauthentication_required
def ask(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask a second person for the erasure."""
    profile, form = get_profile(request, pk), ErasureForm(request.POST)
    if not form.is_valid():
        return _plan_page(request, profile, form, 422)
    try:
        kinds.ask(profile=profile, by=request.user, **form.cleaned_data)
        messages.success(request, "Asked for. A second person must approve exactly this plan.")
    except (ApprovalNotAllowed, Busy) as refused:
        messages.error(request, str(refused))
    return redirect("governance:erasure-plan", pk=pk)


@login_required
@permission_required(permissions.VIEW_ERASURES, raise_exception=True)
@require_GET
def erasure(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One erasure: each target with its state, who was told, and the certificate. About 10 queries."""
    found = get_object_or_404(Erasure.objects.select_related("approval__requested_by", "approval__decided_by"), pk=pk)
    rows = list(found.targets.all())
    jobs = Job.objects.in_bulk([row.job_id for row in rows if row.job_id])
    context = {
        "erasure": found,
        "targets": [_shown(row, jobs.get(row.job_id)) for row in rows],
        "done": sum(row.done_at is not None for row in rows), "total": len(rows),
        "notices": found.notices.select_related("source", "told_by"),
        "suppressed": found.suppressions.in_force().count(),
        "may_retry": request.user.has_perm(permissions.REQUEST_ERASURE) and not found.done_at,
        "may_answer": request.user.has_perm(permissions.ANSWER_NOTICES),
        "crumbs": [("Erasures", reverse("governance:erasures"))],
    }  # fmt: skip
    return render_page(request, "governance/erasure.html", "governance/erasure.html", context)


def _shown(row: object, job: Job | None) -> tuple[str, str, str, object]:
    """(title, state, words, the row) of a target."""
    title = TARGETS[row.name].title if row.name in TARGETS else "Look everywhere once more"
    if row.done_at:
        return title, "done", "Done", row
    if job and job.state == Job.State.FAILED:
        return title, "failed", "Failed", row
    return title, "waiting", WAITS.get(row.waits_for, "Waits for its turn"), row


@login_required
@permission_required(permissions.REQUEST_ERASURE, raise_exception=True)
@require_POST
def retry(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Try the targets again that are not done."""
    found = get_object_or_404(Erasure, pk=pk, done_at__isnull=True)
    messages.success(request, f"{execute.retry(erasure=found)} targets are tried again.")
    return redirect("governance:erasure", pk=pk)


@login_required
@permission_required(permissions.VIEW_ERASURES, raise_exception=True)
@require_GET
def certificate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The certificate as a page that prints, or as JSON with its digest and signature. 404 until all targets are done."""
    found = get_object_or_404(Erasure, pk=pk, done_at__isnull=False)
    if request.GET.get("format") == "json":
        content = {
            "certificate": found.certificate, "sha256": found.certificate_digest, "signature": found.signature,
            "key_id": found.key_id,
        }  # fmt: skip
        response = JsonResponse(content, json_dumps_params={"indent": 1})
        response["Content-Disposition"] = f'attachment; filename="erasure-{found.short_id}.json"'
        return response
    context = {
        "erasure": found, "said": found.certificate, "is_genuine": certificates.is_genuine(found),
        "crumbs": [("Erasures", reverse("governance:erasures")), (str(found), reverse("governance:erasure", args=[pk]))],
    }  # fmt: skip
    return render_page(request, "governance/erasure_certificate.html", "governance/erasure_certificate.html", context)


# ---- who must be told --------------------------------------------------------------------------------------------------------


def get_notice(request: HttpRequest, pk: int) -> ErasureNotice:
    """The notice, or 404: for whoever stewards its source, and for those who ask for erasures."""
    rows = ErasureNotice.objects.select_related("source", "erasure", "told_by")
    if not request.user.has_perm(permissions.REQUEST_ERASURE):
        rows = rows.filter(source__in=Source.objects.stewarded_by(request.user))
    return get_object_or_404(rows, pk=pk)


@login_required
@permission_required(permissions.ANSWER_NOTICES, raise_exception=True)
@require_GET
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """What a source must erase: its own ids, until it has confirmed."""
    found = get_notice(request, pk)
    audit.read("erasure.ids_read", subjects=found.erasure.profiles, obj=found)
    context = {"notice": found, "ids": notices.external_ids(found)}
    return render_page(request, "governance/erasure_notice.html", "governance/erasure_notice.html", context)


@login_required
@permission_required(permissions.ANSWER_NOTICES, raise_exception=True)
@require_POST
def answer_notice(request: HttpRequest, pk: int) -> HttpResponse:
    """They were told, or they have done it, too."""
    found = get_notice(request, pk)
    act = notices.confirm if request.POST.get("answer") == "confirmed" else notices.tell
    try:
        act(notice=found, by=request.user)
        messages.success(request, "Noted.")
    except notices.NoticeNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:erasure-notice", pk=pk)


# ---- the panel of the customer page --------------------------------------------------------------------------------------------


@login_required
@permission_required(permissions.VIEW_ERASURES, raise_exception=True)
@require_GET
def panel(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Holds on a customer, and the way to its erasure."""
    profile = get_profile(request, pk)
    context = {
        "profile": profile,
        "holds": LegalHold.objects.filter(profile=profile, released_at__isnull=True).select_related("placed_by"),
        "erasures": Erasure.objects.filter(profile=profile),
        "reasons": LegalHold.Reason.choices,
    }
    return render_page(request, "governance/keeping.html", "governance/_keeping.html", context)

"""The seals of the audit, for those who may read it."""

from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from governance.models import AuditSeal, CheckpointDelivery
from governance.sealing import count_waiting
from profiles import permissions
from profiles.rendering import render_page

PAGE = 50


@login_required
@permission_required(permissions.READ_AUDIT, raise_exception=True)
@require_GET
def seals(request: HttpRequest) -> HttpResponse:
    """Seals, newest first, what still waits for one, and whether checkpoints are delivered. 3 queries."""
    before = request.GET.get("before", "")
    rows = AuditSeal.objects.defer("leaves")
    page = list((rows.filter(number__lt=int(before)) if before.isdecimal() else rows).order_by("-number")[: PAGE + 1])
    newest = page[0] if page and not before else AuditSeal.objects.defer("leaves").order_by("-number").first()
    context = {
        "seals": [(seal, len(seal.event_ids), bytes(seal.digest).hex()[:16]) for seal in page[:PAGE]],
        "newest": newest, "waiting": count_waiting(newest), "has_key": bool(settings.AUDIT_SIGNING_KEY),
        "delivery": CheckpointDelivery.objects.first() if settings.AUDIT_CHECKPOINT_COMMAND else None,
        "checkpoint_file": settings.AUDIT_CHECKPOINTS,
        "next": page[PAGE - 1].number if len(page) > PAGE else None,
    }  # fmt: skip
    return render_page(request, "governance/seals.html", "governance/seals.html", context)

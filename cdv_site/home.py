"""The home page: what waits for me, and what waits before each step of the flow."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from matching import permissions as matching_permissions
from matching.models import Proposal
from profiles import permissions
from profiles.models import Batch, Job, Profile, QuarantinedRow, Source, SourceRecord
from profiles.rendering import render_page


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """Counts the reader may see. About 10 queries."""
    sources = Source.objects.visible_to(request.user)
    context = {"flow": _flow(sources), "sources": list(sources.annotate(n=Count("records")))}
    if request.user.has_perm(matching_permissions.VIEW_QUEUE):
        queue = Proposal.objects.awaiting_review().visible_to(request.user)
        context |= {
            "queue": list(queue.select_related("left_record__source", "right_record__source")[:6]),
            "queue_size": queue.count(),
        }
    if request.user.has_perm(permissions.VIEW_CUSTOMERS):
        customers = Profile.objects.visible_to(request.user).active().filter(record_count__gt=0)
        context["customers"] = customers.count()
    if request.user.has_perm(permissions.VIEW_JOBS):
        context["jobs"] = list(Job.objects.filter(state__in=["queued", "running"])[:5])
    return render_page(request, "cdv_site/home.html", "cdv_site/home.html", context)


def _flow(sources: object) -> list[tuple[str, int]]:
    """What waits before each step, in order."""
    records = SourceRecord.objects.filter(source__in=sources)
    return [
        ("Imports under way", Batch.objects.filter(source__in=sources, state__in=["waiting", "running"]).count()),
        ("Rows set aside", QuarantinedRow.objects.filter(batch__source__in=sources, state="open").count()),
        ("Records to resolve", records.filter(state="received").count()),
        ("Records resolved", records.filter(state="resolved").count()),
    ]

"""The home page: what waits for me, and what waits before each step of the flow."""

from django.contrib.auth.decorators import login_required
from django.db.models import Count, Min, OuterRef, Subquery
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from matching import permissions as matching_permissions
from matching import queue
from profiles import permissions
from profiles.customers import show
from profiles.models import Flag, Job, Profile, Source, User
from profiles.rendering import render_page

from .pipeline import STEPS, Step

SHOWN = 6


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What the reader may see, and no more. About 20 queries."""
    user = request.user
    sources = Source.objects.visible_to(user)
    flagged = Flag.objects.filter(record__source=OuterRef("pk")).order_by().values("record__source")
    counted = sources.annotate(n=Count("records"), flags=Subquery(flagged.annotate(n=Count("id")).values("n")))
    context = {"flow": _flow(user), "sources": list(counted)}
    if user.has_perm(matching_permissions.VIEW_QUEUE):
        context |= _queue(user)
    if user.has_perm(permissions.VIEW_CUSTOMERS):
        customers = Profile.objects.visible_to(user).active().filter(record_count__gt=0)
        context["customers"] = customers.count()
    if user.has_perm(permissions.VIEW_JOBS):
        context["jobs"] = list(Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])[:SHOWN])
    return render_page(request, "cdv_site/home.html", "cdv_site/home.html", context)


def _queue(user: User) -> dict:
    """The next proposals with names, how many wait and since when, and why."""
    rows = queue.waiting(user)
    page, _ = queue.page(rows, "")
    page = page[:SHOWN]
    people = show({pid for p in page for pid in (p.left_id, p.right_id) if pid}, user)
    where = reverse("matching:queue")
    return {
        "queue": [(p, people[p.left_id].name, people[p.right_id].name if p.right_id else "") for p in page],
        "queue_size": rows.count(),
        "oldest": rows.aggregate(at=Min("created_at"))["at"],
        "reasons": [(o.label, o.count, f"{where}?reason={o.value}") for o in queue.reasons(rows)[:SHOWN]],
    }


def _flow(user: User) -> list[tuple[Step, int, str]]:
    """What waits before each step, in order of the flow, with the page where it is seen (if the reader may open it)."""
    return [
        (step, step.count(user), reverse(step.url_name) if step.url_name and user.has_perm(step.permission) else "")
        for step in STEPS
        if step.count
    ]

"""The access review on screen: what waits for whoever manages the sources, and how far it is."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from governance import access_review as actions
from governance.models import AccessReview, ReviewedGrant
from profiles import permissions
from profiles.grants import name_of
from profiles.models import Source
from profiles.rendering import render_page

PAST = 12


def check_may_review(request: HttpRequest) -> None:
    """Raise unless the reader manages a source, or administers grants."""
    if request.user.has_perms(permissions.GRANT_SOURCES) or Source.objects.managed_by(request.user).exists():
        return
    raise PermissionDenied("Grants are reviewed by the managers of sources and by administrators.")


@login_required
@require_GET
def access_review(request: HttpRequest) -> HttpResponse:
    """The open review with what the reader may decide, and the last ones. About 8 queries."""
    check_may_review(request)
    return _page(request, actions.current())


@login_required
@require_GET
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """One review, as far as the reader may see it."""
    check_may_review(request)
    return _page(request, get_object_or_404(AccessReview, pk=pk))


def _page(request: HttpRequest, shown: AccessReview | None) -> HttpResponse:
    rows = list(actions.to_decide(shown, request.user)) if shown else []
    past = AccessReview.objects.filter(closed_at__isnull=False).annotate(
        confirmed=Count("grants", filter=Q(grants__outcome="confirmed")),
        lapsed=Count("grants", filter=Q(grants__outcome="lapsed")),
        withdrawn=Count("grants", filter=Q(grants__outcome="withdrawn")),
    )
    context = {
        "review": shown, "title": str(shown or "Access review"), "sources": _by_source(request, rows), "past": past[:PAST],
        "done": sum(row.outcome != ReviewedGrant.Outcome.OPEN for row in rows), "total": len(rows),
        "may_start": request.user.has_perms(permissions.GRANT_SOURCES) and not actions.current(),
        "crumbs": [("Access review", reverse("governance:access-review"))] if shown and shown.closed_at else [],
    }  # fmt: skip
    return render_page(request, "governance/access_review.html", "governance/access_review.html", context)


def _by_source(request: HttpRequest, rows: list[ReviewedGrant]) -> list[tuple[Source, list, bool]]:
    """(source, its grants with names and why one may not be decided by the reader, whether any may)."""
    found: dict[Source, list] = {}
    for row in rows:
        refused = "" if row.outcome != ReviewedGrant.Outcome.OPEN else actions.why_not_decide(row, request.user)
        found.setdefault(row.source, []).append((row, name_of(row.grantee), refused))
    return [
        (source, mine, any(row.outcome == ReviewedGrant.Outcome.OPEN and not refused for row, _, refused in mine))
        for source, mine in found.items()
    ]


@login_required
@permission_required(permissions.GRANT_SOURCES, raise_exception=True)
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin a review of all grants now, before the calendar does."""
    try:
        begun = actions.start(by=request.user, now=timezone.now())
        messages.success(request, "The review has begun." if begun else "There is no grant to review.")
    except actions.ReviewNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:access-review")


@login_required
@require_POST
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm the chosen grants for another quarter, or take them back."""
    check_may_review(request)
    found = get_object_or_404(AccessReview, pk=pk, closed_at__isnull=True)
    chosen = [int(row) for row in request.POST.getlist("grant") if row.isdigit()]
    is_withdrawal = request.POST.get("verdict") == "withdraw"
    try:
        act = actions.withdraw if is_withdrawal else actions.confirm
        done = act(review=found, row_ids=chosen, by=request.user)
        word = "taken back" if is_withdrawal else "confirmed"
        (messages.success if done else messages.warning)(request, f"{done} {word}." if done else "Choose some first.")
    except actions.ReviewNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:access-review")

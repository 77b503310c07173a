"""What matching has to tell on a customer's timeline: decisions, and cannot-links revoked."""

from django.db.models import Q
from django.urls import reverse

from profiles.timeline import TIMELINE, Event, Scope

from .models import CannotLink, Decision, Proposal
from .permissions import VIEW_QUEUE


def decisions(scope: Scope, limit: int) -> list[Event]:
    """Verdicts on the customer's pairs of which the reader may see both ends. 3 queries."""
    mine = Q(left=scope.profile) | Q(right=scope.profile)
    right = Q(right__isnull=True) | Q(right__source_ids__overlap=list(scope.granted))
    visible = Decision.objects.filter(mine, right, left__source_ids__overlap=list(scope.granted))
    rows = list(visible.filter(created_at__lte=scope.until).select_related("actor").order_by("-created_at")[:limit])
    proposals = Proposal.objects.visible_to(scope.reader).filter(id__in={d.proposal_id for d in rows if d.proposal_id})
    readable = set(proposals.values_list("id", flat=True))
    return [
        Event(
            d.created_at, f"d{d.id}", "scale",
            "Decision voided" if d.voids_id else f"Decided: {d.get_verdict_display().lower()}", "",
            reverse("matching:proposal", args=[d.proposal_id]) if d.proposal_id in readable else "",
            d.actor.display_name if d.actor else "system", d.reason, VIEW_QUEUE,
        )
        for d in rows
    ]  # fmt: skip


def revocations(scope: Scope, limit: int) -> list[Event]:
    """Cannot-links of the customer's records that were taken back. 1 query."""
    rows = CannotLink.objects.filter(ends__record__in=scope.record_ids, revoked_at__lte=scope.until).distinct()
    return [
        Event(
            link.revoked_at, f"v{link.id}", "arrow-back-up", "Revoked: must not be one", "", "",
            link.revoked_by.display_name if link.revoked_by else "system", link.revoked_reason,
        )
        for link in rows.select_related("revoked_by").order_by("-revoked_at")[:limit]
    ]  # fmt: skip


TIMELINE.register("decisions", decisions)
TIMELINE.register("revocations", revocations)

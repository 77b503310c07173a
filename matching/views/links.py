"""What is between a customer and others: open proposals, household, cannot-links and their revocation; and what holds its
own records together."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from matching import constraints, permissions, proposing, together
from matching.models import CannotLink, Proposal, Relation
from profiles import audit
from profiles.customers import get_profile, granted_sources, show
from profiles.masking import cover, mask_of
from profiles.models import Profile, Source, SourceRecord
from profiles.rendering import render_page


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def links(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The panel of a customer: open proposals, cannot-links and household."""
    profile = get_profile(request, pk)
    mine = Q(left=profile) | Q(right=profile)
    proposals = list(Proposal.objects.awaiting_review().visible_to(request.user).filter(mine))
    records = list(profile.memberships.values_list("record_id", flat=True))
    related = Relation.objects.filter(Q(left_record__in=records) | Q(right_record__in=records))
    near = {pk for pair in related.values_list("left_record_id", "right_record_id") for pk in pair} - set(records)
    household = Profile.objects.visible_to(request.user).filter(memberships__record_id__in=near).distinct()
    household = list(household.exclude(pk=profile.pk)[:20])
    others = [p.right_id if p.left_id == profile.id else p.left_id for p in proposals if p.right_id]
    forbidden = list(
        CannotLink.objects.filter(ends__record__in=records, revoked_at__isnull=True)
        .select_related("created_by").prefetch_related("ends__record__membership").distinct()
    )  # fmt: skip
    apart = {link.id: _others(link, profile) for link in forbidden}
    readable = Profile.objects.visible_to(request.user).filter(id__in={pid for ids in apart.values() for pid in ids})
    people = show({*others, *(h.id for h in household), *(p.id for p in readable)}, request.user)
    mask = mask_of(request.user)
    audit.read("customer.read", subjects={profile.id, *people}, obj=profile)
    context = {
        "profile": profile,
        "proposals": [(p, people.get(p.right_id if p.left_id == profile.id else p.left_id)) for p in proposals],
        "household": [people[h.id] for h in household],
        "cannot_links": [
            (link, [people[pid] for pid in apart[link.id]], mask.note(link.reason))
            for link in forbidden
            if apart[link.id] and all(pid in people for pid in apart[link.id])
        ],
        "can_revoke": request.user.has_perm(permissions.REVOKE_CANNOT_LINK)
        and Profile.objects.stewarded_by(request.user).filter(pk=profile.pk).exists(),
    }
    return render_page(request, "matching/links.html", "matching/_links.html", context)


def _others(link: CannotLink, profile: Profile) -> list[UUID]:
    """The customers that hold the records a cannot-link names, but for this one."""
    homes = {end.record.membership.profile_id for end in link.ends.all() if hasattr(end.record, "membership")}
    return sorted(homes - {profile.id})


@login_required
@permission_required(permissions.VIEW_QUEUE, raise_exception=True)
@require_GET
def how(request: HttpRequest, pk: UUID) -> HttpResponse:
    """By which pairs of the records that the reader may see a customer is one, beneath its panel. About 15 queries."""
    profile = get_profile(request, pk)
    rows = SourceRecord.objects.filter(
        membership__profile=profile, source_id__in=granted_sources(request.user), state__in=SourceRecord.LIVE
    )
    listed = list(rows.select_related("source", "membership").defer("payload").order_by("-id")[: together.SHOWN + 1])
    shown = {record.id: record for record in cover(listed[: together.SHOWN], mask_of(request.user))}
    found = together.told(shown)
    audit.read("customer.read", subjects=[profile.id], obj=profile)
    context = {
        "profile": profile,
        "steps": [(step, shown[step.left], shown[step.right]) for step in found.steps],
        "against": [(one, shown[one.left], shown[one.right]) for one in found.against],
        "is_loose": found.is_loose,
        "newest": together.SHOWN if len(listed) > together.SHOWN else 0,
    }
    return render_page(request, "matching/how.html", "matching/_how.html", context)


@login_required
@permission_required(permissions.REVOKE_CANNOT_LINK, raise_exception=True)
@require_POST
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """Revoke a cannot-link: the two may be merged again."""
    link = get_object_or_404(CannotLink, pk=pk)
    sources = set(link.ends.values_list("record__source_id", flat=True))
    if sources - set(Source.objects.stewarded_by(request.user).values_list("id", flat=True)):
        raise Http404
    try:
        proposing.revoke(cannot_link=link, by=request.user, reason=request.POST.get("reason", "")[:500])
        messages.success(request, "Revoked. The two may be merged again.")
    except constraints.RevokeNotAllowed as refused:
        messages.error(request, str(refused))
    back = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        return redirect(back)
    end = link.ends.select_related("record__membership").first()
    return redirect("profiles:customer", pk=end.record.membership.profile_id)

"""Revealing the masked values of one customer: for a purpose and a case, for some minutes."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.views.decorators.http import require_POST

from profiles import permissions, reveals
from profiles.customers import get_profile
from profiles.forms import RevealForm
from profiles.masking import mask_of
from profiles.models import Profile, Reveal, User
from profiles.rendering import render_page


@login_required
@permission_required(permissions.REVEAL, raise_exception=True)
@require_POST
def reveal(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Reveal a customer to the reader."""
    profile = get_profile(request, pk)
    if profile.state != Profile.State.ACTIVE:
        raise Http404
    form = RevealForm(request.POST)
    if not form.is_valid():
        context = {"profile": profile, **reveal_context(request.user, profile), "reveal_form": form}
        return render_page(request, "profiles/reveal.html", "profiles/_reveal.html", context, 422)
    try:
        made = reveals.reveal(profile=profile, by=request.user, **form.cleaned_data)
        until = date_format(timezone.localtime(made.until), "H:i")
        messages.success(request, f"Shown to you until {until}. It is in the audit, with its purpose.")
    except reveals.RevealNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("profiles:customer", pk=pk)


def reveal_context(user: User, profile: Profile) -> dict[str, object]:
    """What a customer's page says of its masked values. 2 queries for those who may reveal, none for others."""
    if not mask_of(user).has_masked:
        return {}
    if not user.has_perm(permissions.REVEAL):
        return {"is_masked": True}
    now = timezone.now()
    return {
        "is_masked": True,
        "revealed": Reveal.objects.filter(user=user, profile=profile, until__gt=now).first(),
        "reveals_left": reveals.left_today(user, now),
        "reveal_form": RevealForm(),
    }

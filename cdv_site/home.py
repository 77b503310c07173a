"""The home page: what the reader's roles are for, what waits before each step of the flow, and the cards of their work."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from governance.roles import roles_of
from profiles import permissions
from profiles.models import Profile, User
from profiles.rendering import render_page

from .home_cards import CARDS
from .pipeline import STEPS, Step


@login_required
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What the reader may see, and no more. About 20 queries."""
    user = request.user
    cards = [(card, card.content(user)) for card in CARDS if card.is_for(user)]
    context = {
        "roles": roles_of(user),
        "flow": _flow(user),
        "wide": [(card, content) for card, content in cards if card.is_wide],
        "narrow": [(card, content) for card, content in cards if not card.is_wide],
    }
    if user.has_perm(permissions.VIEW_CUSTOMERS):
        context["customers"] = Profile.objects.visible_to(user).active().filter(record_count__gt=0).count()
    return render_page(request, "cdv_site/home.html", "cdv_site/home.html", context)


def _flow(user: User) -> list[tuple[Step, int, str]]:
    """What waits before each step that the reader may look at, in order of the flow, with the page where it is seen."""
    return [
        (step, step.count(user), reverse(step.url_name))
        for step in STEPS
        if step.count and user.has_perm(step.permission)
    ]

"""How customers can be reached, in counts."""

from django.contrib.auth.decorators import login_required, permission_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from profiles import permissions
from profiles import reach as counting
from profiles.rendering import render_page


@login_required
@permission_required(permissions.VIEW_COUNTS, raise_exception=True)
@require_GET
def reach(request: HttpRequest) -> HttpResponse:
    """Customers in all, by way to reach them and by source. 4 queries, 5 more to count anew."""
    context = {"reach": counting.reach(request.user)}
    return render_page(request, "profiles/reach.html", "profiles/_reach.html", context)

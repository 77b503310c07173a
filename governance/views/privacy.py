"""The public door: anybody asks for their rights, proves by a code who they are, and sees how far it is.

Known and unknown people get the same pages; what tells them apart is done by a job after the answer.
"""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_required, permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from governance import intake, messages, permissions, verification
from governance.doors import come
from governance.intake import TooMany
from governance.models import OutgoingMessage, PrivacyRequest
from governance.models.request import State
from governance.request_forms import CodeForm, PublicRequestForm
from governance.requests import RequestNotAllowed
from profiles.context import current_actor

GUESSES = 60  # codes an hour from one address of the net


@never_cache
@require_http_methods(["GET", "POST"])
def privacy(request: HttpRequest) -> HttpResponse:
    """The public form."""
    form, status = PublicRequestForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                token = intake.file_publicly(asked=form.asked(), address=_address(request))
                return redirect("governance:privacy-status", token=token)
            except TooMany as refused:
                form.add_error(None, str(refused))
                status = 429
    return render(
        request, "governance/privacy.html", {"form": form, "organisation": settings.ORGANISATION}, status=status
    )


def _address(request: HttpRequest) -> str:
    return str(get_adapter(request).get_client_ip(request) or current_actor().request_id)


@never_cache
@require_http_methods(["GET", "POST"])
def privacy_status(request: HttpRequest, token: str) -> HttpResponse:
    """The page of one public request: enter the code, then see how far it is."""
    found = intake.by_token(token)
    if found is None:
        raise Http404
    form, status = CodeForm(request.POST or None), 200
    waits = not found.verified and found.state in (State.RECEIVED, State.VERIFYING)
    if request.method == "POST" and waits:
        status = 422
        if form.is_valid() and _prove(request, found, form):
            return redirect("governance:privacy-status", token=token)
    context = {"item": found, "form": form, "waits": waits, "organisation": settings.ORGANISATION}
    return render(request, "governance/privacy_status.html", context, status=status)


def _prove(request: HttpRequest, found: PrivacyRequest, form: CodeForm) -> bool:
    if not come(door="code", who=_address(request), most=GUESSES, seconds=intake.HOUR):
        form.add_error(None, "Too many codes were tried from where you are. Please try again in an hour.")
        return False
    profile = verification.prove(request=found, code=form.cleaned_data["code"])
    if profile is None:
        form.add_error(None, "The code is wrong or no longer valid. It can be tried five times within ten minutes.")
        return False
    try:
        intake.let_in(request=found, profile=profile, how=PrivacyRequest.Verified.CODE, by=None)
    except RequestNotAllowed as refused:
        form.add_error(None, str(refused))
    return not form.errors


@login_required
@permission_required(permissions.HANDLE_REQUESTS, raise_exception=True)
@require_GET
def outbox(request: HttpRequest) -> HttpResponse:
    """In the demo only: what was sent, to be read here, since no letter leaves the house. 1 query."""
    if not settings.DEMO_HINTS:
        raise Http404
    rows = [messages.unsealed(row) for row in OutgoingMessage.objects.order_by("-created_at")[:50]]
    return render(request, "governance/outbox.html", {"rows": rows})

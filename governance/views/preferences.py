"""The public pages of consent: a person's own choices by their link, and the confirmation of a double opt-in.

They work without scripts, tell of nobody else, and answer a dead link as one that never was.
"""

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from governance import preferences as own
from governance import receipts
from governance.consent import ConsentNotAllowed
from governance.doors import come
from governance.preferences import LinkDead
from profiles import audit
from profiles.context import current_actor
from profiles.locks import Busy

A_MINUTE = 60
MOST = 60  # calls a minute from one address of the net
SIGNAL = "1"  # Sec-GPC: this and nothing else


class TooOften(Exception):
    """Somebody knocks again and again."""


def _subject(request: HttpRequest, token: str) -> own.Subject:
    """Whose link it is, for who does not come too often. 4 queries."""
    address = str(get_adapter(request).get_client_ip(request) or current_actor().request_id)
    if not come(door="preferences", who=address, most=MOST, seconds=A_MINUTE):
        raise TooOften
    return own.find(token)


def _sorry(request: HttpRequest, why: Exception) -> HttpResponse:
    """A link that is dead, or a visitor who comes too often."""
    is_too_often = isinstance(why, TooOften)
    context = {"is_too_often": is_too_often, "organisation": settings.ORGANISATION}
    return render(request, "governance/preferences_gone.html", context, status=429 if is_too_often else 404)


@never_cache
@require_http_methods(["GET", "POST"])
def preferences(request: HttpRequest, token: str) -> HttpResponse:
    """What may be sent to one contact value; each can be switched, and everything ended at once."""
    try:
        subject = _subject(request, token)
    except (LinkDead, TooOften) as why:
        return _sorry(request, why)
    if request.method == "POST":
        return _change(request, subject, token)
    signalled = request.headers.get("Sec-GPC") == SIGNAL
    if signalled:
        own.note_signal(subject, request.get_host())
    with subject.acting():
        audit.record("preferences.opened", obj=subject.record, subjects=[subject.profile.id])
    context = {
        "subject": subject, "choices": own.choices(subject), "token": token, "signalled": signalled,
        "organisation": settings.ORGANISATION, "saved": "saved" in request.GET,
    }  # fmt: skip
    return render(request, "governance/preferences.html", context)


def _change(request: HttpRequest, subject: own.Subject, token: str) -> HttpResponse:
    """Switch one, or end everything."""
    named = (request.POST.get("purpose", ""), request.POST.get("channel", ""))
    chosen = [
        (one, request.POST.get("choice") == "yes")
        for one in own.choices(subject)
        if (one.purpose.key, one.channel) == named
    ]
    try:
        if request.POST.get("choice") == "stop":
            own.stop_all(subject)
        else:
            own.choose(subject, chosen, language=request.LANGUAGE_CODE if hasattr(request, "LANGUAGE_CODE") else "en")
    except (ConsentNotAllowed, Busy):
        return _sorry(request, TooOften())
    return redirect(f"{request.path}?saved")


@never_cache
@csrf_exempt
@require_POST
def one_click(request: HttpRequest, token: str) -> HttpResponse:
    """RFC 8058: a mail program withdraws on its own, without a page or a cookie. Everything, or the purpose named."""
    try:
        subject = _subject(request, token)
    except (LinkDead, TooOften) as why:
        return _sorry(request, why)
    key = request.GET.get("purpose", "")
    own.choose(subject, [(one, False) for one in own.choices(subject) if key in ("", one.purpose.key)])
    return HttpResponse("Done. You will get no more of this.", content_type="text/plain")


@never_cache
@require_GET
def own_receipts(request: HttpRequest, token: str) -> HttpResponse:
    """Receipts of what was said by the record and value of the link, to keep."""
    try:
        subject = _subject(request, token)
    except (LinkDead, TooOften) as why:
        return _sorry(request, why)
    with subject.acting():
        audit.record("preferences.receipts_taken", obj=subject.record, subjects=[subject.profile.id])
    told = receipts.receipts(list(own.own_events(subject)))
    headers = {"Content-Disposition": 'attachment; filename="receipts.json"'}
    return JsonResponse({"receipts": told}, headers=headers, json_dumps_params={"indent": 2})


@never_cache
@require_http_methods(["GET", "POST"])
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Double opt-in: a page that asks, since programs open links as well, and a button that confirms."""
    try:
        if not come(door="confirm", who=token[-40:], most=MOST, seconds=A_MINUTE):
            raise TooOften
        event = own.to_confirm(token)
        done = request.method == "POST" and own.confirm(event)
    except (LinkDead, TooOften, ConsentNotAllowed, Busy) as why:
        return _sorry(request, why)
    context = {"event": event, "done": bool(done), "organisation": settings.ORGANISATION}
    return render(request, "governance/confirm_consent.html", context)

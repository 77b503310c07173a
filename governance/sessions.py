"""How long a session lasts: it ends when nobody worked in it for a while, and after half a day in any case.

A page that polls for progress keeps nobody signed in: such requests carry `X-Poll`.
"""

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse

STARTED, SEEN = "signed_in_at", "seen_at"
GRAIN = 60  # seconds: the last activity is written at most once a minute


def session_limits(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """End sessions that were idle too long or are too old. No query of its own; a write of the session a minute."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            now = int(time.time())
            if is_over(request, now):
                logout(request)
                messages.info(request, "You were signed out, since your session had ended.")
                return redirect_to_login(request.get_full_path() if request.method == "GET" else "/")
            note_activity(request, now)
        return get_response(request)

    return middleware


def is_over(request: HttpRequest, now: int) -> bool:
    """Whether the session was idle for too long or lasts for too long."""
    session = request.session
    idle = now - session.get(SEEN, now)
    return idle > settings.SESSION_IDLE_SECONDS or now - session.get(STARTED, now) > settings.SESSION_COOKIE_AGE


def begin(session: SessionBase) -> None:
    """Start the clock of a session at its sign-in."""
    session[STARTED] = session[SEEN] = int(time.time())


def note_activity(request: HttpRequest, now: int) -> None:
    """Remember that somebody is at work here, unless a page asked by itself."""
    session = request.session
    if STARTED not in session:
        begin(session)
    elif "X-Poll" not in request.headers and now - session[SEEN] >= GRAIN:
        session[SEEN] = now

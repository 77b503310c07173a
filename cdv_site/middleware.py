"""Middleware of the site."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest

Respond = Callable[[HttpRequest], HttpResponse]


def no_store(get_response: Respond) -> Respond:
    """Pages of a signed-in user show personal data: no cache may keep them."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response

    return middleware


def no_nul(get_response: Respond) -> Respond:
    """No text of ours holds the character NUL, and PostgreSQL stores none: whoever sends one is told so at once."""

    def middleware(request: HttpRequest) -> HttpResponse:
        given = [request.GET] + ([request.POST] if request.method == "POST" else [])
        if any("\0" in text for data in given for name, texts in data.lists() for text in (name, *texts)):
            return HttpResponseBadRequest("A text holds the character NUL.", content_type="text/plain")
        return get_response(request)

    return middleware

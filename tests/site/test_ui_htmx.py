"""A swap gets the partial, everything else the page; an ended session leaves the page as a whole."""

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.test import RequestFactory, override_settings
from django_htmx.middleware import HtmxDetails

from cdv_site.htmx import expired_session
from profiles.rendering import render_page

HTMX = {"HTTP_HX_REQUEST": "true"}


def asked(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/queue/", **headers)
    request.htmx = HtmxDetails(request)
    return request


@pytest.mark.parametrize(
    ("headers", "template"),
    [
        ({}, "page.html"),
        (HTMX, "_part.html"),
        (HTMX | {"HTTP_HX_BOOSTED": "true"}, "page.html"),
        (HTMX | {"HTTP_HX_HISTORY_RESTORE_REQUEST": "true"}, "page.html"),
    ],
)
def test_only_a_swap_gets_the_partial(monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], template: str) -> None:
    monkeypatch.setattr(
        "profiles.rendering.render", lambda request, name, ctx, status: HttpResponse(name, status=status)
    )
    answer = render_page(asked(**headers), "page.html", "_part.html", {}, status=422)
    assert answer.content.decode() == template
    assert answer.status_code == 422
    assert answer["Vary"] == "HX-Request"


def through(answer: HttpResponse, **headers: str) -> HttpResponse:
    return expired_session(lambda request: answer)(asked(**headers))


@override_settings(LOGIN_URL="/accounts/login/")
def test_an_ended_session_sends_the_window_to_the_sign_in_and_back() -> None:
    answer = through(
        HttpResponseRedirect("/accounts/login/?next=/part/"),
        **HTMX,
        HTTP_HX_CURRENT_URL="http://testserver/queue/?reason=rival",
    )
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == "/accounts/login/?next=%2Fqueue%2F%3Freason%3Drival"


@override_settings(LOGIN_URL="/accounts/login/")
@pytest.mark.parametrize(
    ("answer", "headers"),
    [
        (HttpResponseRedirect("/accounts/login/"), {}),
        (HttpResponseRedirect("/queue/"), HTMX),
        (HttpResponse("fine"), HTMX),
    ],
)
def test_other_answers_pass_unchanged(answer: HttpResponse, headers: dict[str, str]) -> None:
    assert through(answer, **headers) is answer

"""One page template, or only its partial when htmx asks for it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def render_page(request: HttpRequest, template: str, partial: str, ctx: dict, status: int = 200) -> HttpResponse:
    """The partial for an htmx swap, the whole page for a visit, a boosted link or restored history."""
    swap = request.htmx and not request.htmx.boosted and not request.htmx.history_restore_request
    response = render(request, partial if swap else template, ctx, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response

"""The API under /api/v1/: the routes of every app, their description for people and for programs, and faults in JSON."""

from functools import lru_cache
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views import defaults
from django.views.decorators.http import require_GET
from drf_spectacular.generators import SchemaGenerator

from governance.api import DiscoveryView, RequestsView, RequestView
from governance.consent_api import ConsentView
from profiles.api import CustomerView
from profiles.api_base import PROBLEM, describe
from profiles.rendering import render_page
from profiles.scopes import SCOPES

PLACE = "/api/"
app_name = "api"


@lru_cache(maxsize=1)
def description() -> dict[str, Any]:
    """The OpenAPI description of all routes; made once a process."""
    return SchemaGenerator().get_schema(request=None, public=True)


@login_required
@require_GET
def schema(request: HttpRequest) -> JsonResponse:
    """The description for programs."""
    return JsonResponse(description(), json_dumps_params={"indent": 2})


@login_required
@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The description for people."""
    routes = [
        {"method": method.upper(), "path": where, **told, "fields": _fields(told)}
        for where, methods in description()["paths"].items()
        for method, told in methods.items()
    ]
    context = {"routes": routes, "scopes": SCOPES.values()}
    return render_page(request, "cdv_site/api.html", "cdv_site/api.html", context)


def _fields(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    """What a good answer holds: (name, type, what it is), members of members by their path."""
    content = next(
        (answer.get("content", {}) for code, answer in told["responses"].items() if code.startswith("2")), {}
    )
    return _members(content.get("application/json", {}).get("schema", {}))


def _members(kind: dict[str, Any], path: str = "") -> list[tuple[str, str, str]]:
    if "$ref" in kind:
        kind = description()["components"]["schemas"][kind["$ref"].rpartition("/")[2]]
    if kind.get("type") == "array":
        return _members(kind["items"], f"{path}[]")
    found = []
    for name, member in kind.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        found += [(here, member.get("format", member.get("type", "")), member.get("description", ""))]
        found += _members(member, here)
    return found


# ---- addresses that are not there, and faults of ours ------------------------------------------------------------------


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _problem(request, 404) if request.path.startswith(PLACE) else defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    return _problem(request, 500) if request.path.startswith(PLACE) else defaults.server_error(request)


def _problem(request: HttpRequest, status: int) -> JsonResponse:
    return JsonResponse(describe(request, status), status=status, content_type=PROBLEM)


urlpatterns = [
    path("", docs, name="docs"),
    path("openapi.json", schema, name="schema"),
    path("customers/<uuid:id>", CustomerView.as_view(), name="customer"),
    path("opendsr/discovery", DiscoveryView.as_view(), name="opendsr-discovery"),
    path("opendsr/requests", RequestsView.as_view(), name="opendsr-requests"),
    path("opendsr/requests/<uuid:id>", RequestView.as_view(), name="opendsr-request"),
    path("customers/<uuid:id>/consent", ConsentView.as_view(), name="consent"),
]

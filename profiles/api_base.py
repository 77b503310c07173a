"""What every route of the API shares: what it takes, and how it is told that something went wrong."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView, exception_handler

from .api_access import HasScope, PerMinute, TokenAuthentication
from .scopes import Scope

PROBLEM = "application/problem+json"


class ApiView(APIView):
    """A route of the API. `scopes`: method → the scope that it takes."""

    authentication_classes = (TokenAuthentication,)
    permission_classes = (HasScope,)
    throttle_classes = (PerMinute,)
    scopes: ClassVar[Mapping[str, Scope]] = {}


class Gone(APIException):
    """What was asked for is not there any more."""

    status_code = HTTPStatus.GONE
    default_code = "gone"


def problem(fault: Exception, context: Mapping[str, Any]) -> Response | None:
    """Anything that a route refuses, as RFC 9457 tells it."""
    answer = exception_handler(fault, dict(context))
    if answer is None:
        return None
    told = answer.data if isinstance(answer.data, dict) else {}
    content = describe(context["request"], answer.status_code, str(told.get("detail", "")))
    if isinstance(fault, ValidationError):
        content |= {"detail": "Some of what was sent cannot be taken.", "errors": list(_faults(answer.data))}
    answer.data, answer.content_type = content | getattr(fault, "more", {}), PROBLEM
    return answer


def describe(request: HttpRequest | Request, status: int, detail: str = "") -> dict[str, Any]:
    """The members of a problem: what it is, in words, and the request id by which the logs tell more."""
    named = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    return named | ({"detail": detail} if detail else {}) | {"request_id": getattr(request, "request_id", "")}


def _faults(data: Any, path: str = "#") -> list[dict[str, str]]:
    """Each fault with a pointer to the member it is about."""
    if isinstance(data, dict):
        return [one for name, inner in data.items() for one in _faults(inner, f"{path}/{name}")]
    if isinstance(data, list) and any(isinstance(inner, dict | list) for inner in data):
        return [one for n, inner in enumerate(data) for one in _faults(inner, f"{path}/{n}")]
    return [{"pointer": path, "detail": str(text)} for text in (data if isinstance(data, list) else [data])]

"""Who asks the API, what they may, and how often."""

from django.conf import settings
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from . import tokens
from .context import act_as
from .models import ServiceToken, User


class TokenAuthentication(BaseAuthentication):
    """`Authorization: Bearer cdv_…`: the account of the token acts from here on, in the audit too. 1 query."""

    def authenticate(self, request: Request) -> tuple[User, ServiceToken] | None:
        parts = get_authorization_header(request).decode("latin-1").split()
        if not parts or parts[0].lower() != "bearer":
            return None
        token = tokens.find(parts[1], timezone.now()) if len(parts) == 2 else None
        if token is None:
            raise AuthenticationFailed("The token is not known, or may not be used any more.")
        act_as(token.account)
        return token.account, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The token is for what the route says of the method, and the account's roles allow it. A method of which the route
    says nothing is refused."""

    message = "The token is not for this, or the roles of its account do not allow it."

    def has_permission(self, request: Request, view: object) -> bool:
        scope = view.scopes.get("GET" if request.method == "HEAD" else request.method)
        is_token = isinstance(request.auth, ServiceToken)
        return bool(
            scope and is_token and scope.name in request.auth.scopes and request.user.has_perm(scope.permission)
        )


class PerMinute(BaseThrottle):
    """So many requests a minute of one token, counted in PostgreSQL. 1 query."""

    def allow_request(self, request: Request, view: object) -> bool:
        return tokens.count_use(request.auth, timezone.now()) <= settings.API_REQUESTS_PER_MINUTE

    def wait(self) -> float:
        return 60 - timezone.now().second

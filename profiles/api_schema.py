"""How the API describes itself (OpenAPI): the sign-in by token, and the scope that each route takes."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from .scopes import SCOPES


class BearerToken(OpenApiAuthenticationExtension):
    """A service token in the Authorization header."""

    target_class = "profiles.api_access.TokenAuthentication"
    name = "serviceToken"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        about = "; ".join(f"{scope.name}: {scope.sentence}" for scope in SCOPES.values())
        return {"type": "http", "scheme": "bearer", "description": f"A service token. Scopes: {about}"}


class RouteSchema(AutoSchema):
    """What a route says of itself, with its scope."""

    def get_description(self) -> str:
        scope = self.view.scopes.get(self.method)
        return f"{super().get_description()}\n\nScope: {scope.name}" if scope else super().get_description()

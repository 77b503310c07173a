"""Typed readers of the environment that fail loudly."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit


class BadSetting(ValueError):
    """An environment variable that cannot be used as it stands."""


def flag(name: str, *, default: bool = False) -> bool:
    """A yes or no."""
    value = os.environ.get(name, "").lower()
    if value not in {"", "0", "1", "true", "false", "yes", "no"}:
        raise BadSetting(f"{name} must be yes or no, not {value!r}")
    return value in {"1", "true", "yes"} if value else default


def words(name: str, *, default: str = "") -> list[str]:
    """A list separated by commas."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def number(name: str, *, default: int) -> int:
    """A number from 1 up."""
    value = os.environ.get(name) or str(default)
    if not value.isdigit() or not int(value):
        raise BadSetting(f"{name} must be a number from 1 up, not {value!r}")
    return int(value)


def web_address(name: str) -> str:
    """An address of the web, or nothing."""
    value = os.environ.get(name, "")
    if value and not value.startswith(("https://", "http://")):
        raise BadSetting(f"{name} must begin with https:// (or http:// within one machine), not {value!r}")
    return value


def keys(name: str, made: Callable[[str], str] | None = None) -> tuple[str, str]:
    """Keys as given in the variable, or the path of their file (`…_FILE`); the embedded servers make a file of their own."""
    given, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if given and path:
        raise BadSetting(f"Set {name} or {name}_FILE, not both.")
    return given, path or (made(name.lower()) if made and not given else "")


def keys_text(name: str) -> str:
    """Keys as given in the variable or in its file; none when there is no such file."""
    given, path = keys(name)
    return given or (Path(path).read_text() if path and Path(path).is_file() else "")


def database(url: str) -> dict[str, Any]:
    """Django's settings of a `postgresql://user:password@host:port/name?option=…` address; `host` may be a socket
    directory in the query."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"} or not parts.path.strip("/"):
        raise BadSetting("DATABASE_URL must look like postgresql://user:password@host:5432/name")
    options: dict[str, Any] = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", unquote(parts.hostname or "")),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options | {"options": "-c lock_timeout=3s -c idle_in_transaction_session_timeout=15s"},
    }


def single_sign_on() -> dict[str, Any]:
    """The organisation's providers: OpenID Connect when `OIDC_ISSUER` names one, SAML when `SAML_ENTITY_ID` does."""
    return _oidc() | _saml()


def _oidc() -> dict[str, Any]:
    given = _all_of("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
    if not given:
        return {}
    app = {
        "provider_id": "organisation",
        "name": os.environ.get("OIDC_NAME", "your organisation"),
        "client_id": given["OIDC_CLIENT_ID"],
        "secret": given["OIDC_CLIENT_SECRET"],
        "settings": {"server_url": given["OIDC_ISSUER"]},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}


def _saml() -> dict[str, Any]:
    """Assertions must be signed; the e-mail that the provider names is taken for verified, as it is the organisation's own."""
    given = _all_of("SAML_ENTITY_ID", "SAML_SSO_URL", "SAML_CERTIFICATE_FILE")
    if not given:
        return {}
    if not flag("CDV_SAML"):
        raise BadSetting("With SAML_ENTITY_ID, CDV_SAML must be yes.")
    idp = {
        "entity_id": given["SAML_ENTITY_ID"],
        "sso_url": given["SAML_SSO_URL"],
        "x509cert": Path(given["SAML_CERTIFICATE_FILE"]).read_text(),
    }
    app = {
        "provider_id": given["SAML_ENTITY_ID"],
        "name": os.environ.get("SAML_NAME", "your organisation"),
        "client_id": "organisation",  # as in /accounts/saml/organisation/
        "settings": {
            "idp": idp,
            "verified_email": True,
            "attribute_mapping": {"email": [*words("SAML_EMAIL_ATTRIBUTE"), *EMAIL_ATTRIBUTES]},
            "advanced": {"want_assertion_signed": True},
        },
    }
    return {"saml": {"APPS": [app]}}


EMAIL_ATTRIBUTES = (
    "urn:oid:0.9.2342.19200300.100.1.3",
    "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress",
)


def _all_of(first: str, *others: str) -> dict[str, str]:
    """These variables when the first is set, all of which must be; else nothing."""
    if not os.environ.get(first):
        return {}
    missing = [name for name in others if not os.environ.get(name)]
    if missing:
        raise BadSetting(f"With {first}, {' and '.join(missing)} must be set too.")
    return {name: os.environ[name] for name in (first, *others)}


def sign_in_origins() -> list[str]:
    """Where the sign-in page may send a browser on to: browsers hold the redirect of a form against form-action, too."""
    given = [os.environ.get(name, "") for name in ("OIDC_ISSUER", "SAML_SSO_URL")]
    found = [urlsplit(url) for url in [*given, *words("SIGN_IN_ORIGINS")] if url]
    return sorted({f"{url.scheme}://{url.netloc}" for url in found})

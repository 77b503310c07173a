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
    """The organisation's OpenID Connect provider, when `OIDC_ISSUER` names one."""
    issuer = os.environ.get("OIDC_ISSUER", "")
    if not issuer:
        return {}
    missing = [name for name in ("OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET") if not os.environ.get(name)]
    if missing:
        raise BadSetting(f"With OIDC_ISSUER, {' and '.join(missing)} must be set too.")
    app = {
        "provider_id": "organisation",
        "name": os.environ.get("OIDC_NAME", "your organisation"),
        "client_id": os.environ["OIDC_CLIENT_ID"],
        "secret": os.environ["OIDC_CLIENT_SECRET"],
        "settings": {"server_url": issuer},
    }
    return {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}

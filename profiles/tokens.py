"""Service tokens: issued for an account of a service, shown once, checked at each request, revoked."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from . import audit
from .context import acting, actor_of, current_actor
from .models import AuditEvent, ServiceToken, User
from .scopes import SCOPES

PREFIX = "cdv"
LONGEST = 366  # days
MINUTE = timedelta(minutes=1)
# one statement, so that requests at the same moment are all counted
COUNT_USE = """
UPDATE profiles_servicetoken
SET used_at = %(now)s, minute = %(minute)s, uses = CASE WHEN minute = %(minute)s THEN uses + 1 ELSE 1 END
WHERE id = %(token)s RETURNING uses
"""


class TokenNotAllowed(Exception):
    """No such token is issued or revoked; the message says why."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made, with the text that is shown this once and kept nowhere."""

    token: ServiceToken
    text: str


@transaction.atomic
def issue(*, account: User, name: str, scopes: Collection[str], days: int, by: User, now: datetime) -> Issued:
    """A new token of a service account, good for `days`."""
    if not account.is_service or not account.is_active:
        raise TokenNotAllowed("Tokens are for accounts of services that are on.")
    if not scopes or set(scopes) - set(SCOPES):
        raise TokenNotAllowed("Choose what the token is for.")
    if not 1 <= days <= LONGEST:
        raise TokenNotAllowed(f"A token is good for 1 to {LONGEST} days.")
    key, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    made = ServiceToken.objects.create(
        account=account, name=name, key=key, digest=_digest(secret), scopes=sorted(scopes),
        created_at=now, created_by=by, expires_at=now + timedelta(days=days),
    )  # fmt: skip
    detail = {"user": account.username, "key": key, "scopes": " ".join(made.scopes), "days": days}
    audit.record("token.issued", obj=made, detail=detail)
    return Issued(made, f"{PREFIX}_{key}_{secret}")


@transaction.atomic
def revoke(*, token: ServiceToken, by: User, now: datetime) -> ServiceToken:
    """End a token at once, for good."""
    token = ServiceToken.objects.select_for_update(of=["self"]).select_related("account").get(pk=token.pk)
    if token.revoked_at:
        raise TokenNotAllowed("The token is revoked already.")
    token.revoked_at, token.revoked_by = now, by
    token.save(update_fields=["revoked_at", "revoked_by"])
    audit.record("token.revoked", obj=token, detail={"user": token.account.username, "key": token.key})
    return token


def find(text: str, now: datetime) -> ServiceToken | None:
    """The token that a text is, if it may be used; a refusal of a key that exists is audited, once a minute. 1 query."""
    parts = text.split("_", 2)
    if len(parts) != 3 or parts[0] != PREFIX or not parts[1].isalnum():
        return None
    token = ServiceToken.objects.select_related("account").filter(key=parts[1]).first()
    if token is None:
        return None
    why = _refusal(token, parts[2], now)
    if why:
        _refuse(token, why, now)
    return None if why else token


def _refusal(token: ServiceToken, secret: str, now: datetime) -> str:
    """Why the token is not taken; nothing when it is. Who does not know the secret learns nothing from the others."""
    if not hmac.compare_digest(token.digest, _digest(secret)):
        return "wrong secret"
    if token.revoked_at:
        return "revoked"
    if token.expires_at <= now:
        return "expired"
    return "" if token.account.is_active else "account switched off"


@transaction.atomic
def _refuse(token: ServiceToken, why: str, now: datetime) -> None:
    lately = Q(refused_at=None) | Q(refused_at__lte=now - MINUTE)
    if ServiceToken.objects.filter(lately, pk=token.pk).update(refused_at=now):
        with acting(actor_of(token.account, request_id=current_actor().request_id)):
            detail = {"user": token.account.username, "key": token.key, "why": why}
            audit.record("token.refused", obj=token, detail=detail, outcome=AuditEvent.Outcome.REFUSED)


def count_use(token: ServiceToken, now: datetime) -> int:
    """Note a use; how many there were in this minute. 1 query."""
    minute = now.replace(second=0, microsecond=0)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_USE, {"now": now, "minute": minute, "token": token.pk})
        return cursor.fetchone()[0]


def _digest(secret: str) -> str:
    """No slow hash: a secret of 256 random bits cannot be guessed."""
    return hashlib.sha256(secret.encode()).hexdigest()

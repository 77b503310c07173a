"""Who may come in: by name and password with a second factor, or through the organisation's own sign-in.

Accounts are made by administrators; nobody registers here. What happens at the door is in the audit.
"""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from allauth.account import signals as account
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from cryptography.fernet import Fernet
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import signals as auth
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from profiles import audit
from profiles.context import Actor, acting, current_actor
from profiles.models import User

from .sessions import begin

_FACTOR_SECRETS = b"secrets of second factors"
OPEN_TO_ALL = ("/accounts/", "/static/", "/healthz", "/readyz")


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are given, not taken."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Secrets of second factors are stored encrypted, under a key that the database does not hold."""

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()


@lru_cache(maxsize=1)
def _box() -> Fernet:
    key = hmac.digest(settings.SECRET_KEY.encode(), _FACTOR_SECRETS, "sha256")
    return Fernet(urlsafe_b64encode(key))


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """The organisation's sign-in lets in whom an administrator has made an account for, known by verified e-mail."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False


def second_factor(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Where it is required, whoever signed in by password sets a second factor up before anything else. 1 query."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if settings.SECOND_FACTOR_REQUIRED and needs_second_factor(request):
            messages.warning(request, "Set up a second factor first: an authenticator app or a security key.")
            return HttpResponseRedirect(reverse("mfa_index"))
        return get_response(request)

    return middleware


def needs_second_factor(request: HttpRequest) -> bool:
    """Whether the user came in by password alone and wants to go further than their own account."""
    if not request.user.is_authenticated or request.path.startswith(OPEN_TO_ALL):
        return False
    methods = get_authentication_records(request, request.user)
    through_organisation = any(method.get("method") == "socialaccount" for method in methods)
    return not through_organisation and not is_mfa_enabled(request.user)


# ---- the audit of the door -----------------------------------------------------------------------------------------------


def _record(action: str, user: User | None, **detail: Any) -> None:
    """An event of the person at the door, who is not yet (or no longer) the actor of the request."""
    request_id = current_actor().request_id
    actor = Actor(user.pk, user.username, request_id) if user else Actor(None, "unknown", request_id)
    with acting(actor):
        audit.record(action, obj=user, detail=detail)


@receiver(auth.user_logged_in)
def signed_in(sender: object, request: HttpRequest, user: User, **kwargs: Any) -> None:
    begin(request.session)
    methods = get_authentication_records(request, user)
    _record("account.signed_in", user, by="+".join(method.get("method", "") for method in methods) or "session")


@receiver(auth.user_logged_out)
def signed_out(sender: object, user: User | None, **kwargs: Any) -> None:
    if user:
        _record("account.signed_out", user)


@receiver(auth.user_login_failed)
def refused(sender: object, credentials: dict[str, Any], **kwargs: Any) -> None:
    """Of a name that is nobody's nothing is kept: it may be a password typed into the wrong field."""
    user = User.objects.filter(username=str(credentials.get("username", ""))).first()
    _record("account.refused", user, by="password")


@receiver(mfa.authentication_failed)
def factor_refused(sender: object, user: User, **kwargs: Any) -> None:
    _record("account.refused", user, by="second factor")


@receiver(post_save, sender=Authenticator)
def factor_added(sender: object, instance: Authenticator, created: bool, **kwargs: Any) -> None:
    """On the row itself, so that the audit is written in the transaction that changes it; by whoever is signed in."""
    if created:
        audit.record("account.factor_added", obj=instance.user, detail={"factor": instance.type})


@receiver(post_delete, sender=Authenticator)
def factor_removed(sender: object, instance: Authenticator, **kwargs: Any) -> None:
    audit.record("account.factor_removed", obj=instance.user, detail={"factor": instance.type})


@receiver([account.password_changed, account.password_reset, account.password_set])
def password_changed(sender: object, user: User, **kwargs: Any) -> None:
    _record("account.password_changed", user)

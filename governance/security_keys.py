"""What a security key answered: taken, or refused in words and noted in the audit.

allauth's own forms note no refusal, and fail over an answer that lacks a part.
"""

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.forms import AddWebAuthnForm, AuthenticateWebAuthnForm, ReauthenticateWebAuthnForm
from django.core.exceptions import ValidationError

from .sign_in import factor_refused

REFUSED = "incorrect_code"  # allauth's word for a key that does not fit; others, as too many tries, stay as they are


class AddKeyForm(AddWebAuthnForm):
    """A key to be set up."""

    def clean(self) -> dict[str, Any]:
        try:
            return super().clean()
        except (LookupError, ValueError, ValidationError) as fault:
            if getattr(fault, "code", REFUSED) != REFUSED:
                raise
            raise ValidationError("The answer of this security key cannot be read.") from fault


class Refusing:
    """A key that is asked at the door, or again inside."""

    def clean_credential(self) -> Authenticator:
        try:
            return super().clean_credential()
        except LookupError:
            pass
        except ValidationError as refused:
            if refused.code != REFUSED:
                raise
        factor_refused(None, self.user)
        raise ValidationError("This security key was not accepted.")


class AuthenticateKeyForm(Refusing, AuthenticateWebAuthnForm):
    """At the door, after the password."""


class ReauthenticateKeyForm(Refusing, ReauthenticateWebAuthnForm):
    """Before accounts and second factors are changed, instead of the password."""

"""Second factors of others: what they have, and removing one for who lost it. Nobody does it to themselves here."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.core.mail import send_mail
from django.db import transaction
from django.template.loader import render_to_string

from profiles import audit
from profiles.models import User

from .people import NotSent, PersonNotAllowed, check_may_change, end_sessions, mailing

CODES = Authenticator.Type.RECOVERY_CODES
KINDS = {Authenticator.Type.TOTP: "Authenticator app", Authenticator.Type.WEBAUTHN: "Security key"}


@dataclass(frozen=True, slots=True)
class Factor:
    """A second factor in words."""

    row: Authenticator

    @property
    def name(self) -> str:
        kind = KINDS[self.row.type]
        own = self.row.data.get("name", "") if self.row.type == Authenticator.Type.WEBAUTHN else ""
        return f"{kind} {own}".strip()


def factors_of(user: User) -> list[Factor]:
    """What the person has besides a password; recovery codes go with the last of them. 1 query."""
    return [Factor(row) for row in Authenticator.objects.filter(user=user).exclude(type=CODES).order_by("id")]


@transaction.atomic
def remove(*, user: User, factor_id: int, by: User, reason: str) -> str:
    """Remove a factor that the person has lost: their sessions end, and without another the recovery codes go as well.
    Returns what it was."""
    check_may_change(user, by)
    found = {factor.row.pk: factor for factor in factors_of(user)}
    if factor_id not in found:
        raise PersonNotAllowed("The person has no such factor any more.")
    factor = found.pop(factor_id)
    factor.row.delete()  # writes an event of its own, as does each one below
    if not found:
        for codes in Authenticator.objects.filter(user=user, type=CODES):
            codes.delete()
    ended = end_sessions(user)
    detail = {"user": user.username, "factor": factor.row.type, "sessions": ended, "reason": reason}
    audit.record("user.factor_removed", obj=user, detail=detail)
    return factor.name


def tell(user: User, by: User, name: str) -> None:
    """Mail the person that it was done, so that they notice when they did not ask for it."""
    if not user.email:
        raise NotSent("The person has no e-mail address: tell them yourself.")
    text = render_to_string("governance/factor_removed.txt", {"user": user, "by": by, "name": name})
    with mailing("The mail server did not take the message: tell the person yourself."):
        send_mail("A second factor of your account was removed", text, None, [user.email])

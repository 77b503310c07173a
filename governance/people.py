"""People: invited, given roles, switched off, and their open work handed over. Administrators do it, never to themselves."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from smtplib import SMTPException

from allauth.account.adapter import get_adapter
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest
from django.template.loader import render_to_string

from profiles import approvals, audit
from profiles.models import Approval, Source, User, WorkItem

from .roles import BY_NAME


class PersonNotAllowed(Exception):
    """The account cannot be changed so; the message says why."""


class NotSent(Exception):
    """The mail server did not take the message."""


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What a person would leave behind: claimed or assigned work items, and requests that they stand for."""

    items: int
    approvals: int

    def __bool__(self) -> bool:
        return bool(self.items or self.approvals)


def check_may_change(user: User, by: User) -> None:
    """Raise unless `by` may change the account: nobody changes their own, and a superuser's is a superuser's to change."""
    if user.pk == by.pk:
        raise PersonNotAllowed("Nobody changes their own account here: ask another administrator.")
    if user.is_superuser and not by.is_superuser:
        raise PersonNotAllowed("The account of a superuser is a superuser's to change.")


# ---- invitation ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, username: str, email: str, first_name: str, last_name: str, roles: Collection[str], by: User) -> User:
    """Make an account that nobody can sign in to until the invited person has set a password by a one-time link."""
    user = User(username=username, email=email, first_name=first_name, last_name=last_name)
    user.set_unusable_password()
    user.save(force_insert=True)
    audit.record("user.invited", obj=user, detail={"user": username})
    set_roles(user=user, roles=roles, by=by, reason="Invited")
    return user


def is_invited(user: User) -> bool:
    """Whether the person has not come in yet."""
    return user.is_active and not user.is_service and user.last_login is None and not user.has_usable_password()


@transaction.atomic
def invite_again(*, user: User, by: User) -> User:
    """A new link for who has not come in yet: those sent before lead nowhere any more."""
    check_may_change(user, by)
    if not is_invited(user):
        raise PersonNotAllowed("The person has set a password already, or signs in through the organisation.")
    user.set_unusable_password()  # links are bound to it
    user.save(update_fields=["password"])
    audit.record("user.invited", obj=user, detail={"user": user.username})
    return user


def send_invitation(request: HttpRequest, user: User) -> str:
    """Mail the one-time link with which the person sets a password; it works once and for three days. Returns it."""
    key = f"{user_pk_to_url_str(user)}-{default_token_generator.make_token(user)}"
    link = get_adapter(request).get_reset_password_from_key_url(key)
    context = {"user": user, "by": request.user, "link": link, "days": settings.PASSWORD_RESET_TIMEOUT // 86_400}
    text = render_to_string("governance/invitation.txt", context)
    with mailing("The mail server did not take the invitation. Send it again later."):
        send_mail("Your account at Customer Data View", text, None, [user.email])
    return link


@contextmanager
def mailing(otherwise: str) -> Iterator[None]:
    """Raise NotSent in these words where the mail server does not take a message."""
    try:
        yield
    except (SMTPException, OSError) as fault:
        raise NotSent(otherwise) from fault


# ---- roles ---------------------------------------------------------------------------------------------------------------


@transaction.atomic
def set_roles(*, user: User, roles: Collection[str], by: User, reason: str) -> User:
    """Give and take roles, so that the person has exactly these; each change is one audit event."""
    check_may_change(user, by)
    if unknown := set(roles) - BY_NAME.keys():
        raise PersonNotAllowed(f"There is no such role: {', '.join(sorted(unknown))}.")
    held = set(user.groups.values_list("name", flat=True))
    for role in sorted(set(roles) - held):
        user.groups.add(Group.objects.get(name=role))
        audit.record("user.role_given", obj=user, detail={"user": user.username, "role": role, "reason": reason})
    for role in sorted(held & BY_NAME.keys() - set(roles)):
        user.groups.remove(Group.objects.get(name=role))
        audit.record("user.role_taken", obj=user, detail={"user": user.username, "role": role, "reason": reason})
    user.is_staff = user.is_superuser or any(BY_NAME[role].is_staff for role in roles)
    user.save(update_fields=["is_staff"])
    return user


# ---- leaving -------------------------------------------------------------------------------------------------------------


@transaction.atomic
def deactivate(*, user: User, by: User, reason: str) -> int:
    """Switch an account off: its sessions end at once, its grants and roles stay without power. Returns sessions ended."""
    check_may_change(user, by)
    user.is_active = False
    user.save(update_fields=["is_active"])
    ended = end_sessions(user)
    audit.record("user.deactivated", obj=user, detail={"user": user.username, "reason": reason})
    return ended


def end_sessions(user: User) -> int:
    """Sign the person out wherever they are. Returns how many sessions there were."""
    sessions = list(UserSession.objects.filter(user=user))
    for session in sessions:
        session.end()
    return len(sessions)


@transaction.atomic
def reactivate(*, user: User, by: User, reason: str) -> User:
    """Switch an account on again, with the roles and grants it has kept."""
    check_may_change(user, by)
    user.is_active = True
    user.save(update_fields=["is_active"])
    audit.record("user.reactivated", obj=user, detail={"user": user.username, "reason": reason})
    return user


def open_work(user: User) -> OpenWork:
    """What the person has open. 2 queries."""
    return OpenWork(
        WorkItem.objects.filter(assignee=user, state=WorkItem.State.OPEN).count(),
        Approval.objects.awaiting().filter(owner=user).count(),
    )


@transaction.atomic
def hand_over(*, user: User, to: User, by: User, reason: str) -> OpenWork:
    """Give a person's open work to another. What that one may not decide goes back to everybody. Returns what was given."""
    if to.pk == user.pk or not to.is_active:
        raise PersonNotAllowed("Choose another person whose account is on.")
    mine = WorkItem.objects.filter(assignee=user, state=WorkItem.State.OPEN)
    theirs = Q(source__isnull=True) | Q(source__in=Source.objects.stewarded_by(to).values("id"))
    items = mine.filter(theirs).update(assignee=to, lease_until=None)
    mine.update(assignee=None, lease_until=None)
    given = OpenWork(items, approvals.pass_on(owner=user, to=to))
    detail = {"user": user.username, "to": to.username, "items": given.items, "approvals": given.approvals}
    audit.record("user.work_handed_over", obj=user, detail={**detail, "reason": reason})
    return given

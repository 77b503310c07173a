"""Accounts of services: other systems, which come with a token and never sign in."""

from collections.abc import Collection

from django.db import transaction

from profiles import audit
from profiles.models import User

from .people import set_roles


@transaction.atomic
def make(*, username: str, roles: Collection[str], reason: str, by: User) -> User:
    """An account of a service, with roles; sources are granted to it like to anybody, tokens issued on its page."""
    account = User(username=username, is_service=True)
    account.set_unusable_password()
    account.save(force_insert=True)
    audit.record("user.service_made", obj=account, detail={"user": username})
    return set_roles(user=account, roles=roles, by=by, reason=reason)

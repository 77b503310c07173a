"""Scopes: what a service token is for. A token opens what its scope names and its account's roles allow, and no more."""

from dataclasses import dataclass

from . import permissions
from .registry import Registry


@dataclass(frozen=True, slots=True)
class Scope:
    """One scope: its name, the permission that the account must hold as well, and the sentence that says what it opens."""

    name: str
    permission: str
    sentence: str


# upper apps declare theirs too
SCOPES: Registry[Scope] = Registry("scopes")


def scope(name: str, permission: str, sentence: str) -> Scope:
    """Declare a scope."""
    return SCOPES.register(name, Scope(name, permission, sentence))


READ_CUSTOMERS = scope(
    "customers:read", permissions.VIEW_CUSTOMERS, "Read customers of the sources granted, as masked as the roles say."
)

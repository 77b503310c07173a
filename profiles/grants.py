"""Grants on sources: who may view, steward or manage one, given and taken back with a reason.

Managers of a source and administrators do it. To steward or to manage includes to view, so whoever may no longer view
may do nothing any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from . import audit, permissions
from .models import Source, SourceGroupGrant, SourceUserGrant, User
from .registry import Registry

VERBS = {"view": "View", "steward": "Steward", "manage": "Manage"}
WORDS = {
    "view": "View: see its records and customers",
    "steward": "Steward: decide, correct and import (views as well)",
    "manage": "Manage: import, grant and confirm grants (views as well)",
}
# groups that a new source is granted to, unless whoever makes it says otherwise: name → why
NEW_SOURCE_VIEWERS: Registry[str] = Registry("groups that view new sources")

Grantee = User | Group
Grant = SourceUserGrant | SourceGroupGrant


class GrantNotAllowed(Exception):
    """It cannot be granted or taken back so; the message says why."""


@dataclass(slots=True)
class Granted:
    """All that one person or group may do with a source: verb → the grant, in the order of VERBS."""

    grantee: Grantee
    grants: dict[str, Grant] = field(default_factory=dict)

    @property
    def key(self) -> str:
        return key_of(self.grantee)

    @property
    def name(self) -> str:
        return name_of(self.grantee)

    @property
    def is_group(self) -> bool:
        return isinstance(self.grantee, Group)

    @property
    def is_powerless(self) -> bool:
        """A grant to somebody who cannot sign in any more."""
        return isinstance(self.grantee, User) and not self.grantee.is_active

    @property
    def verbs(self) -> str:
        return ", ".join(VERBS[verb].lower() for verb in self.grants)

    @property
    def newest(self) -> Grant:
        return max(self.grants.values(), key=lambda grant: grant.granted_at)


def key_of(grantee: Grantee) -> str:
    """What a form calls a person or group: "user-5"."""
    return f"{'group' if isinstance(grantee, Group) else 'user'}-{grantee.pk}"


def name_of(grantee: Grantee) -> str:
    return f"Role {grantee.name}" if isinstance(grantee, Group) else grantee.display_name


def label_of(grantee: Grantee) -> str:
    """What the audit calls a person or group: a name that is unique."""
    return grantee.name if isinstance(grantee, Group) else grantee.username


def grantee_of(key: str) -> Grantee | None:
    """The person or group that a form named. 1 query."""
    kind, _, pk = key.partition("-")
    model = {"user": User, "group": Group}.get(kind)
    return model.objects.filter(pk=int(pk)).first() if model and pk.isdigit() else None


def may_grant(source: Source, user: User) -> bool:
    """Whether the user grants this source: an administrator, or one of its managers. At most 2 queries."""
    return user.has_perms(permissions.GRANT_SOURCES) or Source.objects.managed_by(user).filter(pk=source.pk).exists()


def granted(source: Source) -> list[Granted]:
    """Who may do what with a source: people first, then groups, by name. 2 queries."""
    found: dict[str, Granted] = {}
    for grant in [*_rows(SourceUserGrant, source), *_rows(SourceGroupGrant, source)]:
        mine = found.setdefault(key_of(grantee_in(grant)), Granted(grantee_in(grant)))
        mine.grants[verb_of(grant)] = grant
    for mine in found.values():
        mine.grants = {verb: mine.grants[verb] for verb in VERBS if verb in mine.grants}
    return sorted(found.values(), key=lambda mine: (mine.is_group, mine.name.casefold()))


def _rows(model: type[Grant], source: Source) -> Iterable[Grant]:
    end = "user" if model is SourceUserGrant else "group"
    rows = model.objects.filter(content_object=source)
    return rows.select_related(end, "permission", "granted_by", "confirmed_by")


def grantee_in(grant: Grant) -> Grantee:
    return grant.user if isinstance(grant, SourceUserGrant) else grant.group


def verb_of(grant: Grant) -> str:
    return grant.permission.codename.partition("_")[0]


@transaction.atomic
def grant(*, source: Source, verb: str, to: Grantee, by: User | None, reason: str) -> list[Grant]:
    """Let a person or group view, steward or manage a source. Returns what is new."""
    if verb not in VERBS:
        raise GrantNotAllowed("Choose what is granted.")
    if isinstance(to, User) and not to.is_active:
        raise GrantNotAllowed("The account is switched off.")
    new = [made for each in dict.fromkeys(["view", verb]) if (made := _give(source, each, to, by, reason))]
    if not new:
        raise GrantNotAllowed(f"{name_of(to)} may do that already.")
    return new


def _give(source: Source, verb: str, to: Grantee, by: User | None, reason: str) -> Grant | None:
    permission = Permission.objects.get(content_type__app_label="profiles", codename=f"{verb}_source")
    model, end = (SourceGroupGrant, "group") if isinstance(to, Group) else (SourceUserGrant, "user")
    made, new = model.objects.get_or_create(
        **{end: to}, permission=permission, content_object=source, defaults={"granted_by": by, "reason": reason}
    )
    if new:
        record_grant("source.granted", made, reason)
    return made if new else None


@transaction.atomic
def revoke(*, source: Source, verb: str, grantee: Grantee, by: User | None, reason: str) -> list[Grant]:
    """Take a grant back; without view, what includes it falls as well. Returns what fell."""
    mine = next((one for one in granted(source) if one.key == key_of(grantee)), None)
    falling = _falling(mine, verb) if mine else []
    if not falling:
        raise GrantNotAllowed("There is no such grant any more.")
    take_back(falling, "source.grant_withdrawn", reason)
    return falling


def _falling(mine: Granted, verb: str) -> Sequence[Grant]:
    if verb == "view":
        return list(mine.grants.values())
    return [mine.grants[verb]] if verb in mine.grants else []


def take_back(rows: Iterable[Grant], action: str, reason: str) -> None:
    """Delete grants, each with its audit event."""
    for row in rows:
        record_grant(action, row, reason)
        row.delete()


def record_grant(action: str, grant: Grant, reason: str = "") -> None:
    """One audit event for a grant given or taken."""
    source = grant.content_object
    detail = {"permission": verb_of(grant), "source": source.key, "grantee": label_of(grantee_in(grant))}
    audit.record(action, obj=source, detail=detail | ({"reason": reason} if reason else {}))


@transaction.atomic
def grant_new_source(*, source: Source, groups: Iterable[Group], by: User) -> None:
    """What a new source begins with: the chosen groups view it, and whoever made it manages it."""
    for group in groups:
        _give(source, "view", group, by, "New source")
    for verb in ("view", "manage"):
        _give(source, verb, by, by, "Made the source")

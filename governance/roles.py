"""Roles: one readable table of who is for what, synced to groups by `manage.py setup_roles`."""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from matching import permissions as matching
from profiles import permissions as profiles


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its group name, a sentence that says what it is for, and the permissions it gives (verbs, not rows)."""

    name: str
    purpose: str
    permissions: tuple[str, ...]
    is_staff: bool = False


READING = (profiles.VIEW_CUSTOMERS, profiles.VIEW_SOURCES, profiles.VIEW_IMPORTS, matching.VIEW_QUEUE, profiles.FLAG)
STEWARDING = (
    *READING,
    profiles.CORRECT,
    profiles.ANSWER_FLAGS,
    profiles.IMPORT,
    profiles.UNDO_IMPORT,
    profiles.MEND,
    profiles.VIEW_JOBS,
    profiles.READ_AUDIT,
    matching.REVIEW,
    matching.CHANGE_IDENTITY,
    matching.REVOKE_CANNOT_LINK,
    matching.VIEW_MODELS,
)

ROLES = (
    Role("administrator", "Sets up sources, schema, rules and people.", (
        *STEWARDING, profiles.CONTROL_JOBS, profiles.PUBLISH_SCHEMA,
        "profiles.add_source", "profiles.change_source",
        "profiles.view_fieldmapping", "profiles.add_fieldmapping", "profiles.change_fieldmapping", "profiles.delete_fieldmapping",
        "profiles.view_canonicalfield", "profiles.add_canonicalfield", "profiles.change_canonicalfield",
        "profiles.view_blockedvalue", "profiles.add_blockedvalue", "profiles.change_blockedvalue", "profiles.delete_blockedvalue",
        "profiles.view_sourceusergrant", "profiles.add_sourceusergrant", "profiles.change_sourceusergrant", "profiles.delete_sourceusergrant",
        "profiles.view_sourcegroupgrant", "profiles.add_sourcegroupgrant", "profiles.change_sourcegroupgrant", "profiles.delete_sourcegroupgrant",
        "profiles.view_schemaversion", "profiles.view_user", "profiles.add_user", "profiles.change_user", "auth.view_group",
        "matching.add_matchmodel", matching.EDIT_MODELS, "matching.delete_matchmodel", matching.EVALUATE_MODELS, matching.PUBLISH_MODEL,
    ), is_staff=True),
    Role("steward", "Decides who is who, corrects data and imports files, for the sources granted.", STEWARDING),
    Role("viewer", "Looks customers up and sees where each value came from; changes nothing.", READING),
)  # fmt: skip


def sync_roles() -> list[str]:
    """Make a group of every role with exactly its permissions. Returns the names."""
    for role in ROLES:
        group, _ = Group.objects.get_or_create(name=role.name)
        wanted = Q()
        for codename in role.permissions:
            app, _, code = codename.partition(".")
            wanted |= Q(content_type__app_label=app, codename=code)
        group.permissions.set(Permission.objects.filter(wanted))
    return [role.name for role in ROLES]

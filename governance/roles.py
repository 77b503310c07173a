"""Roles: one readable table of who is for what, synced to groups by `manage.py setup_roles`.

A role gives verbs; which rows they apply to is said by grants on sources. Whoever has several roles may do, and sees,
what any of them allows.
"""

from dataclasses import dataclass

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from matching import permissions as matching
from profiles import permissions as profiles
from profiles.grants import NEW_SOURCE_VIEWERS
from profiles.models import User

from . import permissions as governance


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its group name, a sentence that says what it is for, and the permissions it gives (verbs, not rows)."""

    name: str
    purpose: str
    permissions: tuple[str, ...]
    is_staff: bool = False  # may open the set-up
    views_new_sources: bool = False  # is granted to view a new source, unless whoever makes it says otherwise


IN_CLEAR = (profiles.SEE_PERSONAL, profiles.SEE_SENSITIVE)
SENSITIVE_MASKED = (profiles.SEE_PERSONAL, profiles.SEE_SENSITIVE_MASKED)
PERSONAL_MASKED = (profiles.SEE_PERSONAL_MASKED,)  # sensitive values are withheld

READING = (
    profiles.VIEW_CUSTOMERS, profiles.VIEW_IMPORTS, matching.VIEW_QUEUE, profiles.FLAG, governance.VIEW_CONSENT,
    governance.VIEW_PURPOSES,
)  # fmt: skip
STEWARDING = (
    *READING, *IN_CLEAR,
    profiles.CORRECT, profiles.ANSWER_FLAGS,
    profiles.IMPORT, profiles.UNDO_IMPORT, profiles.MEND, profiles.VIEW_JOBS,
    profiles.VIEW_APPROVALS, governance.CLEAR_SUPPRESSED, governance.ANSWER_NOTICES,
    matching.REVIEW, matching.CHANGE_IDENTITY, matching.REVOKE_CANNOT_LINK, matching.VIEW_MODELS,
    matching.VIEW_FULL_RUNS,
    governance.VIEW_REQUESTS, governance.FILE_REQUESTS, governance.DO_REQUEST_TASKS, governance.RECORD_CONSENT,
)  # fmt: skip
ERASING = (
    governance.VIEW_ERASURES, governance.REQUEST_ERASURE, governance.VIEW_SUPPRESSION, governance.LIFT_SUPPRESSION,
    governance.VIEW_RETENTION,
)  # fmt: skip

ROLES = (
    Role("steward", "Decides who is who, corrects values and imports files, for the sources granted.", STEWARDING),
    Role("lead steward", "Stewards, and is the second person who approves: models, and what needs four eyes.", (
        *STEWARDING, matching.APPROVE_CHANGE, matching.RELEASE_BRAKE, profiles.VIEW_DICTIONARY, matching.EVALUATE_MODELS,
        matching.PUBLISH_MODEL, matching.START_FULL_RUN, matching.PUBLISH_FULL_RUN,
        governance.APPROVE_REQUESTS, governance.VIEW_ERASURES, governance.APPROVE_ERASURE, governance.APPROVE_LIFT,
        governance.VIEW_SUPPRESSION, governance.VIEW_RETENTION,
        *governance.SET_UP_PURPOSES,
    ), views_new_sources=True),
    Role("privacy officer", "Answers for the rights of the people behind the records: sees all of them, and who saw them.", (
        profiles.VIEW_CUSTOMERS, *IN_CLEAR, profiles.FLAG, profiles.READ_AUDIT, profiles.VIEW_DICTIONARY,
        profiles.VIEW_APPROVALS, governance.VIEW_REQUESTS, governance.FILE_REQUESTS, governance.HANDLE_REQUESTS,
        governance.APPROVE_REQUESTS, governance.OVERSEE_REQUESTS, governance.DO_REQUEST_TASKS,
        *ERASING, governance.APPROVE_ERASURE, governance.APPROVE_LIFT, governance.ANSWER_NOTICES,
        *governance.SET_RETENTION, governance.HOLD_CUSTOMERS,
        governance.VIEW_CONSENT, governance.RECORD_CONSENT, governance.VIEW_PURPOSES, *governance.SET_UP_PURPOSES,
    ), views_new_sources=True),
    Role("support", "Finds the customer who calls: values are masked, and revealed for a purpose.", (
        profiles.VIEW_CUSTOMERS, *PERSONAL_MASKED, profiles.REVEAL, profiles.FLAG,
        governance.VIEW_REQUESTS, governance.FILE_REQUESTS, governance.VIEW_CONSENT,
    )),
    Role("marketing", "Knows how many can be reached and how; never who they are.", (
        profiles.VIEW_COUNTS, governance.VIEW_PURPOSES,
    )),
    Role("integrator", "Delivers records from another system and watches what became of them; sees no customer.", (
        profiles.IMPORT, profiles.VIEW_IMPORTS, profiles.VIEW_DICTIONARY,
        governance.VIEW_REQUESTS, governance.FILE_REQUESTS,
    )),
    Role("auditor", "Checks who did and saw what, and what is kept; never sees a value.", (
        profiles.READ_AUDIT, profiles.VIEW_DICTIONARY, governance.VIEW_REQUESTS, governance.OVERSEE_REQUESTS,
        governance.VIEW_ERASURES, governance.VIEW_SUPPRESSION,
        governance.VIEW_RETENTION,
        governance.VIEW_PURPOSES,
    )),
    Role("administrator", "Sets up sources, schema, models and people, and keeps jobs running; sees customers masked.", (
        profiles.VIEW_CUSTOMERS, *PERSONAL_MASKED, profiles.VIEW_COUNTS,
        profiles.VIEW_IMPORTS, profiles.IMPORT, profiles.UNDO_IMPORT, profiles.VIEW_JOBS, profiles.CONTROL_JOBS,
        profiles.VIEW_SOURCES, *profiles.SET_UP_SOURCES, *profiles.SET_UP_FIELDS, profiles.PUBLISH_SCHEMA,
        profiles.VIEW_DICTIONARY, *profiles.GRANT_SOURCES, *profiles.MANAGE_PEOPLE,
        matching.VIEW_MODELS, matching.EDIT_MODELS, *matching.SET_UP_MODELS, matching.EVALUATE_MODELS,
        matching.PUBLISH_MODEL, matching.VIEW_FULL_RUNS, matching.START_FULL_RUN,
    ), is_staff=True, views_new_sources=True),
    Role("viewer", "Looks customers up and sees where each value came from; changes nothing.", (
        *READING, *SENSITIVE_MASKED, profiles.REVEAL,
    )),
)  # fmt: skip
BY_NAME = {role.name: role for role in ROLES}
for _role in ROLES:
    if _role.views_new_sources:
        NEW_SOURCE_VIEWERS.register(_role.name, _role.purpose)


def roles_of(user: User) -> list[Role]:
    """The roles a user has, in the order of the table. 1 query."""
    names = set(user.groups.values_list("name", flat=True))
    return [role for role in ROLES if role.name in names]


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

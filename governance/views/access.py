"""Who may do what, and why: the table of roles in words."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from governance.roles import BY_NAME, ROLES, Role, roles_of
from matching import permissions as matching
from profiles import permissions as profiles
from profiles.models import Source
from profiles.permissions import PERMISSIONS
from profiles.rendering import render_page

Line = tuple[str, list[Role], bool]  # a sentence, the roles that hold it, whether the reader does
TOPICS = {
    "Customers": (
        profiles.VIEW_CUSTOMERS, profiles.SEE_PERSONAL, profiles.SEE_PERSONAL_MASKED, profiles.SEE_SENSITIVE,
        profiles.SEE_SENSITIVE_MASKED, profiles.REVEAL, profiles.VIEW_COUNTS, profiles.CORRECT, profiles.FLAG,
        profiles.ANSWER_FLAGS,
    ),
    "Who is who": (
        matching.VIEW_QUEUE, matching.REVIEW, matching.CHANGE_IDENTITY, matching.REVOKE_CANNOT_LINK,
        matching.RELEASE_BRAKE, matching.APPROVE_CHANGE, profiles.VIEW_APPROVALS,
    ),
    "Imports and jobs": (
        profiles.VIEW_IMPORTS, profiles.IMPORT, profiles.UNDO_IMPORT, profiles.MEND, profiles.VIEW_JOBS,
        profiles.CONTROL_JOBS,
    ),
    "Match models and full runs": (
        matching.VIEW_MODELS, matching.EVALUATE_MODELS, matching.EDIT_MODELS, *matching.SET_UP_MODELS,
        matching.PUBLISH_MODEL, matching.VIEW_FULL_RUNS, matching.START_FULL_RUN, matching.PUBLISH_FULL_RUN,
    ),
    "Set-up": (
        profiles.VIEW_SOURCES, *profiles.SET_UP_SOURCES, *profiles.SET_UP_FIELDS, profiles.PUBLISH_SCHEMA,
        profiles.VIEW_DICTIONARY,
    ),
    "People, grants and the audit": (*profiles.MANAGE_PEOPLE, *profiles.GRANT_SOURCES, profiles.READ_AUDIT),
}  # fmt: skip
PRIVACY = "The rights of customers"  # what no other topic names


@login_required
@require_GET
def access(request: HttpRequest) -> HttpResponse:
    """My roles and sources, every role with what it is for, every permission by topic with who holds it, or those of one
    role. 4 queries.

    Open to all: it names roles and no people, and who lacks something must know what to ask for.
    """
    own, only = roles_of(request.user), BY_NAME.get(request.GET.get("role", ""))
    context = {
        "own": own,
        "sources": _sources(request),
        "roles": [(role, _seen(role, "personal"), _seen(role, "sensitive")) for role in ROLES],
        "topics": _topics(own, only),
        "only": only,
    }
    return render_page(request, "governance/access.html", "governance/access.html", context)


def _sources(request: HttpRequest) -> list[tuple[Source, list[str]]]:
    """The reader's sources with what they may do with each."""
    user = request.user
    verbs = {
        "see": Source.objects.visible_to(user),
        "steward": Source.objects.stewarded_by(user),
        "import into": Source.objects.imported_by(user),
    }
    held = {verb: set(rows.values_list("id", flat=True)) for verb, rows in verbs.items()}
    rows = Source.objects.visible_to(user)
    return [(source, [verb for verb, ids in held.items() if source.id in ids]) for source in rows]


def _seen(role: Role, sensitivity: str) -> str:
    """How a role sees values of a sensitivity, in a word."""
    if "profiles.view_profile" not in role.permissions:
        return "never"
    if f"profiles.see_{sensitivity}" in role.permissions:
        return "in clear"
    return "masked" if f"profiles.see_{sensitivity}_masked" in role.permissions else "withheld"


def _topics(own: Iterable[Role], only: Role | None) -> list[tuple[str, list[Line]]]:
    """Topic → what may be done there, in order of declaration; of one role only, when one is chosen."""
    found: dict[str, list[Line]] = {title: [] for title in (*TOPICS, PRIVACY)}
    for topic, sentence, codes in _sentences():
        holders = [role for role in ROLES if codes & set(role.permissions)]
        if only is None or only in holders:
            found[topic].append((sentence, holders, any(codes & set(role.permissions) for role in own)))
    return [(title, lines) for title, lines in found.items() if lines]


def _sentences() -> list[tuple[str, str, set[str]]]:
    """(topic, sentence, the codenames that it stands for): some are only given together."""
    codes: dict[tuple[str, str], set[str]] = {}
    for codename, sentence in PERMISSIONS.items():
        topic = next((title for title, names in TOPICS.items() if codename in names), PRIVACY)
        codes.setdefault((topic, sentence), set()).add(codename)
    return [(topic, sentence, names) for (topic, sentence), names in codes.items()]

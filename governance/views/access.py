"""Who may do what, and why: the table of roles in words."""

from collections.abc import Iterable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from governance.roles import ROLES, Role, roles_of
from profiles.models import Source
from profiles.permissions import PERMISSIONS
from profiles.rendering import render_page


@login_required
@require_GET
def access(request: HttpRequest) -> HttpResponse:
    """My roles and sources, every role with what it is for, every permission with who holds it. 4 queries.

    Open to all: it names roles and no people, and who lacks something must know what to ask for.
    """
    own = roles_of(request.user)
    context = {
        "own": own,
        "sources": _sources(request),
        "roles": [(role, _seen(role, "personal"), _seen(role, "sensitive")) for role in ROLES],
        "permissions": _permissions(own),
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


def _permissions(own: Iterable[Role]) -> list[tuple[str, list[Role], bool]]:
    """(sentence, the roles that hold it, whether the reader does) in the order of declaration."""
    rows: dict[str, set[str]] = {}
    for codename, sentence in PERMISSIONS.items():
        rows.setdefault(sentence, set()).add(codename)
    return [
        (
            sentence,
            [role for role in ROLES if codes & set(role.permissions)],
            any(codes & set(r.permissions) for r in own),
        )
        for sentence, codes in rows.items()
    ]

"""The main navigation, as data: each reader is shown what they may open."""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from governance import permissions as governance
from matching import permissions as matching
from profiles import jobs
from profiles import permissions as profiles

from .demo_accounts import DEMO_ACCOUNTS


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: label, URL name, icon, and the permission it takes (empty: none)."""

    label: str
    url_name: str
    icon: str
    permission: str = ""


ENTRIES = (
    Entry("Home", "home", "home"),
    Entry("Review queue", "matching:queue", "list-check", matching.VIEW_QUEUE),
    Entry("Customers", "profiles:customers", "users", profiles.VIEW_CUSTOMERS),
    Entry("Approvals", "profiles:approvals", "user-check", profiles.VIEW_APPROVALS),
    Entry("Privacy requests", "governance:requests", "inbox", governance.VIEW_REQUESTS),
    Entry("Reach", "profiles:reach", "users", profiles.VIEW_COUNTS),
    Entry("Purposes", "governance:purposes", "scale", governance.VIEW_PURPOSES),
    Entry("Issues", "profiles:issues", "flag", profiles.FLAG),
    Entry("Imports", "profiles:imports", "file-import", profiles.VIEW_IMPORTS),
    Entry("Sources", "profiles:sources", "database", profiles.VIEW_IMPORTS),
    Entry("Models", "matching:models", "puzzle", matching.VIEW_MODELS),
    Entry("Full runs", "matching:full-runs", "arrows-join", matching.VIEW_FULL_RUNS),
    Entry("Jobs", "profiles:jobs", "activity", profiles.VIEW_JOBS),
    Entry("Suppressed rows", "governance:suppressed-rows", "ban", governance.CLEAR_SUPPRESSED),
    Entry("Erasures", "governance:erasures", "trash", governance.VIEW_ERASURES),
    Entry("People", "governance:people", "users", profiles.MANAGE_PEOPLE[0]),
    Entry("Access review", "governance:access-review", "lock", profiles.GRANT_SOURCES[0]),
    Entry("Audit", "governance:audit", "history", profiles.READ_AUDIT),
    Entry("Register of processing", "governance:register", "list-check", profiles.VIEW_DICTIONARY),
    Entry("Data dictionary", "profiles:data-dictionary", "info-circle", profiles.VIEW_DICTIONARY),
    Entry("Access", "governance:access", "lock"),
)


def navigation(request: HttpRequest) -> dict[str, object]:
    """What every page needs: the entries the reader may open with the active one marked, whether values are being
    rebuilt, and the demo's sign-ins."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {"demo_signins": DEMO_ACCOUNTS if settings.DEMO_HINTS else ()}
    entries = [
        {"label": e.label, "url": reverse(e.url_name), "icon": e.icon}
        for e in ENTRIES
        if not e.permission or user.has_perm(e.permission)
    ]
    if user.is_staff:
        entries.append({"label": "Set-up", "url": reverse("admin:index"), "icon": "settings"})
    here = [e for e in entries if request.path == e["url"] or (e["url"] != "/" and request.path.startswith(e["url"]))]
    active = max(here, key=lambda e: len(e["url"]))["url"] if here else ""
    return {
        "nav_entries": [{**e, "active": e["url"] == active} for e in entries],
        "is_rebuilding": jobs.is_rebuilding,  # asked by whole pages only
    }

"""Panels: parts of a page that upper apps own, drawn only where they exist and the reader may open them."""

from dataclasses import dataclass

from .models import Profile, User
from .registry import Registry


@dataclass(frozen=True, slots=True)
class Panel:
    """A slot of a page filled by another app: the URL (taking the profile's id), a title, who may open it, its place."""

    slot: str
    url_name: str
    title: str
    permission: str
    order: int


PANELS: Registry[Panel] = Registry("panels")


def panels_for(slot: str, user: User, profile: Profile) -> list[Panel]:
    """The panels of a slot that the user may open, in order."""
    found = [panel for panel in PANELS.values() if panel.slot == slot and user.has_perm(panel.permission)]
    return sorted(found, key=lambda panel: panel.order)

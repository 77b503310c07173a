"""Permissions of this app, each with the sentence that says what it lets a person do. See profiles/permissions.py."""

from django.core.exceptions import PermissionDenied

from profiles.models import Source, User
from profiles.permissions import permission, permissions

VIEW_QUEUE = permission("matching.view_proposal", "See the review queue and the evidence between two customers.")
REVIEW = permission("matching.review_proposal", "Decide proposals: the same, not the same, unsure, later.")
CHANGE_IDENTITY = permission("matching.change_identity", "Merge, split and move by hand, and undo it.")
APPROVE_CHANGE = permission(
    "matching.approve_change",
    "Approve as the second person: merges of verified customers, undos of a part, many decisions at once.",
)
REVOKE_CANNOT_LINK = permission("matching.revoke_cannotlink", "Revoke that two customers must never be one.")
RELEASE_BRAKE = permission(
    "matching.release_runbrake", "Let an import go on that was stopped because it would merge unusually many customers."
)
VIEW_MODELS = permission(
    "matching.view_matchmodel", "Read match models and their figures, and try them on two records."
)
EVALUATE_MODELS = permission(
    "matching.evaluate_matchmodel", "Measure a match model on decisions, and run it in the shadow."
)
PUBLISH_MODEL = permission(
    "matching.publish_matchmodel", "Ask to publish a match model, or be the second person who does."
)
EDIT_MODELS = permission("matching.change_matchmodel", "Copy, edit, refit and discard drafts of match models.")
SET_UP_MODELS = permissions(
    "matching", "add_matchmodel delete_matchmodel", "Copy, edit, refit and discard drafts of match models."
)
VIEW_FULL_RUNS = permission("matching.view_fullrun", "Read full runs: what would change, and for whom.")
START_FULL_RUN = permission("matching.start_fullrun", "Start, stop and discard full runs.")
PUBLISH_FULL_RUN = permission("matching.publish_fullrun", "Publish what a full run would change, and undo it.")


def check_sees_all(user: User) -> None:
    """Raise unless no source is hidden from the user: what counts over all of them is for them only. 1 query."""
    if not Source.objects.all_visible_to(user):
        raise PermissionDenied("This counts the records of all sources: it is for who may see every source.")

"""Contradictions: a record that people verified says one thing, one that a model linked another. A person must look."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.urls import reverse

from profiles import work
from profiles.customers import show
from profiles.models import Profile, User, WorkItem
from profiles.work import Presented

from .consent_projection import Answer, State

KIND = "consent_conflict"


def follow(profile_ids: Collection[UUID], found: Mapping[UUID, Iterable[Answer]]) -> None:
    """Open an item for each customer that contradicts itself now, close those that no longer do. 1 query when nothing changes."""
    wanted = {str(pid) for pid, rows in found.items() if any(one.state is State.CONFLICT for one in rows)}
    rows = WorkItem.objects.filter(
        kind=KIND, state=WorkItem.State.OPEN, subject_id__in=[str(pid) for pid in profile_ids]
    )
    waiting = set(rows.values_list("subject_id", flat=True))
    if settled := waiting - wanted:
        work.close_subjects(kind=KIND, subject_ids=settled)
    for subject in sorted(wanted - waiting):
        work.open_item(kind=KIND, subject_id=subject, reason="verified_against_model")


def present(items: Sequence[WorkItem], user: User) -> Mapping[int, Presented]:
    """A contradiction is named after its customer and leads to its consent. 6 queries."""
    ids = {item.id: UUID(item.subject_id) for item in items}
    profiles = Profile.objects.visible_to(user).active().in_bulk(ids.values())
    people = show(list(profiles), user)
    return {
        item.id: Presented(
            people[ids[item.id]].name, reverse("governance:consent", args=[ids[item.id]]), (ids[item.id],)
        )
        for item in items
        if ids[item.id] in profiles
    }

"""Work items of the review queue that are no proposals: clusters that were stopped, and what other kinds present."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse

from profiles import audit, work
from profiles.customers import show
from profiles.models import Profile, User, WorkItem
from profiles.work import KINDS, Presented, WorkKind


def waiting() -> QuerySet[WorkItem]:
    """Open items of kinds that are listed among other work, oldest first."""
    kinds = [name for name, kind in KINDS.items() if kind.present]
    return WorkItem.objects.filter(state=WorkItem.State.OPEN, kind__in=kinds).order_by("id")


def presented(items: Sequence[WorkItem], user: User) -> list[tuple[WorkItem, WorkKind, Presented, str]]:
    """(item, kind, words and address, reason) of those the user may see. A few queries per kind."""
    found: dict[int, Presented] = {}
    for name in {item.kind for item in items}:
        present = KINDS[name].present
        found |= present([item for item in items if item.kind == name], user) if present else {}
    return [
        (item, KINDS[item.kind], found[item.id], KINDS[item.kind].reason(item.reason))
        for item in items
        if item.id in found
    ]


def count(user: User) -> int:
    """How many of the first 500 the user may see. 1 query when there are none."""
    return len(presented(list(waiting()[:500]), user))


def present_clusters(items: Sequence[WorkItem], user: User) -> Mapping[int, Presented]:
    """A stopped cluster is named after its first customer, and leads to it. 6 queries."""
    ids = {item.id: UUID(item.subject_id) for item in items}
    profiles = Profile.objects.visible_to(user).in_bulk(ids.values())
    homes = {pk: profile.canonical_id or pk for pk, profile in profiles.items()}
    people = show(set(homes.values()), user)
    return {
        item.id: Presented(
            f"{item.detail.get('size', 'Many')} records around {people[homes[ids[item.id]]].name}",
            reverse("profiles:customer", args=[homes[ids[item.id]]]),
            (homes[ids[item.id]],),
        )
        for item in items
        if ids[item.id] in homes
    }


@transaction.atomic
def close(*, item: WorkItem) -> WorkItem:
    """A person has looked, and there is nothing left to do."""
    work.close_items([item.id])
    audit.record("work.closed", obj=item, detail={"kind": item.kind})
    return item

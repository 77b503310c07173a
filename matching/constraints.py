"""Cannot-links: two sets of records that never end in one profile, directly or through a third, until revoked."""

from collections import defaultdict
from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.utils import timezone

from profiles import audit
from profiles.bulk import array
from profiles.models import IdentityOperation, Membership, User

from .models import CannotLink, CannotLinkRecord, Decision


def write(
    *,
    left: Iterable[int],
    right: Iterable[int],
    origin: str,
    by: User | None,
    reason: str = "",
    decision: Decision | None = None,
    operation: IdentityOperation | None = None,
) -> CannotLink:
    """Forbid two sets of records to meet. 2 queries."""
    link = CannotLink.objects.create(
        origin=origin, decision=decision, operation=operation, reason=reason, created_by=by
    )
    CannotLinkRecord.objects.bulk_create(
        CannotLinkRecord(cannot_link=link, record_id=record_id, side=side)
        for side, ids in enumerate((left, right))
        for record_id in ids
    )
    return link


def within(record_ids: Collection[int]) -> list[CannotLink]:
    """Cannot-links in force that the set of records would break: a record of each side is in it. 2 queries."""
    sides: dict[int, set[int]] = defaultdict(set)
    rows = CannotLinkRecord.objects.filter(record_id__in=record_ids, cannot_link__revoked_at__isnull=True)
    for link_id, side in rows.values_list("cannot_link_id", "side"):
        sides[link_id].add(side)
    broken = [link_id for link_id, found in sides.items() if len(found) == 2]
    return list(CannotLink.objects.filter(id__in=broken).select_related("created_by")) if broken else []


def touching(record_ids: Collection[int]) -> list[tuple[frozenset[int], frozenset[int]]]:
    """The sides, limited to the given records, of each cannot-link in force that has both ends among them. 1 query."""
    sides: dict[int, tuple[set[int], set[int]]] = defaultdict(lambda: (set(), set()))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.cannot_link_id, e.side, e.record_id FROM matching_cannotlinkrecord e"
            " JOIN matching_cannotlink c ON c.id = e.cannot_link_id AND c.revoked_at IS NULL"
            " WHERE e.record_id = ANY(%s::bigint[])",
            [array(record_ids)],
        )
        for link_id, side, record_id in cursor.fetchall():
            sides[link_id][side].add(record_id)
    return [(frozenset(left), frozenset(right)) for left, right in sides.values() if left and right]


class RevokeNotAllowed(Exception):
    """The cannot-link cannot be revoked; the message says why."""


@transaction.atomic
def revoke(*, cannot_link: CannotLink, by: User | None, reason: str) -> CannotLink:
    """Take a cannot-link back; the two may be proposed and merged again."""
    link = CannotLink.objects.select_for_update().get(id=cannot_link.id)
    if link.revoked_at:
        raise RevokeNotAllowed("It was revoked already.")
    link.revoked_at, link.revoked_by, link.revoked_reason = timezone.now(), by, reason
    link.save(update_fields=["revoked_at", "revoked_by", "revoked_reason"])
    records = link.ends.values_list("record_id", flat=True)
    subjects = Membership.objects.filter(record_id__in=records).values_list("profile_id", flat=True).distinct()
    audit.record("cannot_link.revoked", obj=link, subjects=subjects)
    return link

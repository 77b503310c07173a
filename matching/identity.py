"""The verbs that change who is who on a person's word: merge, split, move. (Undo stands in undo.py, on the same checks.)

Each verb locks the profiles, re-reads them, checks versions, marks and cannot-links, and writes its operation
(operations.py), all in one transaction.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from profiles import jobs
from profiles.models import Approval, IdentityOperation, Mark, Membership, Profile, User
from profiles.models.identity import LinkClass
from profiles.models.mark import kinds_that_stop

from . import constraints
from .locks import atomic_with_retry, lock_profiles
from .models import CannotLink
from .operations import Draft, Kind, Move, apply, create_profiles
from .redirects import last_records_of_tombstones

MERGE_VERIFIED = "merge_verified"  # the approval kind of second_person.py
STRENGTH = {LinkClass.MODEL: 0, LinkClass.RULE: 1, LinkClass.VERIFIED: 2}


class ChangeNotAllowed(Exception):
    """The customers must not be changed so; the message says why, in a steward's words."""


class OutOfDate(ChangeNotAllowed):
    """Someone else changed the customers since they were shown."""


class SecondPersonNeeded(ChangeNotAllowed):
    """The change takes an approval; see second_person.py."""


def weaker(own: str, given: str) -> str:
    """The link class of a record after a merge: the weaker of its own and the merge's; a founder takes the merge's."""
    if own == LinkClass.SYSTEM:
        return given
    return min(own, given, key=lambda name: STRENGTH.get(LinkClass(name), 2))


def load_locked(profile_ids: Collection[UUID], expected: Mapping[UUID, int] | None = None) -> dict[UUID, Profile]:
    """Lock profiles and read them again; all must be active and, where given, of the version seen. 2 queries."""
    lock_profiles(profile_ids)
    found = Profile.objects.in_bulk(list(profile_ids))
    for profile_id in profile_ids:
        profile = found.get(profile_id)
        if profile is None or profile.state != Profile.State.ACTIVE:
            raise OutOfDate("One of the customers was merged or erased in the meantime.")
        if expected and expected.get(profile_id, profile.version) != profile.version:
            raise OutOfDate(
                "One of the customers was changed by someone else in the meantime. Look again before you decide."
            )
    return found


def members(profile_ids: Collection[UUID]) -> dict[UUID, list[Membership]]:
    """Memberships per profile, by record. 1 query."""
    found: dict[UUID, list[Membership]] = {profile_id: [] for profile_id in profile_ids}
    for membership in Membership.objects.filter(profile_id__in=profile_ids).order_by("record_id"):
        found[membership.profile_id].append(membership)
    return found


def check_marks(record_ids: Collection[int]) -> None:
    """Raise when a mark forbids any change of membership. 1 query."""
    mark = Mark.objects.filter(record_id__in=record_ids, kind__in=kinds_that_stop("merge"), until__isnull=True).first()
    if mark:
        raise ChangeNotAllowed(f"{mark.get_kind_display()}. Records of the customer must not be moved.")


def check_cannot_links(record_ids: Collection[int], *, except_for: Collection[int] = ()) -> None:
    """Raise when records that must never meet would meet. 2 queries."""
    broken = [link for link in constraints.within(record_ids) if link.id not in except_for]
    if broken:
        who = broken[0].created_by.display_name if broken[0].created_by else "the system"
        raise ChangeNotAllowed(
            f"{who} decided on {broken[0].created_at:%d %b %Y} that these are not the same. Revoke that decision first."
        )


def check_second_person(present: Mapping[UUID, Sequence[Membership]], approval: Approval | None) -> None:
    """Raise when people have confirmed more than one of the customers and no second person approved their merge."""
    verified = [pid for pid, rows in present.items() if any(m.link_class == LinkClass.VERIFIED for m in rows)]
    if len(verified) > 1 and not is_approved(approval, MERGE_VERIFIED):
        raise SecondPersonNeeded("People have confirmed both customers: a second person must approve their merge.")


def is_approved(approval: Approval | None, kind: str) -> bool:
    """Whether this is the approval, of that kind, that is being carried out."""
    return approval is not None and (approval.kind, approval.state) == (kind, Approval.State.APPROVED)


@atomic_with_retry
def merge(
    *,
    survivor: UUID,
    losers: Sequence[UUID],
    by: User | None,
    reason: str,
    expected: Mapping[UUID, int] | None = None,
    confirmed: Collection[int] = (),
    evidence: Mapping[str, Any] | None = None,
    approval: Approval | None = None,
) -> IdentityOperation:
    """Merge customers into `survivor` on a person's word; `confirmed` records become verified links.

    Where people have confirmed more than one of them already, it takes the approval of a second person.
    """
    everyone = [survivor, *losers]
    if len(set(everyone)) != len(everyone) or not losers:
        raise ChangeNotAllowed("Choose two different customers to merge.")
    profiles = load_locked(everyone, expected)
    if len({profile.party_kind for profile in profiles.values()}) > 1:
        raise ChangeNotAllowed("A person and an organisation are never the same.")
    present = members(everyone)
    record_ids = [m.record_id for rows in present.values() for m in rows]
    check_marks(record_ids)
    check_cannot_links(record_ids)
    check_second_person(present, approval)
    draft = merge_draft(survivor, losers, present, LinkClass.VERIFIED, set(confirmed))
    draft.reason, draft.evidence = reason, {**(evidence or {}), **approved_by(approval)}
    draft.expected = {str(pid): profile.version for pid, profile in profiles.items()}
    return apply([draft], merged=dict.fromkeys(losers, survivor))[0]


def approved_by(approval: Approval | None) -> dict[str, int]:
    """What an operation's evidence says of the approval behind it."""
    return {"approval": approval.pk} if approval else {}


def merge_draft(
    survivor: UUID,
    losers: Iterable[UUID],
    present: Mapping[UUID, Sequence[Membership]],
    given: str,
    confirmed: Collection[int] = (),
    by_name: str = "",
) -> Draft:
    """The operation that moves all records of the losers to the survivor; `by_name`: the rule or model that gives the class.

    A confirmed record becomes verified; one that is with the survivor already "moves" in place, so that it can be undone.
    """
    classes = {
        m.record_id: LinkClass.VERIFIED if m.record_id in confirmed else weaker(m.link_class, given)
        for loser in losers
        for m in present[loser]
    }
    classes |= {m.record_id: LinkClass.VERIFIED for m in present[survivor] if m.record_id in confirmed}
    rows = [m for pid in (*losers, survivor) for m in present[pid]]
    moves = [
        Move(
            m.record_id, m.profile_id, survivor, m.link_class, classes[m.record_id], m.linked_by,
            m.linked_by if classes[m.record_id] == m.link_class else by_name,
        )
        for m in rows
        if m.record_id in classes and (m.profile_id != survivor or m.link_class != LinkClass.VERIFIED)
    ]  # fmt: skip
    return Draft(Kind.MERGE, survivor, moves, "identity.merged")


@atomic_with_retry
def split(
    *,
    profile: UUID,
    record_ids: Collection[int],
    by: User | None,
    reason: str,
    expected: Mapping[UUID, int] | None = None,
    never_again: bool = True,
) -> IdentityOperation:
    """Let records leave a customer; the rest keeps the id. By default the two parts may never be one again.

    A job then matches the leaving part against all others; see `matched_again.py`.
    """
    versions = load_locked([profile], expected)
    rows = members([profile])[profile]
    leaving = [m for m in rows if m.record_id in set(record_ids)]
    if len(leaving) != len(set(record_ids)):
        raise OutOfDate("Some of the chosen records are no longer with this customer.")
    if not leaving or len(leaving) == len(rows):
        raise ChangeNotAllowed("Choose some of the records, not none and not all.")
    check_marks([m.record_id for m in rows])
    target, revived = _home_for(profile, {m.record_id for m in leaving}, versions[profile].party_kind)
    moves = [Move(m.record_id, profile, target, m.link_class, m.link_class, m.linked_by, m.linked_by) for m in leaving]
    draft = Draft(Kind.SPLIT, target, moves, "identity.split", reason)
    draft.expected = {str(profile): versions[profile].version}
    operation = apply([draft], revived=[target] if revived else [])[0]
    if never_again:
        gone = {m.record_id for m in leaving}
        constraints.write(
            left=[m.record_id for m in rows if m.record_id not in gone], right=gone,
            origin=CannotLink.Origin.SPLIT, by=by, reason=reason, operation=operation,
        )  # fmt: skip
    jobs.enqueue(kind="match_again", args={"operation": str(operation.id)})
    return operation


def _home_for(profile: UUID, leaving: set[int], party_kind: str) -> tuple[UUID, bool]:
    """The id of a leaving part: a merged id whose last records were exactly these, else a new one. (id, revived)"""
    last = last_records_of_tombstones(profile)
    for tombstone, records in sorted(last.items()):
        if records == leaving:
            return tombstone, True
    return create_profiles([party_kind])[0], False


@atomic_with_retry
def move(
    *,
    record_ids: Collection[int],
    to_profile: UUID,
    by: User | None,
    reason: str,
    expected: Mapping[UUID, int] | None = None,
) -> IdentityOperation:
    """Send records to another customer on a person's word. Their own customer must keep at least one."""
    before = dict(Membership.objects.filter(record_id__in=record_ids).values_list("record_id", "profile_id"))
    origins = set(before.values()) - {to_profile}
    if not origins or len(before) != len(set(record_ids)) or to_profile in before.values():
        raise ChangeNotAllowed("Choose records of another customer.")
    profiles = load_locked([*origins, to_profile], expected)
    present = members([*origins, to_profile])
    moving = [m for origin in origins for m in present[origin] if m.record_id in before]
    if len(moving) != len(before):
        raise OutOfDate("Some of the records were moved in the meantime.")
    if any(len(present[o]) == sum(m.profile_id == o for m in moving) for o in origins):
        raise ChangeNotAllowed("All records of the customer would leave: merge the two customers instead.")
    if len({profile.party_kind for profile in profiles.values()}) > 1:
        raise ChangeNotAllowed("A person and an organisation are never the same.")
    check_marks([m.record_id for rows in present.values() for m in rows])
    check_cannot_links([*before, *(m.record_id for m in present[to_profile])])
    moves = [Move(m.record_id, m.profile_id, to_profile, m.link_class, LinkClass.VERIFIED, m.linked_by) for m in moving]
    draft = Draft(Kind.MOVE, to_profile, moves, "identity.moved", reason)
    draft.expected = {str(pid): profile.version for pid, profile in profiles.items()}
    return apply([draft])[0]


@atomic_with_retry
def confirm(*, profile: UUID, record_ids: Collection[int], by: User | None, reason: str) -> IdentityOperation:
    """A person says that records belong to their customer: their links become verified, nothing moves."""
    versions = load_locked([profile])
    rows = [m for m in members([profile])[profile] if m.record_id in set(record_ids)]
    if len(rows) != len(set(record_ids)):
        raise OutOfDate("Some of the chosen records are no longer with this customer.")
    rows = [m for m in rows if m.link_class != LinkClass.VERIFIED]
    if not rows:
        raise ChangeNotAllowed("Choose records that nobody has confirmed yet.")
    check_marks([m.record_id for m in rows])
    moves = [Move(m.record_id, profile, profile, m.link_class, LinkClass.VERIFIED, m.linked_by) for m in rows]
    draft = Draft(Kind.MOVE, profile, moves, "identity.confirmed", reason)
    draft.expected = {str(profile): versions[profile].version}
    return apply([draft])[0]

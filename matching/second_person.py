"""What takes a second person here: the merge of two customers that people have confirmed, and the undo of a part.

The acts themselves refuse without an approval (`identity.merge`, `undo.undo`); here is how it is asked for and done.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from profiles import approvals
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.customers import ShownCustomer, show
from profiles.models import Approval, IdentityOperation, Membership, Profile, Source, SourceRecord, User
from profiles.models.identity import LinkClass
from profiles.work import Presented

from . import identity, permissions, review
from . import undo as undoing
from .locks import lock_profiles
from .models import Decision

MERGE, UNDO = identity.MERGE_VERIFIED, undoing.PARTIAL_UNDO


def are_all_verified(profile_ids: Collection[UUID]) -> bool:
    """Whether people have confirmed links of each of these customers, so that their merge takes two. 1 query."""
    links = Membership.objects.filter(profile_id__in=profile_ids, link_class=LinkClass.VERIFIED)
    return len(set(links.values_list("profile_id", flat=True))) == len(set(profile_ids))


# ---- merge ---------------------------------------------------------------------------------------------------------------


def ask_for_merge(
    *, left: UUID, right: UUID, survivor: UUID | None, confirmed: Collection[int], by: User, reason: str
) -> Approval:
    """Ask for the merge of two customers that both have verified links."""
    low, high = sorted([left, right])
    arguments = {
        "left": str(low), "right": str(high), "survivor": str(survivor or review.default_survivor([low, high])),
        "confirmed": sorted(confirmed),
    }  # fmt: skip
    subject = merge_subject(low, high)
    return approvals.request(kind=MERGE, subject_id=subject, arguments=arguments, by=by, reason=reason)


def merge_subject(left: UUID, right: UUID) -> str:
    """What the request for a merge of these two is about, whatever their order."""
    return "".join(sorted([left.hex, right.hex]))


def merge_asked_for(left: UUID, right: UUID) -> Approval | None:
    """The open request for this merge. 1 query."""
    waiting = Approval.objects.awaiting().filter(kind=MERGE, subject_id=merge_subject(left, right))
    return waiting.select_related("requested_by").first()


def _ends(arguments: Mapping[str, Any]) -> list[UUID]:
    return [UUID(arguments["left"]), UUID(arguments["right"])]


def _plan_merge(arguments: Mapping[str, Any]) -> Plan:
    """Both customers with every record and how firmly it is linked; any change of that makes another plan."""
    ends = _ends(arguments)
    profiles = Profile.objects.in_bulk(ends)
    if any(profile.state != Profile.State.ACTIVE for profile in profiles.values()):
        raise ApprovalNotAllowed("One of the customers was merged or erased in the meantime.")
    present = {pid: [[m.record_id, m.link_class] for m in rows] for pid, rows in identity.members(ends).items()}
    survivor = UUID(arguments["survivor"])
    if survivor not in present:
        raise ApprovalNotAllowed("The surviving customer must be one of the two.")
    loser = next(pid for pid in ends if pid != survivor)
    content = {"survivor": str(survivor), "members": {str(pid): rows for pid, rows in present.items()}} | {
        "confirmed": arguments["confirmed"]
    }
    summary = [
        f"Customer {profiles[loser].short_id} ({_counted(present[loser])}) goes into {profiles[survivor].short_id}"
        f" ({_counted(present[survivor])}), whose id stays."
    ]
    if arguments["confirmed"]:
        summary.append(f"{_records(len(arguments['confirmed']))} would be confirmed as verified.")
    return Plan(content, summary, tuple(ends))


def _counted(rows: Sequence[Sequence[object]]) -> str:
    verified = sum(link_class == LinkClass.VERIFIED for _, link_class in rows)
    return f"{_records(len(rows))}, {verified} verified"


def _records(n: int) -> str:
    return f"{n} record{'' if n == 1 else 's'}"


def _merge(approval: Approval) -> IdentityOperation:
    """The decision is of the person who asked; the operation names the approval."""
    left, right = _ends(approval.arguments)
    try:
        decision = review.compare_decide(
            left=left, right=right, verdict=Decision.Verdict.SAME, by=approval.requested_by, reason=approval.reason,
            survivor=UUID(approval.arguments["survivor"]), confirmed=approval.arguments["confirmed"], approval=approval,
        )  # fmt: skip
    except identity.ChangeNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused
    return decision.operation


def _why_not_merge(approval: Approval, user: User) -> str:
    ends = _ends(approval.arguments)
    mine = Profile.objects.stewarded_by(user).filter(id__in=ends).count()
    return "" if mine == len(ends) else "That takes a grant to steward every source of both customers."


def _present_merges(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    """A merge is named after both customers, as the user may see them; with one unreadable it is hidden. 5 queries."""
    ends = {row.pk: _ends(row.arguments) for row in rows}
    everyone = {pid for pair in ends.values() for pid in pair}
    profiles = Profile.objects.visible_to(user).in_bulk(everyone)
    homes = {pid: profile.canonical_id or pid for pid, profile in profiles.items()}
    people = show(set(homes.values()), user)
    return {
        pk: _presented_pair([homes[pid] for pid in pair], people)
        for pk, pair in ends.items()
        if profiles.keys() >= set(pair)
    }


def _presented_pair(pair: Sequence[UUID], people: Mapping[UUID, ShownCustomer]) -> Presented:
    if pair[0] == pair[1]:  # they are one by now
        return Presented(people[pair[0]].name, reverse("profiles:customer", args=[pair[0]]))
    address = f"{reverse('matching:compare')}?a={pair[0]}&b={pair[1]}"
    return Presented(f"{people[pair[0]].name} and {people[pair[1]].name}", address)


# ---- undo of a part ------------------------------------------------------------------------------------------------------


def ask_for_undo(*, operation: IdentityOperation, never_again: bool, by: User, reason: str) -> Approval:
    """Ask for the undo of an operation of which a part only can go back, or after which something else happened."""
    arguments = {"operation": str(operation.pk), "never_again": never_again}
    return approvals.request(kind=UNDO, subject_id=str(operation.pk), arguments=arguments, by=by, reason=reason)


def undo_asked_for(operation: IdentityOperation) -> Approval | None:
    """The open request for the undo of this operation. 1 query."""
    waiting = Approval.objects.awaiting().filter(kind=UNDO, subject_id=str(operation.pk))
    return waiting.select_related("requested_by").first()


def may_undo(user: User, operation: IdentityOperation) -> bool:
    """The verb, and every source of every record of the customers it concerns. 4 queries."""
    stranger = Source.objects.filter(id__in=_concerned(operation)).exclude(
        id__in=Source.objects.stewarded_by(user).values_list("id")
    )
    return user.has_perm(permissions.CHANGE_IDENTITY) and not stranger.exists()


def _concerned(operation: IdentityOperation) -> Iterable[Any]:
    ends = {pid for m in operation.moves.all() for pid in (m.from_profile_id, m.to_profile_id) if pid}
    return SourceRecord.objects.filter(Q(membership__profile__in=ends) | Q(moves__operation=operation)).values(
        "source_id"
    )


def _operation(arguments: Mapping[str, Any]) -> IdentityOperation:
    return IdentityOperation.objects.get(pk=arguments["operation"])


def _lock_undo(arguments: Mapping[str, Any]) -> None:
    lock_profiles(undoing.ends_of(_operation(arguments)))


def _plan_undo(arguments: Mapping[str, Any]) -> Plan:
    """The records that go back, those that stay, and what came after."""
    plan = undoing.plan_undo(_operation(arguments))
    if plan.extent is undoing.Extent.BLOCKED:
        raise ApprovalNotAllowed(plan.blocker)
    content = {
        "returning": [[m.record_id, str(m.to_profile_id), str(m.from_profile_id)] for m in plan.returning],
        "elsewhere": [m.record_id for m in plan.elsewhere],
        "since": list(plan.since),
        "never_again": arguments["never_again"],
    }
    summary = [f"{_records(len(plan.returning))} would go back to where the operation took them from."]
    if plan.elsewhere:
        summary.append(f"{_records(len(plan.elsewhere))} moved on since and would stay.")
    summary += [f"{line[0].upper()}{line[1:]}." for line in plan.since]
    return Plan(content, summary, tuple(undoing.ends_of(plan.operation)))


def _undo(approval: Approval) -> IdentityOperation:
    try:
        return undoing.undo(
            operation=_operation(approval.arguments), by=approval.requested_by, reason=approval.reason,
            never_again=approval.arguments["never_again"], approval=approval,
        )  # fmt: skip
    except identity.ChangeNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused


def _why_not_undo(approval: Approval, user: User) -> str:
    allowed = may_undo(user, _operation(approval.arguments))
    return "" if allowed else "That takes a grant to steward every source concerned."


def _present_undos(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    """An undo is named after its operation; with none of its records readable it is hidden. 2 queries."""
    seen = IdentityOperation.objects.filter(moves__record__source__in=Source.objects.visible_to(user)).distinct()
    operations = seen.in_bulk([row.arguments["operation"] for row in rows])
    found = {row.pk: operations.get(UUID(row.arguments["operation"])) for row in rows}
    return {
        pk: Presented(str(operation), reverse("matching:operation", args=[operation.pk]))
        for pk, operation in found.items()
        if operation
    }


approvals.KINDS.register(
    MERGE,
    ApprovalKind(
        "Merge of two verified customers", permissions.APPROVE_CHANGE, lambda arguments: lock_profiles(_ends(arguments)),
        _plan_merge, _merge, _why_not_merge, _present_merges,
    ),
)  # fmt: skip
approvals.KINDS.register(
    UNDO,
    ApprovalKind(
        "Undo of a part", permissions.APPROVE_CHANGE, _lock_undo, _plan_undo, _undo, _why_not_undo, _present_undos
    ),
)

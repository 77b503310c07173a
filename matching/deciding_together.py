"""Several proposals of one kind decided by one word: at once up to 20, above that by a second person, each with its decision."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from profiles import approvals, audit
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.models import Approval, Membership, Profile, Source, User
from profiles.models.identity import LinkClass
from profiles.work import Presented

from . import identity, permissions, review
from .identity import ChangeNotAllowed
from .locks import atomic_with_retry, lock_profiles
from .models import Decision, Proposal
from .models.proposal import ProposalQuerySet

TOGETHER = "decide_together"
ALONE = 20  # so many one person decides
MOST = 100
WORDS = {Decision.Verdict.SAME: "the same", Decision.Verdict.NOT_SAME: "not the same"}


def decidable(rows: ProposalQuerySet, user: User) -> ProposalQuerySet:
    """Those of these proposals that the user may decide with others: merges of customers all of whose sources they
    steward, and which do not take a second person by themselves."""
    mine = list(Source.objects.stewarded_by(user).values_list("id", flat=True))
    rows = rows.filter(
        kind=Proposal.Kind.MERGE, left__source_ids__contained_by=mine, right__source_ids__contained_by=mine
    )
    verified = Membership.objects.filter(link_class=LinkClass.VERIFIED).values("profile_id")
    return rows.exclude(left__in=verified, right__in=verified)


@atomic_with_retry
def decide(
    *,
    proposals: Collection[int],
    verdict: str,
    by: User,
    reason: str,
    expected: Mapping[UUID, int] | None = None,
    approval: Approval | None = None,
) -> list[Decision]:
    """Decide all or none of them. What another of them has settled already is left as it is.

    `expected`: customers with the versions that were shown.
    """
    found = _open(proposals)
    if len(found) > ALONE and not identity.is_approved(approval, TOGETHER):
        raise identity.SecondPersonNeeded(f"More than {ALONE} at once take a second person.")
    lock_profiles(_ends(found))
    identity.load_locked(_ends(found), expected)
    decisions = [made for one in found if (made := _decide(one.pk, verdict, by, reason))]
    detail = {"pairs": len(decisions), "verdict": verdict}
    audit.record("proposal.decided_together", subjects=_ends(found), detail=detail)
    return decisions


def _decide(pk: int, verdict: str, by: User, reason: str) -> Decision | None:
    proposal = Proposal.objects.get(pk=pk)
    if proposal.state != Proposal.State.OPEN:
        return None
    try:
        return review.decide(proposal=proposal, verdict=verdict, by=by, reason=reason)
    except ChangeNotAllowed as refused:
        raise ChangeNotAllowed(f"Nothing was decided, because of proposal {pk}: {refused} Leave it out.") from refused


def _open(proposals: Collection[int]) -> list[Proposal]:
    """The proposals, most probable first; raises where one is not open any more. 1 query."""
    if not 0 < len(set(proposals)) <= MOST:
        raise ChangeNotAllowed(f"Choose 1 to {MOST} pairs.")
    found = list(Proposal.objects.awaiting_review().filter(pk__in=proposals, kind=Proposal.Kind.MERGE))
    if len(found) < len(set(proposals)):
        raise identity.OutOfDate("One of the pairs was decided in the meantime. Look again before you decide.")
    return found


def _ends(found: Collection[Proposal]) -> list[UUID]:
    return sorted({pid for one in found for pid in (one.left_id, one.right_id) if pid})


# ---- by a second person --------------------------------------------------------------------------------------------------


def ask(*, proposals: Collection[int], verdict: str, by: User, reason: str) -> Approval:
    """Ask a second person for it."""
    arguments = {"proposals": sorted(set(proposals)), "verdict": verdict}
    subject = hashlib.sha256(repr(arguments["proposals"]).encode()).hexdigest()
    return approvals.request(kind=TOGETHER, subject_id=subject, arguments=arguments, by=by, reason=reason)


def _asked(arguments: Mapping[str, Any]) -> list[Proposal]:
    try:
        return _open(arguments["proposals"])
    except ChangeNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused


def _lock(arguments: Mapping[str, Any]) -> None:
    lock_profiles(_ends(Proposal.objects.filter(pk__in=arguments["proposals"])))


def _plan(arguments: Mapping[str, Any]) -> Plan:
    """Every pair with the versions of both customers: any change of one makes another plan."""
    found = _asked(arguments)
    versions = dict(Profile.objects.filter(id__in=_ends(found)).values_list("id", "version"))
    pairs = [
        [one.pk, str(one.left_id), versions[one.left_id], str(one.right_id), versions[one.right_id]] for one in found
    ]
    verdict = arguments["verdict"]
    summary = [f"{_counted(len(found))} would be decided: {WORDS[verdict]}."]
    follows = "each is merged" if verdict == Decision.Verdict.SAME else "each is kept apart for good"
    summary.append(f"{len(versions)} customers are concerned; {follows}, with a decision and an undo of its own.")
    return Plan({"pairs": pairs, "verdict": verdict}, summary, tuple(_ends(found)))


def _counted(n: int) -> str:
    return f"{n} pair{'' if n == 1 else 's'}"


def _carry_out(approval: Approval) -> Decision:
    """The decisions are of the person who asked."""
    try:
        made = decide(**approval.arguments, by=approval.requested_by, reason=approval.reason, approval=approval)
    except ChangeNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused
    return made[0]


def _why_not(approval: Approval, user: User) -> str:
    ends = {pid for pair in approval.plan["pairs"] for pid in (pair[1], pair[3])}
    mine = Profile.objects.stewarded_by(user).filter(id__in=ends).count()
    return "" if mine == len(ends) else "That takes a grant to steward every source of all these customers."


def _present(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    """Named by number and verdict; hidden from who may not see one of the pairs. 1 query."""
    wanted = {row.pk: set(row.arguments["proposals"]) for row in rows}
    every = set().union(*wanted.values())
    seen = set(Proposal.objects.visible_to(user).filter(pk__in=every).values_list("pk", flat=True))
    return {
        row.pk: Presented(
            f"{_counted(len(wanted[row.pk]))}: {WORDS[row.arguments['verdict']]}",
            reverse("matching:asked-together", args=[row.pk]),
        )
        for row in rows
        if wanted[row.pk] <= seen
    }


approvals.KINDS.register(
    TOGETHER,
    ApprovalKind(
        f"Decision about more than {ALONE} pairs",
        permissions.APPROVE_CHANGE,
        _lock,
        _plan,
        _carry_out,
        _why_not,
        _present,
    ),
)

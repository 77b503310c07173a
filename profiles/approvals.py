"""Four eyes: one person asks for an act with its plan, a second one approves exactly that plan, and it is done.

Upper apps register the kinds. An act that takes a second person is given its `Approval`, and refuses without.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Model, Q, QuerySet
from django.urls import reverse
from django.utils import timezone

from . import audit, work
from .locks import atomic_with_retry
from .models import Approval, User
from .permissions import VIEW_APPROVALS
from .registry import Registry
from .work import Presented

State = Approval.State
APPROVAL = "approval"
Arguments = Mapping[str, Any]
EVENT_OF = {
    State.APPROVED: "approval.approved",
    State.REJECTED: "approval.rejected",
    State.WITHDRAWN: "approval.withdrawn",
    State.OUTDATED: "approval.outdated",
    State.EXPIRED: "approval.expired",
}


class ApprovalNotAllowed(Exception):
    """It cannot be asked for, or not be answered so; the message says why."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an act would do as things stand: ids, codes and counts, the same in words, and the customers concerned."""

    content: Mapping[str, Any]
    summary: Sequence[str]
    subjects: Sequence[UUID] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the content, whatever the order of its keys."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ApprovalKind:
    """One kind of act that takes a second person.

    `permission` is what approving takes, `why_not` says of the rows concerned why a person may not decide (empty: may).
    `lock` holds what the plan is read from until the transaction ends; `plan` and `carry_out` raise ApprovalNotAllowed,
    in words, where it cannot be done any more. `present` names those that a user may see; what is left out is hidden.
    `closed` is told of every request that was answered or has ended, in the same transaction.
    """

    title: str
    permission: str
    lock: Callable[[Arguments], None]
    plan: Callable[[Arguments], Plan]
    carry_out: Callable[[Approval], Model]
    why_not: Callable[[Approval, User], str]
    present: Callable[[Sequence[Approval], User], Mapping[int, Presented]]
    days: int = 14
    closed: Callable[[Approval], None] = lambda approval: None


KINDS: Registry[ApprovalKind] = Registry("approval kinds")


@atomic_with_retry
def request(*, kind: str, subject_id: str, arguments: Arguments, by: User, reason: str) -> Approval:
    """Ask for an act: its plan as it is now is what a second person will approve."""
    found = KINDS[kind]
    found.lock(arguments)
    if Approval.objects.awaiting().filter(kind=kind, subject_id=subject_id).exists():
        raise ApprovalNotAllowed("This was asked for already and waits for a second person.")
    plan, now = found.plan(arguments), timezone.now()
    asked = Approval.objects.create(
        kind=kind, subject_id=subject_id, subject_ids=list(plan.subjects), arguments=arguments, plan=plan.content,
        plan_hash=plan.digest, summary=list(plan.summary), reason=reason, requested_by=by, owner=by, requested_at=now,
        expires_at=now + timedelta(days=found.days),
    )  # fmt: skip
    item = work.open_item(kind=APPROVAL, subject_id=asked.pk, reason=kind)
    item.due_at = asked.expires_at
    item.save(update_fields=["due_at"])
    audit.record("approval.requested", obj=asked, subjects=asked.subject_ids, detail={"what": found.title})
    return asked


def why_not_approve(approval: Approval, user: User) -> str:
    """Why this user may not approve it; empty if they may. A few queries."""
    if approval.state != State.REQUESTED:
        return "It was answered already."
    if approval.expires_at <= timezone.now():
        return "It has expired. Ask for it again."
    if user.pk in (approval.requested_by_id, approval.owner_id):
        return "You asked for it: a second person must approve it."
    return why_not_decide(approval, user)


def why_not_decide(approval: Approval, user: User) -> str:
    """Why this user is none of those who decide about it: the permission, and the rows concerned."""
    if not user.has_perm(KINDS[approval.kind].permission):
        return "Your role does not approve this."
    return KINDS[approval.kind].why_not(approval, user)


@atomic_with_retry
def approve(*, approval: Approval, by: User, answer: str = "") -> Approval:
    """Approve a request and carry it out. If its plan has changed since, nothing is done and it ends as out of date."""
    kind = KINDS[approval.kind]
    kind.lock(approval.arguments)
    approval = _locked(approval)
    refused = why_not_approve(approval, by)
    if refused:
        raise ApprovalNotAllowed(refused)
    if changed := what_changed(approval):
        return _close(approval, State.OUTDATED, None, changed)
    approval.state, approval.decided_by = State.APPROVED, by
    approval.result_id = str(kind.carry_out(approval).pk)
    return _close(approval, State.APPROVED, by, answer)


def what_changed(approval: Approval) -> str:
    """Why the request is not what it was, in words; empty when its plan still stands."""
    try:
        plan = KINDS[approval.kind].plan(approval.arguments)
    except ApprovalNotAllowed as refused:
        return str(refused)
    return "" if plan.digest == approval.plan_hash else "What it would do has changed since it was asked for."


@transaction.atomic
def reject(*, approval: Approval, by: User, answer: str = "") -> Approval:
    """Say no; whoever asked for it, or stands for it, withdraws it that way."""
    approval = _locked(approval)
    if approval.state != State.REQUESTED:
        raise ApprovalNotAllowed("It was answered already.")
    if by.pk in (approval.requested_by_id, approval.owner_id):
        return _close(approval, State.WITHDRAWN, by, answer)
    if refused := why_not_decide(approval, by):
        raise ApprovalNotAllowed(refused)
    return _close(approval, State.REJECTED, by, answer)


@transaction.atomic
def void(*, kinds: Sequence[str], subject_id: str, why: str) -> int:
    """End what waits about a subject that is gone or settled, as out of date. Returns how many."""
    waiting = Approval.objects.awaiting().filter(kind__in=kinds, subject_id=subject_id)
    rows = [_locked(row) for row in waiting]
    for row in rows:
        if row.state == State.REQUESTED:
            _close(row, State.OUTDATED, None, why)
    return len(rows)


@transaction.atomic
def expire_due(now: datetime) -> int:
    """End what nobody answered in time. Returns how many."""
    due = list(
        Approval.objects.awaiting().filter(expires_at__lte=now).select_for_update(of=("self",), skip_locked=True)
    )
    for approval in due:
        _close(approval, State.EXPIRED, None, "")
    return len(due)


@transaction.atomic
def pass_on(*, owner: User, to: User) -> int:
    """Another person stands for all open requests of `owner`; who asked for them stays on record. Returns how many."""
    rows = list(Approval.objects.awaiting().filter(owner=owner).select_for_update(of=("self",)))
    for approval in rows:
        approval.owner = to
        approval.save(update_fields=["owner"])
        audit.record(
            "approval.handed_over", obj=approval, detail={"what": KINDS[approval.kind].title, "to": to.username}
        )
    return len(rows)


def _locked(approval: Approval) -> Approval:
    return Approval.objects.select_for_update(of=("self",)).select_related("requested_by", "owner").get(pk=approval.pk)


def _close(approval: Approval, state: str, by: User | None, answer: str) -> Approval:
    approval.state, approval.decided_by, approval.answer = state, by, answer
    approval.decided_at = timezone.now()
    approval.save(update_fields=["state", "decided_by", "decided_at", "answer", "result_id"])
    work.close_subjects(kind=APPROVAL, subject_ids=[approval.pk])
    KINDS[approval.kind].closed(approval)
    audit.record(
        EVENT_OF[State(state)], obj=approval, subjects=approval.subject_ids, detail={"what": KINDS[approval.kind].title}
    )
    return approval


def presented(rows: Sequence[Approval], user: User) -> list[tuple[Approval, str, Presented]]:
    """(approval, title of its kind, words and address) of those the user may see. A few queries per kind."""
    found: dict[int, Presented] = {}
    for name in {row.kind for row in rows}:
        found |= KINDS[name].present([row for row in rows if row.kind == name], user)
    return [(row, KINDS[row.kind].title, found[row.pk]) for row in rows if row.pk in found]


def may_look(row: Approval, user: User) -> bool:
    """Whether the user may know of a request: as one who may approve its kind or stands for it, and by its rows."""
    is_concerned = row.kind in kinds_for(user) or user.pk in (row.requested_by_id, row.owner_id)
    return user.has_perm(VIEW_APPROVALS) and is_concerned and bool(presented([row], user))


def address_of(row: Approval | None, user: User) -> str:
    """Where the user may look at a request; empty when they may not, or there is none."""
    return reverse("profiles:approval", args=[row.pk]) if row and may_look(row, user) else ""


def waiting_for(user: User) -> QuerySet[Approval]:
    """What the user may approve as the second person, as far as the role goes, newest first."""
    own = Q(requested_by=user) | Q(owner=user)
    rows = Approval.objects.awaiting().filter(kind__in=kinds_for(user)).exclude(own)
    return rows.select_related("requested_by", "owner", "decided_by")


def kinds_for(user: User) -> list[str]:
    """The kinds that the user may approve, as far as the role goes."""
    return [name for name, kind in KINDS.items() if user.has_perm(kind.permission)]

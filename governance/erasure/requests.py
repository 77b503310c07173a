"""Requests for deletion: the plan is the erasure's, its targets are the tasks, and it is fulfilled with the certificate."""

from collections.abc import Sequence

from django.db.models import Q

from governance.fulfilment import HANDLERS, Handler, Target, finish, settle
from governance.models import Basis, Erasure, PrivacyRequest, RequestTask
from governance.requests import Kind, RequestNotAllowed, locked
from profiles.approvals import ApprovalNotAllowed, Plan
from profiles.jobs import Claim
from profiles.models import Profile

from . import execute, stores
from .plan import as_approved, plan_of
from .targets import TARGETS, subject_of


def _plan(request: PrivacyRequest) -> Plan:
    try:
        return as_approved(plan_of(request.profile), basis=Basis.REQUEST, reference=str(request.pk))
    except ApprovalNotAllowed as refused:
        raise RequestNotAllowed(str(refused)) from refused


def _targets(request: PrivacyRequest) -> Sequence[Target]:
    found = [Target(name, target.title) for name, target in TARGETS.items()]
    return [*found, Target(execute.SWEEP, "Look everywhere once more")]


def _begin(request: PrivacyRequest) -> None:
    plan = plan_of(request.profile)
    if plan.blockers:
        raise RequestNotAllowed(" ".join(plan.blockers))
    execute.start(plan=plan, approval=request.approval, basis=Basis.REQUEST, reference=str(request.pk))


def erasure_of(request: PrivacyRequest) -> Erasure | None:
    """The erasure that a request led to. 1 query."""
    return Erasure.objects.filter(reference=str(request.pk)).first()


def _execute(request: PrivacyRequest, held: Claim) -> None:
    """The targets have jobs of their own; what failed is tried again."""
    erasure = erasure_of(request)
    if erasure and not erasure.done_at:
        with held.effect():
            execute.advance(erasure, again=True)


def _is_done(request: PrivacyRequest) -> bool:
    erasure = erasure_of(request)
    return erasure is not None and erasure.done_at is not None


def follow(erasure: Erasure) -> None:
    """Tasks of the request are done with the targets that they stand for; with the last one it is fulfilled."""
    found = PrivacyRequest.objects.filter(pk=erasure.reference).first() if erasure.reference else None
    if found is None:
        return
    request = locked(found)
    done = {row.name: row.cleared for row in erasure.targets.filter(done_at__isnull=False)}
    left = request.tasks.filter(target__in=done).exclude(state=RequestTask.State.DONE)
    for task in left.select_for_update():
        finish(task, by=None, result=done[task.target])
    settle(request)


def clear_answered() -> int:
    """What a person wrote in a request goes once it is closed. Returns how many rows."""
    labels = ("governance.PrivacyRequest", "governance.RequestAttachment", "governance.OutgoingMessage")
    cleared = 0
    closed = PrivacyRequest.objects.filter(closed_at__isnull=False, profile__state=Profile.State.ERASED)
    open_claims = closed.filter(Q(claim__isnull=False) | Q(messages__state="sent")).values("profile")
    for erasure in Erasure.objects.filter(done_at__isnull=False, profile__in=open_claims):
        cleared += sum(stores.stores()[label].clear(subject_of(erasure)) for label in labels)
    return cleared


HANDLERS.register(Kind.DELETION, Handler("Erasure", _plan, _targets, _execute, _is_done, begin=_begin))
execute.FOLLOWERS.register("requests", follow)

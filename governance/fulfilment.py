"""How a request is fulfilled: a plan, a second person where it takes one, tasks in each place, and done when all are.

Each kind of request has a `Handler`. Its plan is made anew whenever somebody looks; what a second person approves is its
hash. From then on there are tasks, one for each place: a job does those that it can, people do the others by hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from profiles import approvals, audit, jobs
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.jobs import Claim, LeaseLost
from profiles.locks import lock_profiles
from profiles.models import Approval, Membership, User
from profiles.registry import Registry
from profiles.work import Presented

from . import letters
from .models import PrivacyRequest, RequestTask
from .models.request import State
from .permissions import APPROVE_REQUESTS
from .requests import PLAN, Blocked, RequestNotAllowed, become, close, locked

JOB = "fulfil_request"


@dataclass(frozen=True, slots=True)
class Target:
    """One place that must be reached: a code, what is to be done there in words, and whose stewards see to it."""

    code: str
    title: str
    source_id: int | None = None
    by_hand: bool = False
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Handler:
    """How requests of one kind are fulfilled.

    `plan` says what would be done as things stand, in ids, codes and counts and the same in words, and raises
    RequestNotAllowed, in words, where it cannot be; the caller holds the lock of the profile. `targets` are the places
    that the plan must reach; they become tasks when it is approved. `execute` does what is left of them, each in a
    transaction of its own (`each_task`); it may be killed anywhere and is called again. `is_done` may ask for more than
    that every task is done. `begin` runs in the transaction of the approval, under the profile's lock, once tasks are made.
    What is done `at_once`, without a second person, begins when the request is verified.
    """

    title: str
    plan: Callable[[PrivacyRequest], Plan]
    targets: Callable[[PrivacyRequest], Sequence[Target]]
    execute: Callable[[PrivacyRequest, Claim], None]
    is_done: Callable[[PrivacyRequest], bool] = lambda request: True
    takes_two: bool = True
    begin: Callable[[PrivacyRequest], None] = lambda request: None
    at_once: bool = False  # begins as soon as it is known who asks


HANDLERS: Registry[Handler] = Registry("handlers of privacy requests")


def handler_of(request: PrivacyRequest) -> Handler:
    """How it is fulfilled."""
    found = HANDLERS.get(request.kind)
    if found is None:
        raise RequestNotAllowed(f"Nothing here fulfils requests of the kind {request.get_kind_display().lower()}.")
    return found


def members(request: PrivacyRequest) -> list[int]:
    """The records it is about now: frozen ones once it has begun. At most 1 query."""
    if request.started_at:
        return list(request.records)
    rows = Membership.objects.filter(profile_id=request.profile_id)
    return list(rows.order_by("record_id").values_list("record_id", flat=True))


# ---- plan and approval ---------------------------------------------------------------------------------------------------


def plan_of(request: PrivacyRequest) -> Plan:
    """What would be done as things stand; bound to the request and to the records that it would be done to."""
    if request.state not in (State.IN_PROGRESS, State.AWAITING_APPROVAL) or request.started_at:
        raise RequestNotAllowed("There is a plan while a request is in progress, before it is carried out.")
    if request.profile_id is None or not request.verified:
        raise RequestNotAllowed("First it must be known, and proven, who asks.")
    plan = handler_of(request).plan(request)
    content = {"request": str(request.pk), "profile": str(request.profile_id), "records": members(request)}
    return Plan({**plan.content, **content}, plan.summary, plan.subjects or (request.profile_id,))


@transaction.atomic
def ask(*, request: PrivacyRequest, by: User, reason: str) -> PrivacyRequest:
    """Have the plan approved by a second person; it is done at once where the kind takes none."""
    if not handler_of(request).takes_two:
        return start(request=request, by=by)
    _lock(request)
    request = locked(request)
    approval = approvals.request(
        kind=PLAN, subject_id=str(request.pk), arguments={"request": str(request.pk)}, by=by, reason=reason
    )
    return become(request, State.AWAITING_APPROVAL, approval=approval)


@transaction.atomic
def start(*, request: PrivacyRequest, by: User | None, approval: Approval | None = None) -> PrivacyRequest:
    """Freeze the records, make a task for each place and have them done. Caller is the second person, or none is due."""
    _lock(request)
    request = locked(request)
    handler = handler_of(request)
    if handler.takes_two and not _is_approved(request, approval):
        raise RequestNotAllowed("It takes a second person.")
    plan, found = plan_of(request), members(request)
    RequestTask.objects.bulk_create(
        RequestTask(
            request=request, target=target.code, title=target.title, source_id=target.source_id,
            by_hand=target.by_hand, due_at=target.due_at or request.due_at,
        )
        for target in handler.targets(request)
    )  # fmt: skip
    changes = {"records": found, "plan_hash": plan.digest, "started_at": timezone.now()}
    if request.state == State.AWAITING_APPROVAL:
        become(request, State.IN_PROGRESS, **changes)
    else:
        PrivacyRequest.objects.filter(pk=request.pk).update(**changes)
        request.refresh_from_db()
    handler.begin(request)
    audit.record("request.started", obj=request, subjects=[request.profile_id], detail={"records": len(found)})
    have_done(request)
    return request


def _is_approved(request: PrivacyRequest, approval: Approval | None) -> bool:
    return (
        approval is not None
        and approval.state == Approval.State.APPROVED
        and (approval.kind, approval.subject_id) == (PLAN, str(request.pk))
    )


def have_done(request: PrivacyRequest) -> None:
    """Queue the job that does what is left."""
    jobs.enqueue(kind=JOB, args={"request": str(request.pk)}, dedupe_key=str(request.pk))


def _lock(request: PrivacyRequest) -> None:
    if request.profile_id:
        lock_profiles([request.profile_id])


def _request(arguments: Mapping[str, Any]) -> PrivacyRequest:
    return PrivacyRequest.objects.get(pk=arguments["request"])


def _plan(arguments: Mapping[str, Any]) -> Plan:
    try:
        return plan_of(_request(arguments))
    except RequestNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused


def _carry_out(approval: Approval) -> PrivacyRequest:
    try:
        return start(request=_request(approval.arguments), by=approval.requested_by, approval=approval)
    except RequestNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused


def _go_back(approval: Approval) -> None:
    """Without an approval the request is where it was before it was asked for."""
    request = locked(_request(approval.arguments))
    if approval.state != Approval.State.APPROVED and request.state == State.AWAITING_APPROVAL:
        become(request, State.IN_PROGRESS)


def present(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    """A request is named by its kind and its short id: whose it is, its own page says. 1 query."""
    ids = [UUID(row.arguments["request"]) for row in rows]
    found = {request.pk: request for request in PrivacyRequest.objects.visible_to(user).filter(pk__in=ids)}
    return {
        row.pk: Presented(str(found[pk]), reverse("governance:request", args=[pk]))
        for row, pk in zip(rows, ids, strict=True)
        if pk in found
    }


approvals.KINDS.register(
    PLAN,
    ApprovalKind(
        "Plan of a privacy request", APPROVE_REQUESTS, lambda arguments: _lock(_request(arguments)), _plan, _carry_out,
        lambda approval, user: "", present, closed=_go_back,
    ),
)  # fmt: skip


# ---- the tasks -----------------------------------------------------------------------------------------------------------


def each_task(
    request: PrivacyRequest, held: Claim, do: Callable[[RequestTask], Mapping[str, object]], *, only: str = ""
) -> None:
    """Do the tasks that no person does and that are not done, each in one transaction under the job's fence.

    What `do` returns (codes and counts) is kept. One that fails is left for another try; the others go on. `only`: those
    whose target begins so.
    """
    for pk in list(_left(request).filter(by_hand=False, target__startswith=only).values_list("pk", flat=True)):
        try:
            with held.effect():
                task = RequestTask.objects.select_for_update().get(pk=pk)
                if task.state != RequestTask.State.DONE:
                    finish(task, by=None, result=do(task))
        except LeaseLost:
            raise
        except Exception as error:  # whatever a place answers, the others go on
            with held.effect():
                fail(pk, type(error).__name__)
        held.beat(tasks_left=_left(request).count())


def _left(request: PrivacyRequest) -> Any:
    return request.tasks.exclude(state=RequestTask.State.DONE)


def finish(task: RequestTask, *, by: User | None, result: Mapping[str, object]) -> None:
    """Note that a locked task is done. 2 queries."""
    task.state, task.done_at, task.done_by = RequestTask.State.DONE, timezone.now(), by
    task.result, task.last_error, task.tries = dict(result), "", task.tries + 1
    task.save()
    audit.record("request.task_done", obj=task, detail={"target": task.target, "request": str(task.request_id)})


def fail(task_id: int, error: str) -> None:
    """Note that a task was tried in vain. 2 queries."""
    task = RequestTask.objects.select_for_update().get(pk=task_id)
    task.state, task.last_error, task.tries = RequestTask.State.FAILED, error[:80], task.tries + 1
    task.save()
    audit.record("request.task_failed", obj=task, detail={"target": task.target, "error": error[:80]})


@transaction.atomic
def do_by_hand(*, task: RequestTask, by: User) -> PrivacyRequest:
    """A person says that a task is done; with the last one the request is fulfilled."""
    request = locked(task.request)
    task = RequestTask.objects.select_for_update().get(pk=task.pk)
    if not task.by_hand or task.state == RequestTask.State.DONE:
        raise RequestNotAllowed("This task is not, or no longer, one for a person.")
    finish(task, by=by, result={})
    return settle(request)


def settle(request: PrivacyRequest) -> PrivacyRequest:
    """Fulfil a locked request when nothing is left; say what blocks it when a task failed. 2 to 6 queries."""
    if not request.is_under_way:
        return request
    states = set(request.tasks.values_list("state", flat=True))
    if states <= {RequestTask.State.DONE} and handler_of(request).is_done(request):
        closed = close(request, State.FULFILLED, by=None)
        letters.send(request=closed, letter="completion", by=None)
        return closed
    request.blocked = Blocked.TASK if RequestTask.State.FAILED in states else Blocked.NOTHING
    request.save(update_fields=["blocked"])
    return request


def run_fulfilment(held: Claim) -> None:
    """The job: do what is left of a request, then see whether it is fulfilled."""
    request = PrivacyRequest.objects.get(pk=held.args["request"])
    if request.is_under_way:
        handler_of(request).execute(request, held)
        with held.effect():
            settle(locked(request))


@transaction.atomic
def try_again(*, request: PrivacyRequest, by: User) -> PrivacyRequest:
    """Have the tasks that failed done again; those that are done are not touched."""
    request = locked(request)
    if not request.is_under_way:
        raise RequestNotAllowed("Nothing of it is left to do.")
    have_done(request)
    audit.record("request.retried", obj=request, subjects=[request.profile_id])
    return request

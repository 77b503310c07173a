"""The targets of every erasure, in order; and its kinds of approval, job and work item."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse

from governance import permissions
from governance.models import Erasure
from profiles import approvals, jobs, work
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.customers import show
from profiles.locks import lock_profiles
from profiles.models import Approval, Profile, User
from profiles.work import Presented, WorkKind

from . import execute, files, links, notices, requests, targets
from .plan import as_approved, plan_of
from .stores import stores
from .targets import DERIVED, NOTES, TARGETS, Cleared, Subject, Target

FILLED = (links, requests)  # they fill the registries
ERASE = "erase_customer"
RECORDS = ("profiles.SourceRecord", "profiles.RecordVersion")


def _own_labels() -> set[str]:
    named = {label for target in TARGETS.values() for label in target.labels}
    return named | {"profiles.Membership", "profiles.QuarantinedRow", "matching.FullRunPiece", "matching.FullRunUsage"}


def others() -> list[str]:
    """Stores that no target of their own clears: whatever an app declares is cleared with these."""
    return [label for label in stores() if label not in _own_labels()]


def clear_others(erasure: Erasure | None, subject: Subject) -> Cleared:
    return targets.clear_stores(others(), subject)


def left_in_others(erasure: Erasure, subject: Subject) -> int:
    return targets.left_in(others(), subject)


for _name, _target in {
    "identity": Target("Who is who", targets.clear_identity, targets.left_of_identity),
    "records": Target(
        "Records and their older versions", targets.clear_records, targets.left_of_records, ("identity",), RECORDS
    ),
    "derived": Target(
        "Golden values, search, keys", targets.clear_derived,
        lambda erasure, subject: targets.left_in(DERIVED.split(), subject), ("identity",), tuple(DERIVED.split()),
    ),
    "notes": Target(
        "Corrections, flags, and what people wrote", targets.clear_notes,
        lambda erasure, subject: targets.left_in(NOTES.split(), subject), ("records",), tuple(NOTES.split()),
    ),
    "others": Target("Consent, requests and what else hangs on the person", clear_others, left_in_others, ("records",)),
    "set_aside": Target("Rows that were set aside", files.clear_set_aside, files.left_set_aside),
    "uploads": Target("Uploaded files", files.clear_uploads, files.left_uploads),
    "runs": Target("Copies held by full runs", targets.clear_runs, targets.left_of_runs),
    "outbox": Target("Mail written to files", files.clear_outbox, files.left_outbox),
    "notices": Target("Sources and recipients told", notices.clear, notices.left),
}.items():  # fmt: skip
    TARGETS.register(_name, _target)


# ---- four eyes -------------------------------------------------------------------------------------------------------------


def ask(*, profile: Profile, basis: str, by: User, reason: str, reference: str = "") -> Approval:
    """Ask a second person for the erasure of a customer, with its plan as it is now."""
    arguments = {"profile": str(profile.id), "basis": basis, "reference": reference}
    return approvals.request(kind=ERASE, subject_id=str(profile.id), arguments=arguments, by=by, reason=reason)


def asked_for(profile: Profile) -> Approval | None:
    """The open request for this erasure. 1 query."""
    waiting = Approval.objects.awaiting().filter(kind=ERASE, subject_id=str(profile.id))
    return waiting.select_related("requested_by").first()


def _profile(arguments: Mapping[str, Any]) -> Profile:
    return Profile.objects.get(pk=arguments["profile"])


def _plan(arguments: Mapping[str, Any]) -> Plan:
    plan = plan_of(_profile(arguments))
    return as_approved(plan, basis=arguments["basis"], reference=arguments["reference"])


def _carry_out(approval: Approval) -> Erasure:
    arguments = approval.arguments
    plan = plan_of(_profile(arguments))
    if plan.blockers:
        raise ApprovalNotAllowed(" ".join(plan.blockers))
    return execute.start(plan=plan, approval=approval, basis=arguments["basis"], reference=arguments["reference"])


def _why_not(approval: Approval, user: User) -> str:
    """Erasure acts on all records, whoever may see them: the role decides."""
    return ""


def _present(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    """An erasure is named after its customer, as the user may see it."""
    ids = {UUID(row.arguments["profile"]) for row in rows}
    seen = set(Profile.objects.visible_to(user).filter(id__in=ids).values_list("id", flat=True))
    people = show(seen, user)

    return {
        row.pk: Presented(people[pk].name, reverse("governance:erasure-plan", args=[pk]), (pk,))
        for row in rows
        if (pk := UUID(row.arguments["profile"])) in seen
    }


approvals.KINDS.register(
    ERASE,
    ApprovalKind(
        "Erasure of a customer", permissions.APPROVE_ERASURE,
        lambda arguments: lock_profiles([UUID(arguments["profile"])]), _plan, _carry_out, _why_not, _present,
    ),
)  # fmt: skip
jobs.KINDS.register(execute.JOB, jobs.JobKind("Erasure", execute.run_job))
work.KINDS.register(
    notices.NOTICE,
    WorkKind(
        "A source must be told of an erasure", "governance:erasure-notice",
        {"told": "A customer of this source was erased here: it must be erased there, too."},
    ),
)  # fmt: skip

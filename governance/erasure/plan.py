"""The plan of an erasure: what would go from where, what stays and why, and what stands in the way."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from governance import duties
from governance.models import Basis, Erasure
from profiles.approvals import ApprovalNotAllowed, Plan
from profiles.models import Mark, Membership, Profile
from profiles.models.identity import LinkClass

from . import stores
from .stores import Subject
from .targets import TARGETS

# these change while a request waits for its answer, and are no part of what is approved
UNBOUND = {"profiles.Approval", "profiles.Mark"}


@dataclass(frozen=True, slots=True)
class Line:
    """One store with how many rows go, or stay and why."""

    label: str
    rows: int
    reason: str = ""


@dataclass(slots=True)
class ErasurePlan:
    """What an erasure would do as things stand."""

    profile: Profile
    subject: Subject
    tombstones: tuple[UUID, ...] = ()
    members: Sequence[Membership] = ()
    kept_records: Sequence[duties.Kept] = ()
    going: list[Line] = field(default_factory=list)
    staying: list[Line] = field(default_factory=list)
    blockers: list[str] = field(default_factory=list)

    @property
    def unsure(self) -> list[Membership]:
        """Records that only the match model says are the person's."""
        return [m for m in self.members if m.link_class == LinkClass.MODEL]


def plan_of(profile: Profile) -> ErasurePlan:
    """Row counts of every store, from the declaration. About 40 queries."""
    members = list(Membership.objects.filter(profile=profile).select_related("record__source").order_by("record_id"))
    kept = duties.kept([m.record for m in members])
    stay = {one.record_id for one in kept}
    going = tuple(m.record_id for m in members if m.record_id not in stay)
    tombstones = tuple(Profile.objects.filter(canonical=profile).order_by("id").values_list("id", flat=True))
    subject = Subject(() if stay else (profile.id, *tombstones), going)
    plan = ErasurePlan(profile, subject, tombstones, members, kept)
    plan.going = [Line(label, n) for label, store in stores.stores().items() if (n := store.left(subject).count())]
    plan.staying = [Line(label, n, reason) for label, n, reason in stores.kept(subject)]
    plan.blockers = list(blockers(plan))
    return plan


def blockers(plan: ErasurePlan) -> Sequence[str]:
    """Why it cannot be done now, in words. 2 queries."""
    found = []
    if plan.profile.state != Profile.State.ACTIVE:
        found.append("The customer was merged or erased.")
    unsure = len(plan.unsure)
    if unsure:
        found.append(
            f"{_records(unsure)} linked by probability only: a steward must confirm each first, so that nobody else is"
            " erased."
        )
    held = Mark.objects.filter(record__membership__profile=plan.profile, kind=Mark.Kind.HOLD, until__isnull=True)
    if held.exists():
        found.append("A legal hold is on it.")
    if Erasure.objects.filter(profile=plan.profile, done_at__isnull=True).exists():
        found.append("It is being erased.")
    if not plan.subject.records:
        found.append("A law demands that all of its records are kept." if plan.members else "It has no records.")
    return found


def _records(n: int) -> str:
    return "1 record is" if n == 1 else f"{n} records are"


def as_approved(plan: ErasurePlan, *, basis: str, reference: str = "") -> Plan:
    """The plan as a second person approves it: any change of a record, a link or a count makes another one."""
    if plan.blockers:
        raise ApprovalNotAllowed(" ".join(plan.blockers))
    content = {
        "customer": str(plan.profile.id),
        "merged": [str(pk) for pk in plan.tombstones],
        "records": [[m.record_id, m.record.revision, m.link_class] for m in plan.members],
        "kept": [[one.record_id, one.rule_id] for one in plan.kept_records],
        "stores": {line.label: line.rows for line in plan.going if _is_bound(line.label)},
        "targets": list(TARGETS),
        "basis": basis,
        "reference": reference,
    }
    return Plan(content, list(_summary(plan, basis)), (plan.profile.id, *plan.tombstones))


def _is_bound(label: str) -> bool:
    return label not in UNBOUND and label.partition(".")[0] in ("profiles", "matching")


def _summary(plan: ErasurePlan, basis: str) -> Sequence[str]:
    n = len(plan.subject.records)
    rows = sum(line.rows for line in plan.going)
    lines = [
        f"{n} record{'s' if n != 1 else ''} of customer {plan.profile.short_id}: {rows} rows in {len(plan.going)} stores"
        " are deleted or emptied. It cannot be undone.",
        f"Because: {Basis(basis).label}.",
    ]
    if plan.tombstones:
        lines.append(f"{len(plan.tombstones)} ids that were merged into it answer that they are gone.")
    lines += [f"Record {one.record_id} stays, restricted: {one.law}."[:300] for one in plan.kept_records]
    lines.append("Its identifiers are kept as keyed hashes only, so that no source brings it back.")
    return lines

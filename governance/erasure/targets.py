"""Targets of an erasure: what each clears, after which others, and how it is known that nothing is left."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from governance.models import Erasure
from governance.suppression.identifiers import at_source, hashed
from matching.locks import lock_profiles
from matching.models import BlockKey, CannotLink, FullRun, FullRunPiece, FullRunUsage, Proposal
from matching.operations import take_out
from profiles import work
from profiles.models import Correction, Flag, Mark, Membership, Profile, SourceRecord, WorkItem
from profiles.registry import Registry

from . import stores
from .stores import Subject

Cleared = Mapping[str, int]


class NotYet(Exception):
    """The target waits for something; the code says for what, and the next round tries again."""


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of store. `clear` runs in one transaction and may be repeated; `long` before it, in several of its own.

    `left` counts what remains; it must be nought before the erasure is done.
    """

    title: str
    clear: Callable[[Erasure, Subject], Cleared]
    left: Callable[[Erasure, Subject], int]
    after: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()


TARGETS: Registry[Target] = Registry("erasure targets")
WAITS = {
    "hold": "A legal hold was placed.",
    "imports": "Files that came in before are still being read.",
    "runs": "A full run still holds a copy.",
    "notices": "Not everybody was told yet.",
    "left": "The sweep found something left.",
}


def subject_of(erasure: Erasure) -> Subject:
    """Whom an erasure is about; a customer of whom a law keeps something is not erased itself."""
    return Subject(() if erasure.kept else tuple(erasure.profiles), tuple(erasure.records))


def clear_stores(labels: Iterable[str], subject: Subject) -> Cleared:
    """Clear tables as declared."""
    found = stores.stores()
    return {label: found[label].clear(subject) for label in labels}


def left_in(labels: Iterable[str], subject: Subject) -> int:
    found = stores.stores()
    return sum(found[label].left(subject).count() for label in labels)


def declared(title: str, labels: str, after: tuple[str, ...] = ()) -> Target:
    """A target that is cleared as its models are declared."""
    names = tuple(labels.split())
    return Target(
        title, lambda erasure, subject: clear_stores(names, subject), lambda erasure, subject: left_in(names, subject),
        after, names,
    )  # fmt: skip


# ---- who is who ----------------------------------------------------------------------------------------------------------


def clear_identity(erasure: Erasure, subject: Subject) -> Cleared:
    """The records leave their customers, and a customer left without any is erased with the ids merged into it."""
    before = Membership.objects.filter(record__in=subject.records).count()
    leave(subject.records, {"erasure": str(erasure.id)})
    return {"profiles.Membership": before}


def leave(record_ids: Collection[int], evidence: Mapping[str, object]) -> set[UUID]:
    """Records leave their customers for good, under their locks. Returns the customers that are erased with that."""
    homes = set(Membership.objects.filter(record__in=record_ids).values_list("profile_id", flat=True))
    lock_profiles(homes)
    refuse_held(record_ids)
    leaving: dict[UUID, list[Membership]] = {}
    staying, chosen = set(), set(record_ids)
    for m in Membership.objects.filter(profile_id__in=homes).order_by("record_id"):
        if m.record_id in chosen:
            leaving.setdefault(m.profile_id, []).append(m)
        else:
            staying.add(m.profile_id)
    emptied = set(leaving) - staying
    if leaving:
        take_out(leaving, emptied, evidence=evidence)
    return emptied


def refuse_held(record_ids: Collection[int]) -> None:
    """Raise where a hold forbids it. 1 query."""
    if Mark.objects.filter(record_id__in=record_ids, kind=Mark.Kind.HOLD, until__isnull=True).exists():
        raise NotYet("hold")


def left_of_identity(erasure: Erasure, subject: Subject) -> int:
    members = Membership.objects.filter(record__in=subject.records).count()
    return members + Profile.objects.filter(id__in=subject.profiles).exclude(state=Profile.State.ERASED).count()


# ---- records ---------------------------------------------------------------------------------------------------------------


def clear_records(erasure: Erasure | None, subject: Subject) -> Cleared:
    """Payloads, attributes and older versions go; the empty record keeps its place, under the digest of its id."""
    rows = SourceRecord.objects.filter(id__in=subject.records).exclude(state=SourceRecord.State.ERASED)
    rows = list(rows.select_related("source").select_for_update(of=("self",)).order_by("id"))
    for row in rows:
        ((_, digest),) = hashed([at_source(row.source.key, row.external_id)])
        row.external_id, row.state = f"erased:{digest.hex()}:{row.pk}", SourceRecord.State.ERASED
        row.payload, row.payload_hash, row.attributes, row.sealed, row.problems = b"", b"", {}, None, []
        row.source_version = ""
    SourceRecord.objects.bulk_update(
        rows, ["external_id", "state", "payload", "payload_hash", "attributes", "sealed", "problems", "source_version"]
    )
    return {"profiles.SourceRecord": len(rows), **clear_stores(["profiles.RecordVersion"], subject)}


def left_of_records(erasure: Erasure, subject: Subject) -> int:
    there = SourceRecord.objects.filter(id__in=subject.records)
    empty = Q(state=SourceRecord.State.ERASED, attributes={}, sealed=None, external_id__startswith="erased:")
    full = there.exclude(empty)
    return full.count() + left_in(["profiles.RecordVersion"], subject)


# ---- what was derived from them ---------------------------------------------------------------------------------------------

DERIVED = (
    "profiles.GoldenValue profiles.SearchEntry matching.BlockKey matching.Relation matching.FullRunEdge"
    " matching.FullRunMember matching.FullRunChange"
)


def clear_derived(erasure: Erasure | None, subject: Subject) -> Cleared:
    """Golden values, what search reads, keys, households, and what full runs kept."""
    keys = set(BlockKey.objects.filter(record_id__in=subject.records).values_list("key", flat=True))
    shared = set(
        BlockKey.objects.filter(key__in=keys).exclude(record_id__in=subject.records).values_list("key", flat=True)
    )
    usage, _ = FullRunUsage.objects.filter(key__in=keys - shared).delete()
    return {**clear_stores(DERIVED.split(), subject), "matching.FullRunUsage": usage}


def clear_runs(erasure: Erasure, subject: Subject) -> Cleared:
    """Full runs read everybody once and delete that themselves: wait for those that began before."""
    pieces = FullRunPiece.objects.filter(run__created_at__lte=erasure.started_at)
    if pieces.filter(run__state__in=FullRun.BUSY).exists():
        raise NotYet("runs")
    return {"matching.FullRunPiece": pieces.delete()[0]}


def left_of_runs(erasure: Erasure, subject: Subject) -> int:
    return FullRunPiece.objects.filter(run__created_at__lte=erasure.started_at).count()


# ---- what people said -------------------------------------------------------------------------------------------------------

NOTES = (
    "profiles.Correction profiles.Flag profiles.Mark matching.Proposal matching.Decision profiles.IdentityOperation"
    " profiles.Approval matching.CannotLinkRecord matching.CannotLink"
)


def clear_notes(erasure: Erasure | None, subject: Subject) -> Cleared:
    """Corrections, flags, marks, and the words that stewards wrote with what they did."""
    close_work(subject)
    touched = CannotLink.objects.filter(ends__record__in=subject.records).values("id")
    CannotLink.objects.filter(id__in=touched).update(reason="", revoked_reason="")
    Proposal.objects.filter(stores.stores()["matching.Proposal"].where(subject), state=Proposal.State.OPEN).update(
        state=Proposal.State.OUTDATED, closed_at=timezone.now()
    )
    return clear_stores(NOTES.split(), subject)


def close_work(subject: Subject) -> None:
    """What waits for a person about what goes. 5 queries."""
    proposals = Proposal.objects.filter(stores.stores()["matching.Proposal"].where(subject))
    about = [
        *Correction.objects.filter(record__in=subject.records).values_list("id", flat=True),
        *Flag.objects.filter(record__in=subject.records).values_list("id", flat=True),
    ]
    kinds = ["correction_conflict", "flag"]
    items = WorkItem.objects.filter(
        Q(kind__in=kinds, subject_id__in=[str(pk) for pk in about])
        | Q(id__in=proposals.filter(work_item__isnull=False).values("work_item"))
        | Q(subject_id__in=[str(pk) for pk in subject.profiles])
    )
    work.close_items(list(items.values_list("id", flat=True)), state=WorkItem.State.DROPPED)

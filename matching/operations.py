"""Identity operations, written and carried out in sets: the only code that changes memberships.

Moves memberships, writes the ledger and the audit, rebuilds golden values and runs the steps of upper apps, in the
caller's transaction. The caller (identity.py, undo.py, undo_many.py, outcome.py) holds the locks and has checked everything.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Q
from django.utils import timezone

from profiles import audit, golden
from profiles.bulk import array, copy_models, texts
from profiles.context import current_actor
from profiles.ids import new_id
from profiles.models import IdentityOperation, Membership, Profile, RecordMove
from profiles.models.identity import LinkClass

from . import proposals
from .redirects import redirect
from .steps import run_steps

Kind = IdentityOperation.Kind


@dataclass(frozen=True, slots=True)
class Move:
    """One record on its way: where it is, where it goes, how firmly it was and will be linked, and by which rule or model."""

    record_id: int
    from_profile: UUID | None
    to_profile: UUID
    class_before: str
    class_after: str
    linked_before: str = ""
    linked_after: str = ""


@dataclass(slots=True)
class Draft:
    """An operation about to be written, with its moves.

    `restores`: tombstone → who stood for it, of the operation that this one undoes; `redirects` is filled by `apply`.
    """

    kind: str
    profile_id: UUID
    moves: list[Move]
    action: str
    reason: str = ""
    model_label: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, int] = field(default_factory=dict)
    undoes_id: UUID | None = None
    restores: Mapping[UUID, UUID] = field(default_factory=dict)
    redirects: dict[str, str] = field(default_factory=dict)
    id: UUID = field(default_factory=new_id)


def create_profiles(party_kinds: Sequence[str]) -> list[UUID]:
    """Fresh, empty profiles. 1 COPY."""
    now = timezone.now()
    made = [Profile(id=new_id(), party_kind=kind, created_at=now, updated_at=now) for kind in party_kinds]
    copy_models(made)
    return [profile.id for profile in made]


@dataclass(frozen=True, slots=True)
class Founder:
    """A record that founds a profile, and what that will hold when all that enter it at once are there."""

    record_id: int
    party_kind: str
    source_ids: list[int]
    records: int = 1


def found_profiles(founders: Sequence[Founder]) -> list[UUID]:
    """A profile for each; records found them without an operation. 2 COPY."""
    now, ids = timezone.now(), [new_id() for _ in founders]
    copy_models(
        [
            Profile(
                id=pid,
                party_kind=one.party_kind,
                source_ids=one.source_ids,
                record_count=one.records,
                created_at=now,
                updated_at=now,
            )
            for pid, one in zip(ids, founders, strict=True)
        ]
    )
    copy_models(
        [
            Membership(record_id=one.record_id, profile_id=pid, link_class=LinkClass.SYSTEM, since=now)
            for pid, one in zip(ids, founders, strict=True)
        ]
    )
    return ids


def apply(
    drafts: Sequence[Draft],
    *,
    merged: Mapping[UUID, UUID] | None = None,
    revived: Collection[UUID] = (),
    rebuild: bool = True,
) -> list[IdentityOperation]:
    """Write operations and carry them out. Caller holds the locks and has checked everything.

    `merged`: emptied profile → the one that stands for it now; `revived`: merged profiles that live again.
    A fixed number of queries, whatever the number of drafts.
    """
    now = timezone.now()
    actor = current_actor()
    merged = merged or {}
    touched = {pid for draft in drafts for m in draft.moves for pid in (m.from_profile, m.to_profile) if pid}
    touched |= {draft.profile_id for draft in drafts}
    proposals.lock_of(touched)
    redirected = redirect(drafts, merged, revived)
    operations = [
        IdentityOperation(
            id=draft.id, kind=draft.kind, profile_id=draft.profile_id, actor_id=actor.user_id, reason=draft.reason,
            model_label=draft.model_label, run_id=actor.job_id, undoes_id=draft.undoes_id,
            expected_versions=draft.expected, evidence=draft.evidence, redirects=draft.redirects, created_at=now,
        )
        for draft in drafts
    ]  # fmt: skip
    moves = [
        RecordMove(
            operation_id=draft.id, record_id=m.record_id, from_profile_id=m.from_profile, to_profile_id=m.to_profile,
            class_before=m.class_before, class_after=m.class_after, linked_before=m.linked_before,
            linked_after=m.linked_after,
        )
        for draft in drafts
        for m in draft.moves
    ]  # fmt: skip
    copy_models(operations)
    copy_models(moves)
    if revived:
        Profile.objects.filter(id__in=revived).update(
            state=Profile.State.ACTIVE, merged_into_id=None, canonical_id=None
        )
    _place(drafts, now)
    _bury(merged, redirected)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_profile SET version = version + 1, updated_at = %s WHERE id = ANY(%s::uuid[])",
            [now, array(touched)],
        )
    _write_audit(drafts, operations)
    if rebuild:
        golden.rebuild(touched)
    run_steps(operations, moves)
    return operations


def _place(drafts: Sequence[Draft], now: datetime) -> None:
    """Put records where their moves say. 1 query."""
    rows = [(m, draft.id) for draft in drafts for m in draft.moves]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_membership (record_id, profile_id, link_class, linked_by, operation_id, since)"
            " SELECT u.*, %s FROM unnest(%s::bigint[], %s::uuid[], %s::text[], %s::text[], %s::uuid[]) AS u"
            " ON CONFLICT (record_id) DO UPDATE SET profile_id = excluded.profile_id, link_class = excluded.link_class,"
            " linked_by = excluded.linked_by, operation_id = excluded.operation_id, since = excluded.since",
            [
                now, array(m.record_id for m, _ in rows), array(m.to_profile for m, _ in rows),
                texts(m.class_after for m, _ in rows), texts(m.linked_after for m, _ in rows), array(pid for _, pid in rows),
            ],
        )  # fmt: skip


def _bury(merged: Mapping[UUID, UUID], redirected: Mapping[UUID, UUID]) -> None:
    """Emptied profiles become tombstones; older ones point to who stands for them now. 2 queries, none for none."""
    with connection.cursor() as cursor:
        if merged:
            cursor.execute(
                "UPDATE profiles_profile p SET state = 'merged', merged_into_id = u.survivor, canonical_id = u.survivor,"
                " record_count = 0 FROM unnest(%s::uuid[], %s::uuid[]) AS u(loser, survivor) WHERE p.id = u.loser",
                [array(merged), array(merged.values())],
            )
        if redirected:
            cursor.execute(
                "UPDATE profiles_profile p SET canonical_id = u.target"
                " FROM unnest(%s::uuid[], %s::uuid[]) AS u(tombstone, target) WHERE p.id = u.tombstone",
                [array(redirected), array(redirected.values())],
            )


def _write_audit(drafts: Sequence[Draft], operations: Sequence[IdentityOperation]) -> None:
    audit.record_all(
        audit.event(
            draft.action,
            obj=operation,
            subjects={pid for m in draft.moves for pid in (m.from_profile, m.to_profile) if pid},
            detail={
                "kind": draft.kind,
                "records": sum(m.from_profile != m.to_profile for m in draft.moves),
                "profiles": len({draft.profile_id, *(m.from_profile for m in draft.moves)}),
            },
        )
        for draft, operation in zip(drafts, operations, strict=True)
    )


def take_out(
    leaving: Mapping[UUID, Sequence[Membership]], emptied: Collection[UUID], *, evidence: Mapping[str, Any]
) -> list[IdentityOperation]:
    """Erased records leave their customers; a customer that is `emptied` is erased, with the ids merged into it.

    Caller holds the locks and has checked everything. A fixed number of queries.
    """
    now, actor = timezone.now(), current_actor()
    proposals.lock_of(leaving)
    operations = [
        IdentityOperation(
            kind=Kind.ERASE, profile_id=pid, actor_id=actor.user_id, run_id=actor.job_id, evidence=dict(evidence),
            created_at=now,
        )
        for pid in leaving
    ]  # fmt: skip
    moves = [
        RecordMove(
            operation_id=operation.id, record_id=m.record_id, from_profile_id=m.profile_id, to_profile_id=None,
            class_before=m.link_class, linked_before=m.linked_by,
        )
        for operation in operations
        for m in leaving[operation.profile_id]
    ]  # fmt: skip
    copy_models(operations)
    copy_models(moves)
    Membership.objects.filter(record_id__in=[m.record_id for m in moves]).delete()
    golden.rebuild(list(leaving))
    gone = Profile.objects.filter(Q(id__in=emptied) | Q(canonical_id__in=emptied)).exclude(state=Profile.State.ERASED)
    erased = list(gone.values_list("id", flat=True))
    Profile.objects.filter(id__in={*erased, *leaving}).update(version=F("version") + 1, updated_at=now)
    Profile.objects.filter(id__in=erased).update(state=Profile.State.ERASED, canonical_id=None, record_count=0)
    audit.record_all(
        audit.event(
            "identity.erased", obj=operation, subjects=[operation.profile_id],
            detail={"records": len(leaving[operation.profile_id])},
        )
        for operation in operations
    )  # fmt: skip
    run_steps(operations, moves)
    return operations

"""Older proposals that a full run has decided about: those that it does not make again leave the queue, and say why.

Left alone are proposals younger than the run, since it has not seen what they rest on, and those about which a person
has said something: they were unsure, or put them off.
"""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from matching import proposals
from matching.models import FullRun, FullRunMember, Proposal
from matching.picture import Picture


def close_decided(run: FullRun, picture: Picture, wanted: Collection[tuple[UUID, UUID]]) -> None:
    """Close older proposals that rest on records of a batch, all of whose pairs were decided just now, and that are not
    `wanted`. Caller's transaction. 1 query, 5 if there are any."""
    ids = [row.record_id for row in picture.rows]
    resting = Q(left_record__in=ids) | Q(kind=Proposal.Kind.MERGE, right_record__in=ids)
    rows = _older(run).filter(resting).values_list("id", "kind", "left_id", "right_id", "left_record_id")
    torn = {picture.rows[fracture.record].record_id for fracture in picture.plan.fractures}
    asked = {row.record_id for row in picture.rows if not _is_settled(picture, row.profile_id)}
    stale = [
        pk
        for pk, kind, left, right, record in rows
        if (kind == Proposal.Kind.MERGE and (left, right) not in wanted)
        or (kind == Proposal.Kind.SPLIT and record in asked and record not in torn)
    ]
    _close(stale)


def _is_settled(picture: Picture, profile_id: UUID | None) -> bool:
    """Whether the run does not ask if the records of a customer fit: a person has confirmed it."""
    customer = picture.customers.get(profile_id) if profile_id else None
    return customer is None or customer.is_verified


def close_unconnected(run: FullRun) -> None:
    """Close older proposals between customers that the run connects with nobody. Caller's transaction. At most 5 queries."""
    looked_at = FullRunMember.objects.filter(run_id=run.id)
    seen = [Exists(looked_at.filter(record_id=OuterRef(end))) for end in ("left_record_id", "right_record_id")]
    rows = _older(run).filter(~seen[0], ~seen[1], kind=Proposal.Kind.MERGE)
    _close(list(rows.values_list("id", flat=True)))


def _older(run: FullRun) -> QuerySet[Proposal]:
    return Proposal.objects.awaiting_review().filter(created_at__lt=run.created_at, decisions__isnull=True)


def _close(stale: Collection[int]) -> None:
    if stale:
        proposals.close_all(stale, Proposal.State.OUTDATED, because=proposals.FULL_RUN)

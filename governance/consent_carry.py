"""The step of identity operations that carries restrictions along: when records part, no part holds less of a NO than before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from profiles import audit
from profiles.models import IdentityOperation, Membership, RecordMove

from . import consent_store
from .consent_projection import Carried, carried
from .models import ConsentEvent

Kind = IdentityOperation.Kind
PARTING = (Kind.SPLIT, Kind.MOVE, Kind.UNDO)


@dataclass(frozen=True, slots=True)
class Parting:
    """Records of one customer that part by one operation: each part, and (of an undo) since when they were together."""

    operation: IdentityOperation
    parts: tuple[frozenset[int], ...]
    since: datetime | None


def carry(operations: Sequence[IdentityOperation], moves: Sequence[RecordMove]) -> None:
    """Copy restrictions to the parts of splits, moves and undos. No query for merges and joins; 3 for others, and those
    of the copies."""
    partings = list(_partings([one for one in operations if one.kind in PARTING], moves))
    together = {record for parting in partings for part in parting.parts for record in part}
    events = list(consent_store.events_about(together, ())) if together else []
    if not any(event.act in ConsentEvent.RESTRICTIONS for event in events):
        return
    now, known = timezone.now(), {event.id: event for event in events}
    written = [copy for parting in partings for copy in _copies(parting, events, known, now)]
    if written:
        ConsentEvent.objects.bulk_create(written)
        homes = Membership.objects.filter(record_id__in={copy.record_id for copy in written})
        consent_store.refresh(set(homes.values_list("profile_id", flat=True)), now)
        _write_audit(operations, written)


def _partings(operations: Sequence[IdentityOperation], moves: Sequence[RecordMove]) -> Iterator[Parting]:
    """The parts of each customer that records left: what stays, and what went to each other customer. 2 queries."""
    if not operations:
        return
    mine = {operation.id: operation for operation in operations}
    leaving: dict[tuple[UUID, UUID], dict[UUID, set[int]]] = {}
    for move in moves:
        if move.operation_id in mine and move.from_profile_id and move.from_profile_id != move.to_profile_id:
            parts = leaving.setdefault((move.operation_id, move.from_profile_id), {})
            parts.setdefault(move.to_profile_id, set()).add(move.record_id)
    staying: dict[UUID, set[int]] = {}
    rows = Membership.objects.filter(profile_id__in={origin for _, origin in leaving})
    for profile_id, record_id in rows.values_list("profile_id", "record_id"):
        staying.setdefault(profile_id, set()).add(record_id)
    since = _since(operations)
    for (operation_id, origin), parts in leaving.items():
        found = tuple(frozenset(part) for part in (staying.get(origin, set()), *parts.values()))
        yield Parting(mine[operation_id], found, since.get(operation_id))


def _since(operations: Iterable[IdentityOperation]) -> Mapping[UUID, datetime]:
    """When what each undo takes apart was brought together. 1 query, none without an undo."""
    undone = {one.undoes_id: one.id for one in operations if one.kind == Kind.UNDO and one.undoes_id}
    rows = IdentityOperation.objects.filter(id__in=undone).values_list("id", "created_at") if undone else ()
    return {undone[pk]: at for pk, at in rows}


def _copies(
    parting: Parting, events: Sequence[ConsentEvent], known: Mapping[int, ConsentEvent], now: datetime
) -> Iterator[ConsentEvent]:
    together = {record for part in parting.parts for record in part}
    mine = [consent_store.said(event) for event in events if event.record_id in together]
    for copy in carried(mine, parting.parts, now=now, since=parting.since):
        yield _copy(copy, known[copy.restriction.id], parting.operation, now)


def _copy(copy: Carried, event: ConsentEvent, operation: IdentityOperation, now: datetime) -> ConsentEvent:
    return ConsentEvent(
        record_id=copy.record, purpose_id=event.purpose_id, channel=event.channel, contact=event.contact,
        act=event.act, at=event.at, recorded_at=now, method=ConsentEvent.Method.CARRIED,
        notice_version=event.notice_version, language=event.language, jurisdiction=event.jurisdiction,
        site=event.site, actor_id=operation.actor_id, carried_from_id=event.carried_from_id or event.id,
        lifted_by=sorted(copy.lifted_by), operation_id=operation.id,
    )  # fmt: skip


def _write_audit(operations: Iterable[IdentityOperation], written: Sequence[ConsentEvent]) -> None:
    homes = dict(
        Membership.objects.filter(record_id__in={copy.record_id for copy in written}).values_list(
            "record_id", "profile_id"
        )
    )
    for operation in operations:
        mine = [copy for copy in written if copy.operation_id == operation.id]
        if mine:
            subjects = {homes[copy.record_id] for copy in mine if copy.record_id in homes}
            audit.record("consent.carried", obj=operation, subjects=subjects, detail={"restrictions": len(mine)})

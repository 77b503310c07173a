"""What a merge or a split would make of consent, before it happens: worked out by the same functions, and not written."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone

from matching.identity import weaker
from profiles.masking import Mask
from profiles.models import SourceRecord
from profiles.models.identity import LinkClass
from profiles.schema import published

from . import consent_page, consent_store, contacts
from .consent_page import Cell, Reader
from .consent_projection import Answer, Customer, Said, carried, project
from .models import Purpose

Field = dict[str, dict[str, str]]  # field → digest → value


@dataclass(frozen=True, slots=True)
class Row:
    """One purpose and channel: before on each side, and after."""

    purpose: Purpose
    sides: Sequence[Cell]
    after: Sequence[Cell]

    @property
    def is_same(self) -> bool:
        """Whether every side answers as what comes of it does."""
        return len({line.state for cell in (*self.sides, *self.after) for line in cell.lines}) <= 1


def of_merge(profile_ids: Sequence[UUID], reader: Reader) -> list[Row]:
    """Each customer now, and the one that they would become. About 9 queries."""
    ground = consent_store.ground_of(profile_ids)
    if not ground.events:
        return []
    now, rules = timezone.now(), consent_store.needs_consent()
    before = consent_store.answers(ground, now)
    members = {
        record: weaker(link, LinkClass.VERIFIED) for pid in profile_ids for record, link in ground.members[pid].items()
    }
    held = _together(ground.held.get(pid, {}) for pid in profile_ids)
    after = project(map(consent_store.said, ground.events), Customer(members, contacts.by_channel(held)), rules, now)
    seen = contacts.held(profile_ids, reader.granted)
    values = [_seen(seen.get(pid, {}), reader.mask) for pid in profile_ids]
    return _rows(
        [(before[pid], mine) for pid, mine in zip(profile_ids, values, strict=True)], [(after, _together(values))]
    )


def of_split(profile_id: UUID, leaving: Collection[int], reader: Reader) -> list[Row]:
    """The customer now, and both parts as they would be, with what each takes along. About 6 queries."""
    ground = consent_store.ground_of([profile_id])
    members, now = ground.members[profile_id], timezone.now()
    parts = [set(members) - set(leaving), set(members) & set(leaving)]
    if not ground.events or not all(parts):
        return []
    said = [consent_store.said(event) for event in ground.events]
    copies = [
        replace(one.restriction, id=-n, record=one.record, origin=one.restriction.id, lifted_by=one.lifted_by)
        for n, one in enumerate(carried([s for s in said if s.record in members], parts, now=now), 1)
    ]
    rules = consent_store.needs_consent()
    before = consent_store.answers(ground, now)[profile_id]
    seen = _seen(contacts.held([profile_id], reader.granted).get(profile_id, {}), reader.mask)
    after = [_part(part, members, [*said, *copies], rules) for part in parts]
    return _rows([(before, seen)], [(answers, _only(seen, held)) for answers, held in after])


def _part(
    part: Collection[int], members: dict[int, str], said: Iterable[Said], rules: dict[int, bool]
) -> tuple[list[Answer], Field]:
    """A part's answers, and the values that its records hold. 1 query."""
    held: Field = {}
    for attributes in SourceRecord.objects.filter(id__in=part).values_list("attributes", flat=True):
        for field in contacts.FIELDS:
            held.setdefault(field, {}).update(
                {contacts.digest(field, value): value for value in attributes.get(field, ())}
            )
    customer = Customer({record: members[record] for record in part}, contacts.by_channel(held))
    return project(said, customer, rules, timezone.now()), held


def _seen(values: Field, mask: Mask) -> Field:
    return {field: consent_page.seen_values(field, found, mask, published()) for field, found in values.items()}


def _only(seen: Field, held: Field) -> Field:
    return {field: {d: v for d, v in found.items() if d in held.get(field, {})} for field, found in seen.items()}


def _together(values: Iterable[Field]) -> Field:
    found: Field = {}
    for one in values:
        for field, mine in one.items():
            found.setdefault(field, {}).update(mine)
    return found


def _rows(sides: Sequence[tuple[list[Answer], Field]], after: Sequence[tuple[list[Answer], Field]]) -> list[Row]:
    """Purposes and channels about which anything was said on any side."""
    said = {(one.purpose, one.channel) for answers, _ in (*sides, *after) for one in answers}
    return [
        Row(
            purpose,
            [consent_page.cell_of(purpose, channel, answers, values) for answers, values in sides],
            [consent_page.cell_of(purpose, channel, answers, values) for answers, values in after],
        )
        for purpose in Purpose.objects.in_use()
        for channel in purpose.channels
        if (purpose.id, channel) in said
    ]

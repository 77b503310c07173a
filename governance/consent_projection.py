"""What a customer's consent events come to: a pure function of events, members, held contact values and the time.

A NO (a withdrawal or an objection) on a contact value counts for every customer that holds the value; an objection on a
record of the customer counts for the whole person, and so does a withdrawal that names no value. A grant counts for the
customer of its record, and for its own contact value only. Only the person's own later grant lifts a NO, for the value
it names: a NO of the same record; one of another record that was in force with this customer when the grant was given
(the grant, or the copy, names it); one of a customer elsewhere that holds the same value. So bringing records together
never lifts anything. Of two at the same time the stricter counts. Silence is no decision.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

VERIFIED_AGAINST_MODEL = {"verified", "model"}
RESTRICTIONS = ("withdraw", "object")


class State(StrEnum):
    """What may be done; the values are those of the stored state."""

    ALLOWED = "allowed"
    NOT_OBJECTED = "not_objected"
    DENIED = "denied"
    CONFLICT = "conflict"
    PENDING = "pending"
    EXPIRED = "expired"
    NEVER_ASKED = "never_asked"


@dataclass(frozen=True, slots=True)
class Said:
    """One event, as far as it counts. `record` is None for a contact point that no record was named for."""

    id: int
    record: int | None
    purpose: int
    channel: str
    contact: str
    act: str
    at: datetime
    by_subject: bool = False
    until: datetime | None = None
    awaits: bool = False
    lifts: frozenset[int] = frozenset()
    lifted_by: frozenset[int] = frozenset()
    origin: int | None = None  # of a copy: the restriction that was said
    recorded_at: datetime | None = None

    @property
    def restricts(self) -> bool:
        return self.act in RESTRICTIONS


@dataclass(frozen=True, slots=True)
class Answer:
    """The state of one purpose, channel and contact value ("": the person), the event that decides, and until when."""

    purpose: int
    channel: str
    contact: str
    state: State
    event: int | None = None
    since: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Customer:
    """What an answer depends on beside the events: record → link class, and channel → contact values held."""

    members: Mapping[int, str]
    held: Mapping[str, Collection[str]]

    def values_of(self, channel: str) -> Collection[str]:
        """The contact values that a channel reaches; the person as such where it reaches none."""
        return sorted(self.held.get(channel, ())) or ("",)

    def is_concerned(self, said: Said) -> bool:
        """Whether an event counts for the customer: of a member, or a NO on a value that it holds."""
        if said.record in self.members:
            return True
        return said.restricts and said.contact in self.held.get(said.channel, ())


def project(
    events: Iterable[Said], customer: Customer, needs_consent: Mapping[int, bool], now: datetime
) -> list[Answer]:
    """An answer per held contact value of each (purpose, channel) about which anything was said."""
    cells: dict[tuple[int, str], list[Said]] = {}
    for said in events:
        if customer.is_concerned(said):
            cells.setdefault((said.purpose, said.channel), []).append(said)
    return [
        _answer(said, contact, customer, needs_consent[said[0].purpose], now)
        for (_, channel), said in sorted(cells.items())
        for contact in customer.values_of(channel)
    ]


def _answer(events: Sequence[Said], contact: str, customer: Customer, needs_consent: bool, now: datetime) -> Answer:
    said = [one for one in events if one.at <= now and _is_about(one, contact, customer.members)]
    grants = [one for one in said if one.act == "grant" and not one.awaits]
    valid = [one for one in grants if not _is_over(one, said, now)]
    standing = [one for one in said if one.restricts and not lifting(one, valid, customer.members)]
    waiting = [one for one in said if one.act == "grant" and one.awaits and not _is_over(one, said, now)]
    state, decisive = _state(standing, valid, waiting, grants, customer.members, needs_consent)
    following = [one.at for one in events if one.at > now]
    following += [one.until for one in (*valid, *waiting) if one.until is not None]
    return Answer(
        events[0].purpose, events[0].channel, contact, state,
        decisive.id if decisive else None, decisive.at if decisive else None, min(following, default=None),
    )  # fmt: skip


def _state(
    standing: Sequence[Said],
    valid: Sequence[Said],
    waiting: Sequence[Said],
    grants: Sequence[Said],
    members: Mapping[int, str],
    needs_consent: bool,
) -> tuple[State, Said | None]:
    """The state, and the event that decides: the newest of its kind."""
    if standing:
        return (State.CONFLICT if _contradicts(standing, valid, members) else State.DENIED), _newest(standing)
    if valid:
        return State.ALLOWED, _newest(valid)
    if not needs_consent:
        return State.NOT_OBJECTED, None
    if waiting:
        return State.PENDING, _newest(waiting)
    if grants:
        return State.EXPIRED, _newest(grants)
    return State.NEVER_ASKED, None


def _newest(events: Sequence[Said]) -> Said:
    return max(events, key=lambda one: (one.at, one.id))


def _is_about(said: Said, contact: str, members: Collection[int]) -> bool:
    """Whether an event says anything of this value: it names it; or it is a NO of a member for the whole person."""
    if said.contact == contact:
        return True
    return said.record in members and (said.act == "object" or said.act == "withdraw" and not said.contact)


def _is_over(grant: Said, events: Iterable[Said], now: datetime) -> bool:
    """Whether a grant has ended: by its own time, or because its record says so."""
    if grant.until is not None and grant.until <= now:
        return True
    return any(
        one.act == "expire" and one.record == grant.record and one.contact == grant.contact and one.at >= grant.at
        for one in events
    )


def lifting(restriction: Said, grants: Iterable[Said], members: Collection[int]) -> list[Said]:
    """The grants (valid ones, for one contact value) that lift a restriction with a customer of these members."""
    return [grant for grant in grants if grant.at > restriction.at and _reaches(grant, restriction, members)]


def _reaches(grant: Said, restriction: Said, members: Collection[int]) -> bool:
    if not grant.by_subject or grant.record not in members:
        return False
    if restriction.record not in members:
        return True
    named = restriction.id in grant.lifts or grant.id in restriction.lifted_by
    return named or (restriction.record == grant.record and restriction.origin is None)


def _contradicts(standing: Iterable[Said], valid: Iterable[Said], members: Mapping[int, str]) -> bool:
    """Whether one record says YES and another NO, one verified by a person and the other linked by a model."""
    says_no = {one.record for one in standing}
    return any(
        {members[no], members[grant.record]} == VERIFIED_AGAINST_MODEL
        for grant in valid
        if grant.record is not None and grant.record not in says_no
        for no in says_no
        if no is not None and no in members
    )


# ---- what a grant lifts, and what a split carries -----------------------------------------------------------------------


def to_lift(grant: Said, events: Iterable[Said], customer: Customer) -> frozenset[int]:
    """Restrictions of the customer's own records that the person's grant, given now, lifts for its contact value."""
    if not grant.by_subject or grant.awaits:
        return frozenset()
    return frozenset(
        one.id
        for one in events
        if one.restricts
        and (one.purpose, one.channel) == (grant.purpose, grant.channel)
        and one.record in customer.members
        and one.at < grant.at
        and _is_about(one, grant.contact, customer.members)
    )


@dataclass(frozen=True, slots=True)
class Carried:
    """A copy to be written: of which restriction, on which record, and the grants of its part that had lifted it."""

    restriction: Said
    record: int
    lifted_by: frozenset[int]


def carried(
    events: Iterable[Said], parts: Sequence[Collection[int]], *, now: datetime, since: datetime | None = None
) -> Iterator[Carried]:
    """Copies of restrictions that the parts of a group take with them, so that none holds less of a NO than the group did.

    `since`: parts that know nothing of a restriction take those recorded from then on; otherwise all. A part that holds
    it already takes none, unless a grant of another part had lifted it: that one stays behind, and would lift it again if
    they met.
    """
    cells: dict[tuple[int, str], list[Said]] = {}
    for said in events:
        cells.setdefault((said.purpose, said.channel), []).append(said)
    for cell in cells.values():
        yield from _carried_of(cell, parts, now, since)


def _carried_of(
    cell: Sequence[Said], parts: Sequence[Collection[int]], now: datetime, since: datetime | None
) -> Iterator[Carried]:
    together = {record for part in parts for record in part}
    grants = [one for one in cell if one.act == "grant" and not one.awaits and not _is_over(one, cell, now)]
    found: dict[int, list[Said]] = {}
    for one in cell:
        if one.restricts:
            found.setdefault(one.origin or one.id, []).append(one)
    for same in found.values():
        lifters = {
            one.id: [g for g in lifting(one, grants, together) if _is_about(one, g.contact, together)] for one in same
        }
        is_new = since is None or any(one.recorded_at is not None and one.recorded_at >= since for one in same)
        for part in filter(None, parts):
            own = [one for one in same if one.record in part]
            if any(all(grant.record in part for grant in lifters[one.id]) for one in own):
                continue
            if own or is_new:
                yield _copy(same, own, lifters, part)


def _copy(
    same: Sequence[Said], own: Sequence[Said], lifters: Mapping[int, Sequence[Said]], part: Collection[int]
) -> Carried:
    """A copy on the record that holds the restriction, or on the part's first; lifted only by what lifted all of them."""
    common = set.intersection(*({g.id for g in lifters[one.id] if g.record in part} for one in same))
    record = own[0].record if own else None
    return Carried(same[0], min(part) if record is None else record, frozenset(common))

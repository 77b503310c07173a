"""When each customer id held a person's records: pure, from the membership ledger.

A record that never moved was where it is from its beginning; one that moved was first where its first move took it from.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
SLACK = timedelta(seconds=5)  # a read that began before a move may be written after it; a lock is waited for 3 s


@dataclass(frozen=True, slots=True)
class Move:
    """A record left one customer for another (None: it began, or was taken away)."""

    record: int
    at: datetime
    from_profile: UUID | None
    to_profile: UUID | None


@dataclass(frozen=True, slots=True)
class Span:
    """A customer id held at least one of the person's records from `since` until `until`."""

    profile: UUID
    since: datetime
    until: datetime


def spans(moves: Iterable[Move], homes: Mapping[int, UUID]) -> list[Span]:
    """Spans by customer id, merged where they touch. `moves` in order of the ledger; `homes`: record → where it is now."""
    at: dict[int, tuple[UUID | None, datetime]] = {}
    found: list[Span] = []
    for move in moves:
        profile, since = at.get(move.record, (move.from_profile, BEGINNING))
        if profile:
            found.append(Span(profile, since, move.at + SLACK))
        at[move.record] = (move.to_profile, move.at)
    found += [Span(profile, since, END) for profile, since in at.values() if profile]
    found += [Span(profile, BEGINNING, END) for record, profile in homes.items() if record not in at]
    return _merged(found)


def _merged(found: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(found, key=lambda span: (span.profile, span.since)):
        last = merged[-1] if merged else None
        if last and last.profile == span.profile and span.since <= last.until:
            merged[-1] = Span(last.profile, last.since, max(last.until, span.until))
        else:
            merged.append(span)
    return merged

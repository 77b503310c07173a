"""When a privacy request is due: a pure function of its regime and of the events of its clock. PURE.

All days are days of the regime's time zone. The day of an event is not counted, so a month from 5 March ends with 5 April;
where the last month has no such day, with its last day (31 January: 28 or 29 February). A deadline is the last second of
its day. While something is waited for, the clock may stand; the days of a wait count once it has ended, days of two at
once count once. An extension or a question that comes after the deadline has passed changes nothing.
"""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .holidays import is_working_day

END_OF_DAY = time(23, 59, 59)
DAY = timedelta(days=1)


class Identity(StrEnum):
    """What a doubt about who asks does to the clock."""

    COUNTS = "counts"  # nothing: the time that it takes is the controller's
    PAUSES = "pauses"  # the clock stands while it is asked for
    STARTS = "starts"  # the time begins when it is given


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time: calendar months, days, or working days."""

    months: int = 0
    days: int = 0
    working_days: int = 0

    def after(self, day: date, holidays: str) -> date:
        if self.working_days:
            return _working_days_after(day, self.working_days, holidays)
        return months_after(day, self.months) + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Regime:
    """The law's rules as one versioned row. A changed rule is a new row with the next version: requests keep theirs."""

    code: str
    version: int
    title: str
    zone: str
    answer: Span
    extended: Span | None  # the whole time from receipt, extension included; None: cannot be extended
    identity: Identity
    clarification_pauses: frozenset[str]  # kinds of request of which a question what is meant stops the clock
    holidays: str  # calendar of governance/holidays.py
    rolls: bool  # a deadline on a day that is no working day moves to the next one
    acknowledge: Span | None = None
    opt_out: Span | None = None  # objections and limits: their own time, no identity, no extension
    evidence_months: int = 0  # how long the law wants records of requests kept; 0: it names no time
    law: str = ""


FORTY_FIVE = Span(days=45)
ROWS = (
    Regime(
        "eu", 1, "European Union (GDPR)", "Europe/Brussels", Span(months=1), Span(months=3), Identity.PAUSES,
        clarification_pauses=frozenset(), holidays="eu", rolls=True,
        law="GDPR art. 12(3), (6); Regulation 1182/71 art. 3 for how days are counted; EDPB guidelines 01/2022.",
    ),
    Regime(
        "uk", 1, "United Kingdom (UK GDPR)", "Europe/London", Span(months=1), Span(months=3), Identity.STARTS,
        clarification_pauses=frozenset({"access"}), holidays="england", rolls=True,
        law="UK GDPR art. 12A: from when identity was given, without the days on which clarification was awaited.",
    ),
    Regime(
        "california", 1, "California (CCPA)", "America/Los_Angeles", FORTY_FIVE, Span(days=90), Identity.COUNTS,
        clarification_pauses=frozenset(), holidays="california", rolls=False, acknowledge=Span(working_days=10),
        opt_out=Span(working_days=15), evidence_months=24,
        law="11 CCR 7021(a), (b); 7026(f), 7027(g): opt-outs; 7101: records.",
    ),
    Regime(
        "brazil", 1, "Brazil (LGPD)", "America/Sao_Paulo", Span(days=15), None, Identity.COUNTS,
        clarification_pauses=frozenset(), holidays="", rolls=False, law="LGPD art. 19, II.",
    ),
    Regime(
        "us45", 1, "Other states of the USA (45 days)", "America/New_York", FORTY_FIVE, Span(days=90), Identity.COUNTS,
        clarification_pauses=frozenset(), holidays="", rolls=False,
        law="Virginia 59.1-577(B), Colorado 6-1-1306(2), Connecticut 42-518(c), and others alike.",
    ),
)  # fmt: skip
BY_VERSION: Mapping[tuple[str, int], Regime] = {(row.code, row.version): row for row in ROWS}
CURRENT: Mapping[str, Regime] = {row.code: row for row in sorted(ROWS, key=lambda row: row.version)}
OPT_OUTS = frozenset({"objection", "limit"})


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the clock: its kind (as RequestClock.Kind) and when it happened, with a time zone."""

    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Deadline:
    """What follows from a clock: moments in UTC offsets of the regime's zone."""

    due: datetime
    extend_by: datetime | None  # the last moment to tell of an extension; None: it cannot be extended (any more)
    acknowledge_by: datetime | None  # None: no duty, or it was done
    is_paused: bool
    is_extended: bool


def deadline(regime: Regime, kind: str, events: Iterable[Event]) -> Deadline:
    """When a request of this kind is due. The first event must be that it was received."""
    ordered = sorted(events, key=lambda event: event.at)
    if not ordered or ordered[0].kind != "received":
        raise ValueError("A clock begins when the request is received.")
    zone = ZoneInfo(regime.zone)
    clock = _Clock(regime, kind, ordered[0].at.astimezone(zone).date())
    for event in ordered[1:]:
        clock.take(event.kind, event.at.astimezone(zone).date())
    return Deadline(
        due=_end_of(clock.due(), zone),
        extend_by=_end_of(clock.due(), zone) if clock.may_be_extended else None,
        acknowledge_by=_acknowledge_by(regime, ordered, zone),
        is_paused=bool(clock.open),
        is_extended=clock.is_extended,
    )


def _acknowledge_by(regime: Regime, ordered: list[Event], zone: ZoneInfo) -> datetime | None:
    if regime.acknowledge is None or any(event.kind == "acknowledged" for event in ordered):
        return None
    return _end_of(regime.acknowledge.after(ordered[0].at.astimezone(zone).date(), regime.holidays), zone)


@dataclass(slots=True)
class _Clock:
    """A clock that is wound on, event by event, in days."""

    regime: Regime
    kind: str
    start: date
    is_extended: bool = False
    open: dict[str, date] = field(default_factory=dict)  # what is waited for, since when
    stood: list[tuple[date, date]] = field(default_factory=list)  # waits that have ended; the last day without

    @property
    def is_opt_out(self) -> bool:
        return self.kind in OPT_OUTS and self.regime.opt_out is not None

    @property
    def may_be_extended(self) -> bool:
        return self.regime.extended is not None and not self.is_extended and not self.is_opt_out

    def due(self, waits: Iterable[tuple[date, date]] = ()) -> date:
        """The day it is due, when these waits too had ended."""
        pause = timedelta(days=_days_of([*self.stood, *waits]))
        day = self._span().after(self.start, self.regime.holidays) + pause
        return _next_working_day(day, self.regime.holidays) if self.regime.rolls else day

    def _span(self) -> Span:
        if self.is_opt_out and self.regime.opt_out:
            return self.regime.opt_out
        return self.regime.extended if self.is_extended and self.regime.extended else self.regime.answer

    def take(self, kind: str, day: date) -> None:
        is_in_time = day <= self.due((since, day) for since in self.open.values())
        what, _, act = kind.rpartition("_")
        if kind == "extended":
            self.is_extended = self.is_extended or (self.may_be_extended and is_in_time)
        elif act == "asked" and is_in_time and self._pauses(what):
            self.open.setdefault(what, day)
        elif act in ("given", "answered") and what in self.open:
            self._resume(what, day)

    def _pauses(self, what: str) -> bool:
        if self.is_opt_out:
            return False
        if what == "clarification":
            return self.kind in self.regime.clarification_pauses
        return self.regime.identity != Identity.COUNTS

    def _resume(self, what: str, day: date) -> None:
        self.stood.append((self.open.pop(what), day))
        if what == "identity" and self.regime.identity == Identity.STARTS:
            self.start, self.stood, self.open = day, [], dict.fromkeys(self.open, day)


def _days_of(stretches: Iterable[tuple[date, date]]) -> int:
    """How many days lie in any of them."""
    days, reached = 0, date.min
    for first, end in sorted(stretches):
        days += max((end - max(first, reached)).days, 0)
        reached = max(reached, end)
    return days


def months_after(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def _working_days_after(day: date, count: int, holidays: str) -> date:
    while count:
        day += DAY
        count -= is_working_day(day, holidays)
    return day


def _next_working_day(day: date, holidays: str) -> date:
    while not is_working_day(day, holidays):
        day += DAY
    return day


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, END_OF_DAY, zone)

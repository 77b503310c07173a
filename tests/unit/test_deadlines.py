"""Deadlines of privacy requests: facts of the law by hand, and a table of stories against an oracle written otherwise."""

import random
from datetime import UTC, date, datetime, time, timedelta
from itertools import product
from zoneinfo import ZoneInfo

import pytest

from governance.deadlines import BY_VERSION, CURRENT, Event, deadline
from governance.holidays import easter, holidays
from tests.unit import deadline_oracle as oracle

REGIMES = tuple(CURRENT)
# days on which calendars are odd: ends of months, leap days, changes of clocks, eves of holidays, weekends
ODD = [
    date(2023, 1, 31), date(2023, 3, 11), date(2023, 3, 25), date(2023, 4, 7), date(2023, 10, 28), date(2023, 11, 30),
    date(2023, 12, 31), date(2024, 1, 29), date(2024, 1, 30), date(2024, 1, 31), date(2024, 2, 29), date(2024, 3, 9),
    date(2024, 3, 31), date(2024, 8, 31), date(2024, 11, 25), date(2024, 12, 1), date(2025, 1, 28), date(2025, 1, 31),
    date(2025, 3, 18), date(2025, 5, 31), date(2025, 10, 25), date(2025, 11, 11), date(2026, 2, 28), date(2026, 3, 6),
    date(2026, 3, 28), date(2026, 11, 25), date(2027, 11, 29), date(2028, 1, 30), date(2028, 2, 29),
]  # fmt: skip
MOMENTS = [time(0, 0, 1), time(12), time(23, 59, 59)]


def at(day: date, moment: time, regime: str) -> datetime:
    return datetime.combine(day, moment, ZoneInfo(CURRENT[regime].zone)).astimezone(UTC)


def plain() -> list[tuple]:
    """Every odd day under every regime, at a moment of the day, as something asked for and as an opt-out."""
    rows = []
    for n, (regime, day) in enumerate(product(REGIMES, ODD)):
        story = [("received", at(day, MOMENTS[n % 3], regime))]
        rows += [(regime, "access", story), (regime, "objection", story)]
    return rows


def last_minute() -> list[tuple]:
    """Extended in the last second in which that is possible, and in the first in which it is too late."""
    rows = []
    for regime, day in product(REGIMES, ODD):
        received = [("received", at(day, time(9), regime))]
        last = oracle.due(regime, "deletion", received)
        rows += [
            (regime, "deletion", [*received, ("extended", last)]),
            (regime, "deletion", [*received, ("extended", last + timedelta(seconds=1))]),
        ]
    return rows


def paused() -> list[tuple]:
    """Pauses of one kind or two, apart, nested and across, closed or still open, some begun too late; reproducible."""
    chance, rows = random.Random(20261125), []
    for n in range(400):
        regime = ("eu", "uk", "uk", "california", "us45")[n % 5]
        start = ODD[n % len(ODD)]
        story = [("received", at(start, MOMENTS[n % 3], regime))]
        for what, end in (("identity", "given"), ("clarification", "answered")):
            asked = chance.randrange(1, 50)
            if chance.random() < 0.8:
                story.append((f"{what}_asked", at(start + timedelta(days=asked), chance.choice(MOMENTS), regime)))
            if chance.random() < 0.8:
                given = start + timedelta(days=asked + chance.randrange(0, 40))
                story.append((f"{what}_{end}", at(given, time(23, 59, 59), regime)))
        if chance.random() < 0.5:
            story.append(("extended", at(start + timedelta(days=chance.randrange(1, 60)), time(18), regime)))
        rows.append((regime, ("access", "portability", "access", "limit")[n % 4], story))
    return rows


TABLE = [*plain(), *last_minute(), *paused()]


def test_the_table_agrees_with_the_oracle() -> None:
    assert len(TABLE) >= 900
    wrong = []
    for regime, kind, story in TABLE:
        found = deadline(CURRENT[regime], kind, [Event(*event) for event in story]).due
        wanted = oracle.due(regime, kind, story)
        if found != wanted:
            wrong.append((regime, kind, [(what, moment.isoformat()) for what, moment in story], found, wanted))
    assert wrong == []


def test_the_table_holds_what_it_should() -> None:
    """Each feature moves some deadline, so that agreement about it means something."""
    moved = dict.fromkeys(("extended", "identity_asked", "clarification_asked", "rolled"), 0)
    for regime, kind, story in TABLE:
        due = oracle.due(regime, kind, story)
        for name in moved.keys() - {"rolled"}:
            without = [event for event in story if event[0] != name]
            moved[name] += len(without) < len(story) and oracle.due(regime, kind, without) != due
        start = oracle.local_day(story[0][1], regime)
        plain_end = oracle.base(regime, kind, start, extended=False)
        moved["rolled"] += len(story) == 1 and oracle.local_day(due, regime) != plain_end
    assert moved["extended"] > 100 and moved["identity_asked"] > 60
    assert moved["clarification_asked"] > 15 and moved["rolled"] >= 30


FACTS = [
    # regime, kind, story as (event, day), the day it is due, why
    ("eu", "access", [("received", "2026-03-05")], "2026-04-06", "5 April 2026 is a Sunday; Easter Monday is no holiday in every state"),
    ("eu", "access", [("received", "2025-08-31")], "2025-09-30", "September has no 31st"),
    ("eu", "access", [("received", "2025-01-31")], "2025-02-28", "nor has February"),
    ("eu", "access", [("received", "2024-01-31")], "2024-02-29", "which has 29 days in 2024"),
    ("eu", "access", [("received", "2025-11-25")], "2025-12-26", "Christmas is no working day"),
    ("eu", "access", [("received", "2025-09-03"), ("extended", "2025-10-03")], "2025-12-03", "three months in all"),
    ("eu", "access", [("received", "2025-09-03"), ("extended", "2025-10-04")], "2025-10-03", "told too late"),
    ("eu", "access", [("received", "2025-09-01"), ("clarification_asked", "2025-09-03"), ("clarification_answered", "2025-09-10")], "2025-10-01", "a question stops no clock there"),
    ("uk", "access", [("received", "2025-09-03")], "2025-10-03", "the day of receipt is not counted"),
    ("uk", "access", [("received", "2025-11-25")], "2025-12-29", "Christmas, Boxing Day, a weekend"),
    ("uk", "access", [("received", "2025-09-01"), ("clarification_asked", "2025-09-03"), ("clarification_answered", "2025-09-10")], "2025-10-08", "seven days stood still"),
    ("uk", "deletion", [("received", "2025-09-01"), ("clarification_asked", "2025-09-03"), ("clarification_answered", "2025-09-10")], "2025-10-01", "only of a request for access"),
    ("uk", "access", [("received", "2025-09-01"), ("identity_asked", "2025-09-02"), ("identity_given", "2025-09-15")], "2025-10-15", "a month from when identity was given"),
    ("california", "access", [("received", "2025-11-01"), ("identity_asked", "2025-11-02"), ("identity_given", "2025-11-30")], "2025-12-16", "45 days whatever verification takes"),
    ("california", "deletion", [("received", "2025-11-01"), ("extended", "2025-12-16")], "2026-01-30", "90 days in all"),
    ("california", "objection", [("received", "2025-11-03")], "2025-11-25", "15 business days; Veterans Day is none"),
    ("california", "limit", [("received", "2025-11-03"), ("extended", "2025-11-04")], "2025-11-25", "no extension of an opt-out"),
    ("brazil", "access", [("received", "2025-11-01"), ("extended", "2025-11-02")], "2025-11-16", "15 days, no more"),
    ("us45", "access", [("received", "2024-01-16")], "2024-03-01", "over a 29 February"),
]  # fmt: skip


@pytest.mark.parametrize(("regime", "kind", "story", "due", "why"), FACTS)
def test_the_law(regime: str, kind: str, story: list[tuple[str, str]], due: str, why: str) -> None:
    events = [Event(what, at(date.fromisoformat(day), time(10), regime)) for what, day in story]
    found = deadline(CURRENT[regime], kind, events)
    assert (found.due.date().isoformat(), found.due.time()) == (due, time(23, 59, 59)), why


def test_a_day_is_the_regimes_own() -> None:
    """Half past eleven at night in London is the next day in Brussels; the end of a day follows the clocks' change."""
    evening = datetime(2026, 5, 31, 22, 30, tzinfo=UTC)
    assert (
        deadline(CURRENT["eu"], "access", [Event("received", evening)]).due.isoformat() == "2026-07-01T23:59:59+02:00"
    )
    assert (
        deadline(CURRENT["uk"], "access", [Event("received", evening)]).due.isoformat() == "2026-06-30T23:59:59+01:00"
    )
    winter = datetime(2026, 9, 28, 9, tzinfo=UTC)
    assert deadline(CURRENT["eu"], "access", [Event("received", winter)]).due.astimezone(UTC).hour == 22


def test_receipt_is_acknowledged_in_california_in_ten_business_days() -> None:
    received = Event("received", at(date(2025, 11, 3), time(12), "california"))
    found = deadline(CURRENT["california"], "access", [received])
    assert found.acknowledge_by and found.acknowledge_by.date() == date(2025, 11, 18)
    done = deadline(CURRENT["california"], "access", [received, Event("acknowledged", received.at + timedelta(days=2))])
    assert done.acknowledge_by is None


def test_a_pause_that_lasts_is_said_and_adds_nothing_yet() -> None:
    received = Event("received", at(date(2025, 9, 1), time(12), "eu"))
    asked = Event("identity_asked", received.at + timedelta(days=3))
    waiting, plain = deadline(CURRENT["eu"], "access", [received, asked]), deadline(CURRENT["eu"], "access", [received])
    assert (waiting.is_paused, plain.is_paused) == (True, False)
    assert waiting.due == plain.due
    given = Event("identity_given", asked.at + timedelta(days=4))
    assert deadline(CURRENT["eu"], "access", [received, asked, given]).due.date() == date(2025, 10, 6)  # 5th: a Sunday


def test_a_clock_begins_with_receipt() -> None:
    for events in ([], [Event("extended", datetime(2026, 1, 1, tzinfo=UTC))]):
        with pytest.raises(ValueError, match="begins when"):
            deadline(CURRENT["eu"], "access", events)


def test_rows_are_versioned_and_name_their_law() -> None:
    assert set(CURRENT) == {"eu", "uk", "california", "brazil", "us45"}
    assert all(row.law and row.zone and key == (row.code, row.version) for key, row in BY_VERSION.items())
    assert CURRENT["california"].evidence_months == 24


@pytest.mark.parametrize(("calendar", "name"), [("england", "uk"), ("california", "california"), ("eu", "eu")])
def test_holidays_are_those_written_down_by_hand(calendar: str, name: str) -> None:
    by_hand = oracle.CLOSED_ON[name]
    for year in sorted({day.year for day in by_hand}):
        weekdays = {day for day in holidays(calendar, year) if day.weekday() < 5}
        assert weekdays == {day for day in by_hand if day.year == year and day.weekday() < 5}, year


def test_easter() -> None:
    known = [(2024, 3, 31), (2025, 4, 20), (2026, 4, 5), (2027, 3, 28), (2008, 3, 23), (2038, 4, 25), (2000, 4, 23)]
    assert [easter(year) for year, _, _ in known] == [date(*day) for day in known]

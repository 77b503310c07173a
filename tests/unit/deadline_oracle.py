"""When a request is due, worked out another way: by walking over a calendar day by day, with holidays written down by hand.

Written without a look at the engine: no month arithmetic, no rule for a holiday, no running clock. Days are numbers.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

ONE = timedelta(days=1)
ZONES = {
    "eu": "Europe/Brussels", "uk": "Europe/London", "california": "America/Los_Angeles", "brazil": "America/Sao_Paulo",
    "us45": "America/New_York",
}  # fmt: skip


def days(text: str) -> set[date]:
    """Dates written as `2026: 1-1 12-25`, one year a line."""
    found = set()
    for line in text.strip().splitlines():
        year, _, rest = line.partition(":")
        for word in rest.split():
            month, day = word.split("-")
            found.add(date(int(year), int(month), int(day)))
    return found


# gov.uk/bank-holidays, England and Wales; EU: what is a holiday in every member state; California: its Government Code
CLOSED_ON = {
    "eu": {date(year, month, day) for year in range(2019, 2033) for month, day in ((1, 1), (12, 25))},
    "uk": days(
        """
        2019: 1-1 4-19 4-22 5-6 5-27 8-26 12-25 12-26
        2020: 1-1 4-10 4-13 5-8 5-25 8-31 12-25 12-28
        2021: 1-1 4-2 4-5 5-3 5-31 8-30 12-27 12-28
        2022: 1-3 4-15 4-18 5-2 6-2 6-3 8-29 9-19 12-26 12-27
        2023: 1-2 4-7 4-10 5-1 5-8 5-29 8-28 12-25 12-26
        2024: 1-1 3-29 4-1 5-6 5-27 8-26 12-25 12-26
        2025: 1-1 4-18 4-21 5-5 5-26 8-25 12-25 12-26
        2026: 1-1 4-3 4-6 5-4 5-25 8-31 12-25 12-28
        2027: 1-1 3-26 3-29 5-3 5-31 8-30 12-27 12-28
        2028: 1-3 4-14 4-17 5-1 5-29 8-28 12-25 12-26
        2029: 1-1 3-30 4-2 5-7 5-28 8-27 12-25 12-26
        """
    ),
    "california": days(
        """
        2023: 1-2 1-16 2-20 5-29 7-4 9-4 11-10 11-23 12-25
        2024: 1-1 1-15 2-19 5-27 7-4 9-2 11-11 11-28 12-25
        2025: 1-1 1-20 2-17 5-26 7-4 9-1 11-11 11-27 12-25
        2026: 1-1 1-19 2-16 5-25 9-7 11-11 11-26 12-25
        2027: 1-1 1-18 2-15 5-31 7-5 9-6 11-11 11-25
        2028: 1-17 2-21 5-29 7-4 9-4 11-10 11-23 12-25
        2029: 1-1 1-15 2-19 5-28 7-4 9-3 11-12 11-22 12-25
        """
    ),
    "brazil": set(),
    "us45": set(),
}


def local_day(moment: datetime, regime: str) -> date:
    return moment.astimezone(ZoneInfo(ZONES[regime])).date()


def is_closed(day: date, regime: str) -> bool:
    return day.strftime("%a") in ("Sat", "Sun") or day in CLOSED_ON[regime]


def walk_months(start: date, months: int) -> date:
    """Step from day to day through so many changes of month, then on to the day of the same number, or to the last."""
    day, changes = start, 0
    while changes < months:
        before, day = day, day + ONE
        changes += before.month != day.month
    while day.day != start.day and (day + ONE).month == day.month:
        day += ONE
    return day


def walk_days(start: date, count: int, regime: str, *, only_open: bool = False) -> date:
    day, counted = start, 0
    while counted < count:
        day += ONE
        counted += not (only_open and is_closed(day, regime))
    return day


def base(regime: str, kind: str, start: date, *, extended: bool) -> date:
    """The end of the time without pauses."""
    if regime == "california" and kind in ("objection", "limit"):
        return walk_days(start, 15, regime, only_open=True)
    if regime in ("eu", "uk"):
        return walk_months(start, 3 if extended else 1)
    if regime == "brazil":
        return walk_days(start, 15, regime)
    return walk_days(start, 90 if extended else 45, regime)


def rolled(day: date, regime: str) -> date:
    while regime in ("eu", "uk") and is_closed(day, regime):
        day += ONE
    return day


def due(regime: str, kind: str, story: list[tuple[str, datetime]]) -> datetime:
    """Replay the story from its beginning up to each of its days, keeping every single day on which the clock stood."""
    told = sorted(story, key=lambda item: item[1])
    start, extended, stood, waiting = local_day(told[0][1], regime), False, set(), {}
    for what, moment in told[1:]:
        today = local_day(moment, regime)
        so_far = stood | days_between(waiting, today)
        last_day = rolled(shifted(base(regime, kind, start, extended=extended), len(so_far)), regime)
        in_time = today <= last_day
        if what == "extended" and in_time and extendable(regime, kind):
            extended = True
        if what == "identity_asked" and in_time and regime in ("eu", "uk"):
            waiting.setdefault("identity", today)
        if what == "clarification_asked" and in_time and regime == "uk" and kind == "access":
            waiting.setdefault("clarification", today)
        if what == "clarification_answered" and "clarification" in waiting:
            stood |= days_between({"clarification": waiting.pop("clarification")}, today)
        if what == "identity_given" and "identity" in waiting:
            asked = waiting.pop("identity")
            if regime == "uk":
                start, stood = today, set()
                waiting = dict.fromkeys(waiting, today)
            else:
                stood |= days_between({"identity": asked}, today)
    end = rolled(shifted(base(regime, kind, start, extended=extended), len(stood)), regime)
    return datetime(end.year, end.month, end.day, 23, 59, 59, tzinfo=ZoneInfo(ZONES[regime])).astimezone(UTC)


def extendable(regime: str, kind: str) -> bool:
    return regime != "brazil" and not (regime == "california" and kind in ("objection", "limit"))


def shifted(day: date, count: int) -> date:
    for _ in range(count):
        day += ONE
    return day


def days_between(waiting: dict[str, date], until: date) -> set[date]:
    """Every day from when something was first waited for, up to but without this day."""
    found = set()
    for since in waiting.values():
        day = since
        while day < until:
            found.add(day)
            day += ONE
    return found

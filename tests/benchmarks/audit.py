"""`run.py bench audit`: 1,000,000 events sealed and checked; then as many more of the year before, searched as on the pages
of the audit among both."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import django

TIMES = 40  # of each search
ACTORS, SUBJECTS = 200, 300_000
# of 200 people few do most; kinds as on a site where most events are reads
FILL = """
INSERT INTO profiles_auditevent (at, actor_id, actor_name, request_id, action, object_type, object_id, subject_ids, detail, outcome)
SELECT now() - (1 - n / %(whole)s::float) * interval '365 days' * %(years)s, who, 'user' || who,
    md5(n::text), (%(actions)s::text[])[1 + floor(power(random(), 3) * array_length(%(actions)s::text[], 1))::int],
    'profiles.Profile', md5((n / 3)::text), ARRAY[md5(floor(random() * %(subjects)s)::text)::uuid], jsonb_build_object('n', n),
    CASE WHEN n %% 1000 = 0 THEN 'refused' ELSE 'done' END
FROM (SELECT n, 1 + floor(power(random(), 4) * %(actors)s)::bigint AS who FROM generate_series(%(first)s::int, %(last)s::int) n) e
"""


def main(count: int = 1_000_000) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdv_site.settings")
    django.setup()
    people()
    fill(count, years=0)  # a seal takes nothing that claims to be older than the seal before
    seal_and_check()
    fill(count, years=1)
    search(count)


def people() -> None:
    from profiles.models import User

    User.objects.bulk_create(User(id=n, username=f"user{n}") for n in range(1, ACTORS + 1))


def fill(count: int, *, years: int) -> None:
    """Events of the years up to now, or of this moment."""
    from django.db import connection

    from profiles.audit import EVENTS

    actions = sorted(EVENTS, key=lambda name: (not EVENTS[name].is_read, name))
    fixed = {"whole": count, "years": years, "actions": actions, "subjects": SUBJECTS, "actors": ACTORS}
    with connection.cursor() as cursor:
        for first in range(0, count, 50_000):
            cursor.execute(FILL, {**fixed, "first": first, "last": min(first + 50_000, count) - 1})
        cursor.execute("VACUUM ANALYZE profiles_auditevent")


def seal_and_check() -> None:
    from governance.sealing import seal_waiting
    from governance.verifying import verify

    began = time.perf_counter()
    seals = seal_waiting(limit=sys.maxsize)
    sealed = time.perf_counter()
    report = verify()
    checked = time.perf_counter()
    print(f"events {report.events:,}  seals {seals:,}  sound {report.is_sound}")
    print(f"sealing {sealed - began:.1f} s  {report.events / (sealed - began):,.0f} events/s")
    print(f"checking {checked - sealed:.1f} s  {report.events / (checked - sealed):,.0f} events/s")


# ---- searching -----------------------------------------------------------------------------------------------------------


def search(count: int) -> None:
    """Each search as often as said, with other values each time: p50 and p95 in milliseconds."""
    chance = Random(7)
    print(f"{'search':42} {'p50':>8} {'p95':>8}  ms")
    for name, ask in searches(chance, count).items():
        spent = sorted(_spent(ask) for _ in range(TIMES))
        print(f"{name:42} {spent[TIMES // 2]:8.1f} {spent[int(TIMES * 0.95)]:8.1f}")


def _spent(ask: Callable[[], Any]) -> float:
    began = time.perf_counter()
    ask()
    return 1000 * (time.perf_counter() - began)


def searches(chance: Random, count: int) -> dict[str, Callable[[], Any]]:
    from datetime import UTC, datetime, timedelta
    from hashlib import md5
    from uuid import UUID

    from governance import audit_reading as reading
    from profiles.audit import EVENTS
    from profiles.models import AuditEvent

    def page(**wanted: Any) -> tuple:
        return reading.page(reading.search(wanted), "")

    def actor() -> str:
        return f"user{1 + int(chance.random() ** 4 * ACTORS)}"

    def action() -> str:
        return chance.choice(list(EVENTS))

    def days(length: int) -> dict[str, datetime]:
        since = datetime.now(UTC) - timedelta(days=length + chance.random() * (365 - length))
        return {"since": since, "until": since + timedelta(days=length)}

    def subject() -> UUID:
        return UUID(md5(str(chance.randrange(SUBJECTS)).encode(), usedforsecurity=False).hexdigest())

    def text(limit: int) -> str:
        return md5(str(chance.randrange(limit)).encode(), usedforsecurity=False).hexdigest()

    def of_user() -> None:
        rows = AuditEvent.objects.filter(reading.by_whom(actor()))
        reading.by_kind(rows)
        reading.page(rows, "")

    def walk() -> None:
        list(_pages(reading, reading.search(days(30)), 10))

    return {
        "newest": page,
        "by actor": lambda: page(actor=actor()),
        "by a name that nobody has": lambda: page(actor="nobody"),
        "by kind of event": lambda: page(action=action()),
        "reads only": lambda: page(what="reads"),
        "acts only": lambda: page(what="acts"),
        "refused": lambda: page(outcome="refused"),
        "by customer": lambda: page(subject=subject()),
        "by object id": lambda: page(object=text(count // 3)),
        "by request": lambda: page(request=text(count)),
        "a day": lambda: page(**days(1)),
        "a month": lambda: page(**days(30)),
        "a month, ten pages": walk,
        "actor and a day": lambda: page(actor=actor(), **days(1)),
        "kind of event and a week": lambda: page(action=action(), **days(7)),
        "actor, kind of event and a month": lambda: page(actor=actor(), action=action(), **days(30)),
        "what a user did, by kind and the first page": of_user,
        "who saw a person": lambda: reading.by_reader(AuditEvent.objects.filter(subject_ids__overlap=[subject()])),
    }


def _pages(reading: Any, rows: Any, most: int) -> Iterator[list]:
    place = ""
    for _ in range(most):
        found, place = reading.page(rows, place)
        yield found
        if not place:
            return


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))

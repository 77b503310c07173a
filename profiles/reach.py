"""How many customers there are and how they can be reached: counts for those who may not know who they are."""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from .models import Source, User

STANDS = 600  # seconds
FEW = 10  # a smaller number would point at people
WAYS = (("email", "By e-mail"), ("phone", "By phone"), ("street", "By post"))


@dataclass(frozen=True, slots=True)
class Count:
    """A number of customers, not told exactly when it is small."""

    label: str
    n: int

    @property
    def words(self) -> str:
        return f"fewer than {FEW}" if 0 < self.n < FEW else f"{self.n:,}"

    @property
    def told(self) -> int:
        """The number, rounded up to where it may be told: what a bar shows."""
        return FEW if 0 < self.n < FEW else self.n


@dataclass(frozen=True, slots=True)
class Reach:
    """All customers with a record of a granted source, those with each way to reach them, and by source (one of two
    sources is counted in both), as counted at a moment."""

    at: datetime
    whole: Count
    ways: list[Count]
    sources: list[Count]


def reach(user: User) -> Reach:
    """What the user's sources come to. Counting reads every contact value, so what was counted stands for some minutes, for
    whoever has the same sources. 2 queries, 4 more to count."""
    names = dict(Source.objects.visible_to(user).values_list("id", "name"))
    key = "reach-" + hashlib.sha256(repr(sorted(names)).encode()).hexdigest()
    found = cache.get(key)
    if found is None:
        found = _count(sorted(names))
        cache.set(key, found, STANDS)
    at, whole, ways, sources = found
    return Reach(
        at,
        Count("Customers", whole),
        [Count(label, ways.get(field, 0)) for field, label in WAYS],
        [Count(name, sources.get(pk, 0)) for pk, name in names.items()],
    )


def _count(sources: list[int]) -> tuple[datetime, int, dict[str, int], dict[int, int]]:
    """When, how many in all, by way, by source. 3 queries, one of which reads every contact value."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM profiles_profile WHERE state = 'active' AND record_count > 0 AND source_ids && %s::bigint[]",
            [sources],
        )
        whole = cursor.fetchone()[0]
        cursor.execute(
            "SELECT field, count(DISTINCT profile_id) FROM profiles_goldenvalue WHERE field = ANY(%s)"
            " AND source_ids && %s::bigint[] GROUP BY field",
            [[field for field, _ in WAYS], sources],
        )
        ways = dict(cursor.fetchall())
        cursor.execute(
            "SELECT source, count(*) FROM profiles_profile CROSS JOIN LATERAL unnest(source_ids) AS source"
            " WHERE state = 'active' AND record_count > 0 AND source = ANY(%s::bigint[]) GROUP BY source",
            [sources],
        )
        return timezone.now(), whole, ways, dict(cursor.fetchall())

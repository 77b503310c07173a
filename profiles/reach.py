"""How many customers there are and how they can be reached: counts for those who may not know who they are."""

from dataclasses import dataclass

from django.db import connection

from .customers import granted_sources
from .models import Source, User

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


def reach(user: User) -> tuple[Count, list[Count]]:
    """All customers with a record of a granted source, and those with each way to reach them. 2 queries, one of which
    reads every contact value: for a page of its own."""
    sources = sorted(granted_sources(user))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM profiles_profile WHERE state = 'active' AND record_count > 0 AND source_ids && %s::bigint[]",
            [sources],
        )
        whole = Count("Customers", cursor.fetchone()[0])
        cursor.execute(
            "SELECT field, count(DISTINCT profile_id) FROM profiles_goldenvalue WHERE field = ANY(%s)"
            " AND source_ids && %s::bigint[] GROUP BY field",
            [[field for field, _ in WAYS], sources],
        )
        found = dict(cursor.fetchall())
    return whole, [Count(label, found.get(field, 0)) for field, label in WAYS]


def of_sources(user: User) -> list[Count]:
    """Customers by source: one of two sources is counted in both. 2 queries."""
    names = dict(Source.objects.visible_to(user).values_list("id", "name"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT source, count(*) FROM profiles_profile CROSS JOIN LATERAL unnest(source_ids) AS source"
            " WHERE state = 'active' AND record_count > 0 AND source = ANY(%s::bigint[]) GROUP BY source",
            [list(names)],
        )
        found = dict(cursor.fetchall())
    return [Count(name, found.get(pk, 0)) for pk, name in names.items()]

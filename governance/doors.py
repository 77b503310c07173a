"""How often somebody may come to a public door: counted in PostgreSQL, atomically, by a keyed hash."""

from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone

from profiles.encryption import digest

from .models import DoorCount

COUNT = """
INSERT INTO governance_doorcount (key, since, count)
VALUES (%s, date_bin(make_interval(secs => %s), clock_timestamp(), TIMESTAMPTZ '2020-01-01'), 1)
ON CONFLICT (key, since) DO UPDATE SET count = governance_doorcount.count + 1 RETURNING count
"""


def come(*, door: str, who: str, most: int, seconds: int) -> bool:
    """Count one who comes; whether they may still enter. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [digest(f"{door}\0{who}", purpose="door"), seconds])
        return cursor.fetchone()[0] <= most


def forget(now: datetime | None = None) -> int:
    """Drop counts of yesterday and before. Returns how many."""
    found, _ = DoorCount.objects.filter(since__lt=(now or timezone.now()) - timedelta(days=2)).delete()
    return found

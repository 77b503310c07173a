"""Snapshots: a file that holds everything a source knows; records that it does not name are withdrawn."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice

from django.db import connection
from django.db.models import F

from . import jobs, records
from .bulk import copying
from .connectors import BadRow, Row
from .models import Batch

CHUNK = 2_000
WINDOW = 20_000  # records looked at by one statement, and names written by one
LIVE_WINDOW = (
    "SELECT id, external_id FROM profiles_sourcerecord WHERE source_id = %s AND id > %s"
    " AND state IN ('received', 'resolved') ORDER BY id LIMIT %s"
)


def withdraw_missing(*, claim: jobs.Claim, batch: Batch, rows: Iterable[Row | BadRow], id_column: str) -> None:
    """Withdraw the source's records that no row of the file names, set-aside rows included, in bounded chunks.

    The names go through a temporary table: memory is flat in the size of the file. A job that is taken up again starts anew
    and finds less to do.
    """
    with _named(claim, rows, id_column):
        last: int | None = 0
        while last is not None:
            missing, last = _missing(batch.source_id, last)
            for start in range(0, len(missing), CHUNK):
                _withdraw(claim, batch, missing[start : start + CHUNK])
            claim.beat()


def _withdraw(claim: jobs.Claim, batch: Batch, record_ids: list[int]) -> None:
    with claim.effect():
        gone = records.withdraw(batch=batch, record_ids=record_ids)
        Batch.objects.filter(id=batch.id).update(withdrawn=F("withdrawn") + gone)
    claim.beat()


@contextmanager
def _named(claim: jobs.Claim, rows: Iterable[Row | BadRow], id_column: str) -> Iterator[None]:
    """A temporary table of the ids that the file names."""
    names = ((row.cells if isinstance(row, Row) else row.raw).get(id_column, "").strip()[:201] for row in rows)
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS named_in_file")
        cursor.execute("CREATE TEMP TABLE named_in_file (external_id text)")
        while chunk := list(islice(names, WINDOW)):
            with copying("COPY named_in_file FROM STDIN") as copy:
                for name in chunk:
                    copy.write_row((name.replace("\x00", "").encode("utf-8", "replace").decode(),))
            claim.beat()
        cursor.execute("CREATE INDEX ON named_in_file (external_id)")
        cursor.execute("ANALYZE named_in_file")
        try:
            yield
        finally:
            cursor.execute("DROP TABLE IF EXISTS named_in_file")


def _missing(source_id: int, after: int) -> tuple[list[int], int | None]:
    """Of the next records of a source those that are not named, and the id to go on from. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH live AS ({LIVE_WINDOW}) SELECT (SELECT max(id) FROM live),"
            " array(SELECT id FROM live WHERE NOT EXISTS (SELECT FROM named_in_file n WHERE n.external_id = live.external_id)"
            " ORDER BY id)",
            [source_id, after, WINDOW],
        )
        last, missing = cursor.fetchone()
    return missing, last

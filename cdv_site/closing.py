"""A site that is closed: while a backup is restored, until everything that must follow is done, nobody gets in.

A table in the database says so. Each new connection of any process (web, worker, scheduler, command) looks for it and is
refused, but for the one process that restores. So neither a sign-in nor a job can come before the erasures are done again.
"""

from contextlib import suppress

from django.db import DatabaseError, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.http import HttpRequest, HttpResponse

from cdv_site.middleware import Respond

MARK = "site_closed"
CLOSE = f"CREATE TABLE IF NOT EXISTS {MARK} (since timestamptz NOT NULL DEFAULT now())"
OPEN = f"DROP TABLE IF EXISTS {MARK}"
_let_in = False


class SiteClosed(OperationalError):
    """The database is being restored; nobody is let in before that is finished."""


def let_in() -> None:
    """This process restores: its connections are not refused."""
    global _let_in  # noqa: PLW0603  (a property of the process)
    _let_in = True


def refuse_when_closed(connection: BaseDatabaseWrapper, **_: object) -> None:  # a receiver of connection_created
    """Look at the mark on each new connection. 1 query."""
    if _let_in or not is_closed(connection):
        return
    with suppress(OperationalError):
        connection.close()
    raise SiteClosed("The site is closed: a backup is being restored. Finish it with `manage.py restore --finish`.")


def is_closed(connection: BaseDatabaseWrapper) -> bool:
    """Whether the mark is there. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [f"public.{MARK}"])
        return cursor.fetchone()[0]


def closed_page(get_response: Respond) -> Respond:
    """Answer 503 in a sentence while the site is closed; before anything else asks the database, sessions included."""

    def middleware(request: HttpRequest) -> HttpResponse:
        try:
            if request.path != "/healthz":
                connection.ensure_connection()
        except SiteClosed:
            return _page()
        except DatabaseError:
            pass  # whoever needs it says so
        return get_response(request)

    return middleware


def _page() -> HttpResponse:
    text = "The site is closed for a moment: a backup is being restored."
    return HttpResponse(text, status=503, headers={"Retry-After": "60"}, content_type="text/plain")

"""Who refers to a customer and who deletes it wait for each other, though no foreign key locks the row."""

from collections.abc import Callable

import psycopg
import pytest

from matching.operations import create_profiles
from tests.databases import TestDatabase

ENTER = "INSERT INTO profiles_searchentry (profile_id, kind, text, source_ids) VALUES (%s, 'name', 'ada', '{}')"
REMOVE = "DELETE FROM profiles_profile WHERE id = %s"


@pytest.mark.parametrize(("first", "second"), [(ENTER, REMOVE), (REMOVE, ENTER)])
def test_who_comes_second_waits_for_who_refers_or_deletes(
    first: str, second: str, fresh_database: Callable[[], None], django_db_setup: TestDatabase
) -> None:
    """A foreign key locks the row; here the one who deletes locks the table."""
    alone = create_profiles(["person"])
    with psycopg.connect(django_db_setup.url) as one, psycopg.connect(django_db_setup.url) as other:
        one.execute(first, alone)
        other.execute("SET LOCAL lock_timeout = '100ms'")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(second, alone)
        one.commit()
        other.rollback()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            other.execute(second, alone)

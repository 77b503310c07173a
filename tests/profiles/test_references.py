"""Golden values and search entries refer only to what is there, though their references are checked once per statement."""

import pytest
from django.db import IntegrityError, connection, transaction

from profiles.models import GoldenValue, SearchEntry
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db

NOBODY = "00000000-0000-7000-8000-000000000000"
REFUSED = [
    "INSERT INTO profiles_searchentry (profile_id, kind, text, source_ids) VALUES (%(nobody)s, 'name', 'ada', '{}')",
    "UPDATE profiles_searchentry SET profile_id = %(nobody)s WHERE profile_id = %(ada)s",
    "UPDATE profiles_goldenvalue SET profile_id = %(nobody)s WHERE profile_id = %(ada)s",
    "UPDATE profiles_goldenvalue SET record_id = 0 WHERE profile_id = %(ada)s",
    "UPDATE profiles_profile SET id = %(nobody)s WHERE id = %(ada)s",
    "UPDATE profiles_sourcerecord SET id = 0 WHERE id = %(record)s",
    "DELETE FROM profiles_profile WHERE id = %(ada)s",
    "DELETE FROM profiles_sourcerecord WHERE id = %(record)s",
    "INSERT INTO profiles_recordmove (operation_id, record_id, to_profile_id, class_before, class_after, linked_before,"
    " linked_after) VALUES (%(nobody)s, %(record)s, %(ada)s, '', 'model', '', '')",
    "INSERT INTO matching_relation (left_record_id, right_record_id, kind, pattern, model_label, created_at)"
    " VALUES (0, %(record)s, 'household', '{}', '', now())",
    "INSERT INTO profiles_membership (record_id, profile_id, link_class, linked_by, since)"
    " VALUES (0, %(ada)s, 'system', '', now())",
]


@pytest.mark.parametrize("statement", REFUSED)
def test_what_values_refer_to_stays(statement: str) -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "email": "ada@byron.example"})
    ada, own = profile_of(cast.shop, "1").id, record(cast.shop, "1").id
    assert GoldenValue.objects.filter(profile=ada, record=own).exists()
    assert SearchEntry.objects.filter(profile=ada).exists()
    with pytest.raises(IntegrityError, match="refers to"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM profiles_membership WHERE record_id = %s", [own])  # which would refuse it first
        cursor.execute(statement, {"nobody": NOBODY, "ada": ada, "record": own})


def test_rows_without_values_may_go() -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    ada, own = profile_of(cast.shop, "1").id, record(cast.shop, "1").id
    with transaction.atomic(), connection.cursor() as cursor:
        for table in ("profiles_goldenvalue", "profiles_searchentry", "profiles_membership"):
            cursor.execute(f"DELETE FROM {table} WHERE profile_id = %s", [ada])
        cursor.execute("DELETE FROM profiles_profile WHERE id = %s", [ada])
        cursor.execute("DELETE FROM profiles_sourcerecord WHERE id = %s", [own])
        assert cursor.rowcount == 1

"""Rows by COPY and, where they are few, by one INSERT: the same rows."""

import pytest
from django.db import connection

from profiles.bulk import FEW, copy_rows

pytestmark = pytest.mark.django_db

ODD = ("", " ", "\\", "\\N", r"\t", "a\tb", "a\nb\r", "\b\f\v", "'", '"', "%s", "Ünï 李", "{1,2}")


def test_few_rows_and_many_hold_what_they_were_given() -> None:
    texts = [(n, text, [n, 7], {"k": text}, None if n % 2 else 1.5) for n, text in enumerate(ODD)]
    many = texts * (FEW // len(texts) + 2)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE odd (n int, t text, a bigint[], j jsonb, f float8)")
        for rows in (texts[:FEW], texts[FEW:], many):
            copy_rows("odd", ("n", "t", "a", "j", "f"), rows)
        cursor.execute("SELECT n, t, a, j ->> 'k', f FROM odd")
        found = cursor.fetchall()
    assert found == [(n, t, a, j["k"], f) for n, t, a, j, f in [*texts, *many]]

"""The database refuses a membership that the ledger does not tell, whoever writes it."""

import pytest
from django.db import OperationalError, connection, transaction

from matching import identity
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "change",
    ["profile_id = %(other)s", "link_class = 'verified'", "operation_id = NULL", "operation_id = %(first)s"],
)
def test_a_membership_changes_only_by_a_move_from_where_it_is(change: str) -> None:
    cast = Cast()
    send(cast.shop, *({"id": str(n), "name": name} for n, name in enumerate(("Ada Byron", "Carl Gauss"), 1)))
    one, two = profile_of(cast.shop, "1").id, profile_of(cast.shop, "2").id
    moved = record(cast.shop, "2").id
    first = identity.merge(survivor=one, losers=[two], by=cast.ada, reason="")
    identity.split(profile=one, record_ids=[moved], by=cast.ada, reason="")
    refused = pytest.raises(OperationalError, match="not where its operation")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE profiles_membership SET {change} WHERE record_id = %(record)s",
            {"other": one, "first": first.id, "record": moved},
        )

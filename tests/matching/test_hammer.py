"""Eight processes on a few hot customers: nothing breaks, nothing deadlocks, only what may be refused is refused."""

from collections.abc import Callable

import pytest
from django.db import connection

from tests.cast import Cast
from tests.databases import as_owner
from tests.matching.hammer import deadlocks, hammer
from tests.matching.invariants import GUARDED
from tests.matching.world import World

GUARDS = (
    "ALTER TABLE profiles_membership DROP CONSTRAINT membership_profile_active",
    "ALTER TABLE profiles_profile DROP CONSTRAINT profile_canonical_active",
    "DROP TRIGGER memberships_follow_ledger_new ON profiles_membership",
    "DROP TRIGGER memberships_follow_ledger_changed ON profiles_membership",
    "DROP INDEX one_open_proposal_per_pair",
    "DROP INDEX one_open_work_item_per_subject",
    "ALTER TABLE profiles_goldenvalue DROP CONSTRAINT golden_rank_once",
)


@pytest.fixture
def hot(fresh_database: Callable[[], None]) -> None:
    """The cast, and two sources that know the same three people."""
    Cast()
    World().begin()


def test_nothing_breaks_under_the_hammer(hot: None, long: bool) -> None:
    before = deadlocks()
    blows, found = hammer(seconds=60 if long else 10, least=10)
    assert found == []
    assert blows.errors == []
    assert deadlocks() == before
    assert {"merge", "split", "undo", "ingest"} <= set(blows.done)


def test_the_guards_of_the_database_hold_without_application_locks(hot: None, long: bool) -> None:
    _, found = hammer(seconds=30 if long else 5, bare=True)
    assert [sentence for sentence in found if sentence.split(":")[0] in GUARDED] == []


def test_the_hammer_finds_breaks_when_there_are_neither_locks_nor_guards(hot: None) -> None:
    with as_owner(), connection.cursor() as cursor:
        for statement in GUARDS:
            cursor.execute(statement)
    _, found = hammer(seconds=60, bare=True, until_broken=True)
    assert found

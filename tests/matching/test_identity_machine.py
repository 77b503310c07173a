"""Whatever happens in whatever order, the invariants of identity hold: a state machine against real commits."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from matching.models import Decision
from profiles.models import Profile
from tests.cast import Cast, state
from tests.databases import TestDatabase
from tests.matching.invariants import broken
from tests.matching.machine import MASK, NUMBER, ROW, WorldMachine, renewing, run
from tests.matching.world import World

VERDICTS = st.sampled_from(Decision.Verdict.values)
ROWS = st.lists(ROW, min_size=1, max_size=3)
FIELD = st.sampled_from([("family_name", "Lovelace"), ("given_name", "Ada"), ("email", "ada@post.example")])


class IdentityMachine(WorldMachine):
    """Every act of the world, in any order; a refusal is an answer too."""

    @initialize()
    def begin(self) -> None:
        """Two sources that know some of the same people."""
        self.renew()
        self.world = World()
        self.world.begin()

    @rule(source=NUMBER, rows=ROWS, snapshot=st.booleans(), resolve=st.booleans())
    def ingest(self, source: int, rows: list, snapshot: bool, resolve: bool) -> None:
        batch = self.world.ingest(source, [self.world.row(*row) for row in rows], snapshot=snapshot)
        batch.refresh_from_db()
        assert (batch.state, batch.received) == ("done", len(rows) + 1)
        if resolve:
            self.world.resolve()

    @rule()
    def resolve(self) -> None:
        self.world.resolve()

    @rule(which=NUMBER)
    def undo_import(self, which: int) -> None:
        with self.attempt():
            self.world.undo_import(which)

    @rule(one=NUMBER, other=NUMBER, confirm=st.booleans())
    def merge(self, one: int, other: int, confirm: bool) -> None:
        with self.attempt():
            self.world.merge(one, other, confirm)

    @rule(which=NUMBER, mask=MASK, never_again=st.booleans())
    def split(self, which: int, mask: int, never_again: bool) -> None:
        with self.attempt():
            self.world.split(which, mask, never_again)

    @rule(which=NUMBER, mask=MASK, to=NUMBER)
    def move(self, which: int, mask: int, to: int) -> None:
        with self.attempt():
            self.world.move(which, mask, to)

    @rule(which=NUMBER, never_again=st.booleans())
    def undo(self, which: int, never_again: bool) -> None:
        with self.attempt():
            self.world.undo(which, never_again)

    @rule(one=NUMBER, other=NUMBER, confirm=st.booleans())
    def merge_then_undo_is_identity(self, one: int, other: int, confirm: bool) -> None:
        self.world.resolve()
        before = state()
        with self.attempt():
            self.world.merge(one, other, confirm)
            self.world.undo(0, True)
        assert state() == before

    @rule(which=NUMBER, mask=MASK, never_again=st.booleans())
    def split_then_undo_is_identity(self, which: int, mask: int, never_again: bool) -> None:
        self.world.resolve()
        before, ids = state(), list(Profile.objects.values_list("id", flat=True))
        with self.attempt():
            self.world.split(which, mask, never_again)
            self.world.undo(0, True)
        links, values, redirects = state()
        assert (links, values, [row for row in redirects if row[0] in ids]) == before

    @rule(which=NUMBER, verdict=VERDICTS)
    def decide(self, which: int, verdict: str) -> None:
        with self.attempt():
            self.world.decide(which, verdict)

    @rule(one=NUMBER, other=NUMBER, verdict=VERDICTS)
    def compare(self, one: int, other: int, verdict: str) -> None:
        with self.attempt():
            self.world.compare(one, other, verdict)

    @rule(which=NUMBER)
    def revoke(self, which: int) -> None:
        with self.attempt():
            self.world.revoke(which)

    @rule(which=NUMBER, field=FIELD, retract=st.booleans())
    def correct(self, which: int, field: tuple[str, str], retract: bool) -> None:
        with self.attempt():
            self.world.correct(which, field[0], [] if retract else [field[1]])

    @rule(which=NUMBER)
    def release(self, which: int) -> None:
        with self.attempt():
            self.world.release(which)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.refused or broken() == []
        self.refused = False


@pytest.fixture
def renew_world(fresh_database: Callable[[], None], django_db_setup: TestDatabase) -> Iterator[Callable[[], None]]:
    """Back to a database in which the cast exists and nothing has happened."""
    Cast()
    yield from renewing(django_db_setup, "cast")


def test_identity_invariants_hold_whatever_happens(renew_world: Callable[[], None], long: bool) -> None:
    examples, steps = (200, 50) if long else (50, 40)
    run(IdentityMachine, renew_world, examples, steps)

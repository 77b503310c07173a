"""Whatever happens in whatever order, no operation turns a NO into a YES: a state machine against real commits."""

from collections.abc import Callable, Iterator

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from governance import consent_carry, consent_projection
from matching import steps
from profiles import golden
from tests.cast import Cast, state
from tests.databases import TestDatabase
from tests.governance.consent_invariants import ConsentWorld, broken, stored
from tests.matching.machine import MASK, NUMBER, ROW, WorldMachine, renewing, run


class ConsentMachine(WorldMachine):
    """Every act of the world and of the people in it, in any order; a refusal is an answer too."""

    @initialize()
    def begin(self) -> None:
        self.renew()
        self.world = ConsentWorld()
        self.world.begin()

    @rule(which=NUMBER, act=st.integers(0, 4), mail=NUMBER, purpose=st.integers(0, 1), day=st.integers(0, 4))
    def say(self, which: int, act: int, mail: int, purpose: int, day: int) -> None:
        """An address is named where the act needs one."""
        self.world.say(which, act, mail if act in (2, 3) else mail % 3 + 1, purpose, day)

    @rule(source=NUMBER, row=ROW)
    def ingest(self, source: int, row: tuple) -> None:
        self.world.ingest(source, [self.world.row(*row)])
        self.world.resolve()

    @rule(which=NUMBER)
    def undo_import(self, which: int) -> None:
        with self.attempt():
            self.world.undo_import(which)

    @rule(one=NUMBER, other=NUMBER, confirm=st.booleans())
    def merge(self, one: int, other: int, confirm: bool) -> None:
        with self.attempt():
            self.world.merge(one, other, confirm)

    @rule(which=NUMBER, mask=MASK)
    def split(self, which: int, mask: int) -> None:
        """Nobody who parts is told YES where all were told NO."""
        with self.attempt():
            profile, leaving = self.world.some_records(which, mask)
            before = stored().get(profile, {})
            operation = self.world.split(which, mask, False)
            for part in {profile, operation.profile_id}:
                after = stored().get(part, {})
                said_no = {cell for cell, how in before.items() if how in ("denied", "conflict")}
                assert not [cell for cell in said_no if after.get(cell) in ("allowed", "not_objected")]

    @rule(which=NUMBER, mask=MASK, to=NUMBER)
    def move(self, which: int, mask: int, to: int) -> None:
        with self.attempt():
            self.world.move(which, mask, to)

    @rule(which=NUMBER)
    def undo(self, which: int) -> None:
        with self.attempt():
            self.world.undo(which, False)

    @rule(one=NUMBER, other=NUMBER)
    def merge_then_undo_is_identity(self, one: int, other: int) -> None:
        self.world.resolve()
        before = state(), stored()
        with self.attempt():
            self.world.merge(one, other, False)
            self.world.undo(0, False)
        assert (state(), stored()) == before

    @rule(which=NUMBER, retract=st.booleans())
    def correct(self, which: int, retract: bool) -> None:
        with self.attempt():
            self.world.correct(which, "email", [] if retract else ["ada@post.example"])
        self.world.resolve()

    @rule(which=NUMBER)
    def restrict(self, which: int) -> None:
        self.world.restrict(which)

    @invariant()
    def nothing_is_broken(self) -> None:
        assert self.refused or broken(self.world) == []
        self.refused = False


@pytest.fixture
def renew_world(fresh_database: Callable[[], None], django_db_setup: TestDatabase) -> Iterator[Callable[[], None]]:
    """Back to a database in which the cast exists and nothing has happened."""
    Cast()
    yield from renewing(django_db_setup, "consent")


def test_no_operation_turns_a_no_into_a_yes(renew_world: Callable[[], None], long: bool) -> None:
    examples, length = (200, 50) if long else (4, 16)
    run(ConsentMachine, renew_world, examples, length)


# ---- the machine has teeth ------------------------------------------------------------------------------------------------


@pytest.fixture
def world(db: None) -> ConsentWorld:
    """Ada is one customer of two records, Carl another of two; nobody said anything yet."""
    Cast()
    made = ConsentWorld()
    made.begin()
    assert broken(made) == []
    return made


def any_later_grant_lifts(world: ConsentWorld, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(consent_projection, "_reaches", lambda grant, *_: grant.by_subject)
    world.split(0, 1, False)
    world.say(0, 2, 0, 0, 1)
    world.say(3, 0, 1, 0, 2)
    world.say(4, 0, 1, 0, 2)
    world.undo(0, False)


def states_not_written_anew(world: ConsentWorld, patch: pytest.MonkeyPatch) -> None:
    world.say(0, 3, 0, 1, 1)
    patch.setattr(golden, "REBUILT", {})
    world.merge(1, 0, False)


def an_import_lifts(world: ConsentWorld, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(consent_projection, "_reaches", lambda grant, restriction, members: grant.record in members)
    world.say(0, 2, 1, 0, 1)
    world.say(0, 1, 1, 0, 2)


def a_lift_goes_with_everybody(world: ConsentWorld, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(consent_carry, "carried", lambda *_, **__: [])
    world.say(0, 2, 0, 0, 1)
    world.say(4, 0, 1, 0, 2)
    world.split(0, 1, False)
    world.part()
    world.undo(0, False)


@pytest.mark.parametrize(
    ("bug", "invariant"),
    [
        (any_later_grant_lifts, "no operation turns a NO into a YES"),
        (states_not_written_anew, "the projection equals a replay"),
        (an_import_lifts, "no operation turns a NO into a YES"),
        (a_lift_goes_with_everybody, "no operation turns a NO into a YES"),
    ],
)
def test_a_seeded_bug_is_found(
    bug: Callable, invariant: str, world: ConsentWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(world, monkeypatch)
    assert invariant in {sentence.split(":")[0] for sentence in broken(world)}


def test_a_split_that_carries_nothing_is_found(world: ConsentWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """By what the machine holds against each split."""
    patched = {name: step for name, step in steps.STEPS.items() if name != "consent"}
    monkeypatch.setattr(steps, "STEPS", patched)
    world.say(0, 3, 0, 1, 1)
    profile, _ = world.some_records(0, 1)
    before = stored()[profile]
    operation = world.split(0, 1, False)
    after = {**stored().get(profile, {}), **stored().get(operation.profile_id, {})}
    assert set(before.values()) == {"denied"} and len(after) < 2 * len(before)

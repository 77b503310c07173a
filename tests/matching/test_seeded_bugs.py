"""The invariants have teeth: each seeded bug is found by the invariant that it breaks."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from matching import identity, operations, steps
from matching.models import Proposal
from profiles import golden
from profiles.models import Membership
from tests.cast import Cast
from tests.matching.invariants import broken
from tests.matching.world import World

pytestmark = pytest.mark.django_db
Patch = pytest.MonkeyPatch


@pytest.fixture
def world() -> Iterator[World]:
    """Three people of two sources; where two are proposed as one, the proposal is open."""
    Cast()
    world = World()
    world.begin()
    assert broken() == []
    yield world
    connection.set_rollback(True)  # what a bug left is not for the guards to look at


def nothing(*_: object, **__: object) -> None:
    """What a forgotten step does."""


def lost_cannot_link(world: World, patch: Patch) -> None:
    patch.setattr(identity, "check_cannot_links", nothing)
    world.compare(0, 0, "not_same")
    world.merge(0, 0, False)


def wrong_canonical(world: World, patch: Patch) -> None:
    patch.setattr(operations, "redirect", lambda *_: {})
    world.merge(0, 0, False)
    world.merge(1, 0, False)


def golden_not_rebuilt(world: World, patch: Patch) -> None:
    patch.setattr(golden, "rebuild", nothing)
    world.merge(0, 0, False)


def search_not_rebuilt(world: World, patch: Patch) -> None:
    patch.setattr(golden, "_store_search", nothing)
    world.merge(0, 0, False)


def visibility_not_rebuilt(world: World, patch: Patch) -> None:
    patch.setattr(golden, "_store_visibility", nothing)
    world.merge(0, 0, False)


def audit_dropped(world: World, patch: Patch) -> None:
    patch.setattr(operations, "_write_audit", nothing)
    world.merge(0, 0, False)


def proposals_left_behind(world: World, patch: Patch) -> None:
    patch.setattr(steps, "STEPS", {})
    proposal = Proposal.objects.awaiting_review().first()
    identity.merge(survivor=proposal.left_id, losers=[proposal.right_id], by=None, reason="")


def verified_link_changed_by_a_job(world: World, patch: Patch) -> None:
    world.merge(0, 0, True)
    verified = Membership.objects.filter(link_class="verified").first()
    other = next(pid for pid in world.profiles() if pid != verified.profile_id)
    identity.merge(survivor=other, losers=[verified.profile_id], by=None, reason="")  # nobody acts: as a job does


def emptied_customer_stays_active(world: World, patch: Patch) -> None:
    patch.setattr(operations, "_bury", nothing)
    world.merge(0, 0, False)


@pytest.mark.parametrize(
    ("bug", "invariant"),
    [
        (lost_cannot_link, "a cannot-link is never broken"),
        (wrong_canonical, "a merged profile has an active canonical"),
        (golden_not_rebuilt, "golden values are fresh"),
        (search_not_rebuilt, "search entries are fresh"),
        (visibility_not_rebuilt, "record counts are right"),
        (audit_dropped, "each operation has its audit row"),
        (proposals_left_behind, "the records of an open proposal are with its customers"),
        (verified_link_changed_by_a_job, "no job changes a verified link"),
        (emptied_customer_stays_active, "an active profile has records"),
    ],
)
def test_a_seeded_bug_is_found(
    bug: Callable[[World, Patch], None], invariant: str, world: World, monkeypatch: Patch
) -> None:
    bug(world, monkeypatch)
    assert invariant in {sentence.split(":")[0] for sentence in broken()}

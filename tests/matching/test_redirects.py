"""Who stands for merged customers after splits, merges and their undo."""

from uuid import UUID

import pytest

from matching import identity, second_person
from matching import undo as undoing
from profiles import approvals
from profiles.models import IdentityOperation, Profile
from tests.cast import Cast, profile_of, record, send, state

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    people = ("Ada Byron", "Carl Gauss", "Emmy Noether", "Sofya Kovalevskaya")
    send(cast.shop, *({"id": str(n), "name": name} for n, name in enumerate(people, 1)))
    return cast


def merge(cast: Cast, kept: UUID, lost: UUID) -> IdentityOperation:
    return identity.merge(survivor=kept, losers=[lost], by=cast.ada, reason="test")


def merge_by_two(cast: Cast, kept: UUID, lost: UUID) -> IdentityOperation:
    """Both have been confirmed by ada: root approves their merge."""
    ends = {"left": kept, "right": lost, "survivor": kept, "confirmed": []}
    asked = second_person.ask_for_merge(**ends, by=cast.ada, reason="test")
    return IdentityOperation.objects.get(pk=approvals.approve(approval=asked, by=cast.root).result_id)


def canonical(profile_id: UUID) -> UUID:
    return Profile.objects.get(pk=profile_id).canonical_id


def test_a_tombstone_that_left_with_its_records_comes_back_to_them(cast: Cast) -> None:
    """Its hop still names the customer that its records left: the undo must not go by it."""
    kept, lost, other, third = (profile_of(cast.shop, str(n)).id for n in range(1, 5))
    merge(cast, kept, lost)
    merge(cast, kept, third)
    leaving = [record(cast.shop, n).id for n in ("2", "4")]
    part = identity.split(profile=kept, record_ids=leaving, by=cast.ada, reason="", never_again=False).profile_id
    assert canonical(lost) == canonical(third) == part
    before = state()
    operation = merge(cast, other, part)
    assert canonical(lost) == other
    undoing.undo(operation=operation, by=cast.ada, reason="")
    assert state() == before


def test_each_of_two_merged_customers_gets_its_own_tombstones_back(cast: Cast) -> None:
    kept, lost, other, third = (profile_of(cast.shop, str(n)).id for n in range(1, 5))
    merge(cast, kept, lost)
    merge(cast, other, third)
    before = state()
    operation = merge_by_two(cast, kept, other)
    assert canonical(lost) == canonical(third) == canonical(other) == kept
    undoing.undo(operation=operation, by=cast.ada, reason="")
    assert (canonical(lost), canonical(third)) == (kept, other)
    assert state() == before

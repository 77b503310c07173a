"""What a split lets leave is matched again: against all others, never against the part that it left."""

import pytest

from matching import identity, review
from matching.models import Proposal
from profiles import jobs
from profiles.context import acting, actor_of
from profiles.models import IdentityOperation, Job
from tests.cast import Cast, profile_of, record, same, send

pytestmark = pytest.mark.django_db

ADA = {"name": "Ada Byron", "mail": "ada@post.example", "born": "1815-12-10"}
CARL = {"name": "Carl Gauss", "mail": "gauss@uni.example", "born": "1777-04-30"}


@pytest.fixture
def cast() -> Cast:
    return Cast()


def split(cast: Cast, external_id: str, *, never_again: bool = True) -> Job:
    """Let a record of the shop leave its customer, and do what follows."""
    profile = profile_of(cast.shop, external_id)
    with acting(actor_of(cast.ada)):
        identity.split(
            profile=profile.id, record_ids=[record(cast.shop, external_id).id], by=cast.ada, reason="another person",
            never_again=never_again,
        )  # fmt: skip
    job = Job.objects.get(kind="match_again", state="queued")
    jobs.run(job.id)
    job.refresh_from_db()
    assert job.state == "done"
    return job


def test_a_record_split_off_finds_its_own_customer(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **CARL}, {"id": "2", **ADA})
    kept = profile_of(cast.shop, "1").id
    identity.merge(survivor=kept, losers=[profile_of(cast.shop, "2").id], by=cast.ada, reason="a mistake")
    send(cast.crm, {"id": "9", **ADA})
    assert not same((cast.shop, "2"), (cast.crm, "9"))
    job = split(cast, "2")
    assert same((cast.shop, "2"), (cast.crm, "9"))
    assert not same((cast.shop, "1"), (cast.shop, "2"))
    assert IdentityOperation.objects.filter(kind="merge", run_id=job.id).exists()
    assert not Proposal.objects.awaiting_review().exists()


@pytest.mark.parametrize("never_again", [True, False])
def test_what_a_person_split_is_not_joined_or_proposed_at_once(cast: Cast, never_again: bool) -> None:
    send(cast.shop, {"id": "1", **ADA}, {"id": "2", **ADA})
    assert same((cast.shop, "1"), (cast.shop, "2"))
    split(cast, "2", never_again=never_again)
    assert not same((cast.shop, "1"), (cast.shop, "2"))
    assert not Proposal.objects.exists()


def test_a_decision_that_kept_two_apart_still_holds_after_a_split(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **CARL}, {"id": "2", **ADA})
    send(cast.crm, {"id": "9", "name": "Emmy Noether"})
    review.compare_decide(
        left=profile_of(cast.shop, "2").id,
        right=profile_of(cast.crm, "9").id,
        verdict="not_same",
        by=cast.ada,
        reason="",
    )
    kept = profile_of(cast.shop, "1").id
    identity.merge(survivor=kept, losers=[profile_of(cast.shop, "2").id], by=cast.ada, reason="a mistake")
    send(cast.crm, {"id": "9", **ADA}, name="b.jsonl")
    split(cast, "2")
    assert not same((cast.shop, "2"), (cast.crm, "9"))

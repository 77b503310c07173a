"""Proposals over their life: put off, passed on, retired and scored anew by a merge, asked again when enough changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from matching import constraints, identity, proposals, proposing, queue, review
from matching import undo as undoing
from matching.models import CannotLink, Proposal
from profiles.models import Profile, WorkItem
from tests.cast import Cast, profile_of, record, same, send

pytestmark = pytest.mark.django_db

# same surname and birth date, first names that are not close enough, another phone: for a person to decide
ONE = {"id": "1", "name": "Friedrich Seidel", "born": "1971-03-05", "mail": "seidel@post.example", "town": "Ulm"}
TWO = {"id": "2", "name": "Fritz Seidl", "born": "1971-03-06", "mail": "seidel@post.example", "town": "Ulm"}


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    send(cast.shop, ONE, name="a.jsonl")
    send(cast.crm, TWO, name="b.jsonl")
    return cast


@pytest.fixture
def proposal(cast: Cast) -> Proposal:
    return proposed(cast)


def proposed(cast: Cast) -> Proposal:
    """The open proposal of the two, made by hand where the engine is sure or sees none."""
    one, two = profile_of(cast.shop, "1"), profile_of(cast.crm, "2")
    low, high = sorted((one.id, two.id))
    found = Proposal.objects.awaiting_review().filter(left=low, right=high).first()
    assert found is not None
    return found


def ids(user: object, show: str = "") -> list[int]:
    return [p.id for p in queue.waiting(user, show)]


def test_unsure_goes_to_somebody_else(cast: Cast, proposal: Proposal) -> None:
    review.decide(proposal=proposal, verdict="unsure", by=cast.ada)
    assert ids(cast.ada) == []
    assert ids(cast.ada, "unsure") == [proposal.id]
    assert ids(cast.root) == [proposal.id]


def test_later_comes_back_when_it_is_due_and_says_so(cast: Cast, proposal: Proposal) -> None:
    with pytest.raises(identity.ChangeNotAllowed):
        review.decide(proposal=proposal, verdict="later", by=cast.ada)
    review.decide(proposal=proposal, verdict="later", by=cast.ada, until=timezone.now() + timedelta(days=1))
    assert ids(cast.ada) == []
    assert ids(cast.root, "later") == [proposal.id]
    assert proposing.bring_back_due() == 0
    WorkItem.objects.filter(proposal=proposal).update(due_at=timezone.now() - timedelta(seconds=1))
    assert ids(cast.ada) == [proposal.id]
    assert proposing.bring_back_due() == 1
    proposal.refresh_from_db()
    assert proposal.reopened_because == "due"
    assert proposing.bring_back_due() == 0


def test_what_a_merge_brings_along_is_scored_anew_and_goes_back_on_undo(cast: Cast, proposal: Proposal) -> None:
    send(cast.shop, {"id": "3", "name": "Otto Unbekannt"}, name="c.jsonl")
    Proposal.objects.filter(id=proposal.id).update(probability=0.5, evidence={})
    survivor, loser = profile_of(cast.shop, "3"), profile_of(cast.shop, "1")
    merge = identity.merge(survivor=survivor.id, losers=[loser.id], by=cast.ada, reason="")
    again = Proposal.objects.awaiting_review().get()
    assert {again.left_id, again.right_id} == {survivor.id, profile_of(cast.crm, "2").id}
    assert again.reopened_because == "merged"
    assert again.probability > 0.5
    assert again.evidence["levels"]
    undoing.undo(operation=merge, by=cast.ada, reason="")
    last = Proposal.objects.awaiting_review().get()
    assert {last.left_id, last.right_id} == {loser.id, profile_of(cast.crm, "2").id}


def test_what_was_kept_apart_is_not_asked_again_for_nothing(cast: Cast, proposal: Proposal) -> None:
    review.decide(proposal=proposal, verdict="not_same", by=cast.ada)
    send(cast.crm, {**TWO, "town": "Neu-Ulm"}, name="d.jsonl")
    assert not Proposal.objects.awaiting_review().exists()
    assert not same((cast.shop, "1"), (cast.crm, "2"))


def test_what_was_kept_apart_is_asked_again_when_the_difference_vanished_but_once(
    cast: Cast, proposal: Proposal
) -> None:
    review.decide(proposal=proposal, verdict="not_same", by=cast.ada)
    equal = {**TWO, "name": "Friedrich Seidel", "born": "1971-03-05", "tel": "+4973112345678"}
    send(cast.shop, {**ONE, "tel": "+4973112345678"}, name="d.jsonl")
    send(cast.crm, equal, name="e.jsonl")
    again = Proposal.objects.awaiting_review().get()
    assert again.reopened_because
    assert not same((cast.shop, "1"), (cast.crm, "2"))
    with pytest.raises(identity.ChangeNotAllowed, match="Revoke"):
        review.decide(proposal=again, verdict="same", by=cast.ada)
    review.decide(proposal=again, verdict="not_same", by=cast.ada)
    send(cast.crm, {**equal, "v": "2"}, name="f.jsonl")
    assert not Proposal.objects.awaiting_review().exists()


def test_revoking_a_cannot_link_asks_again(cast: Cast, proposal: Proposal) -> None:
    review.decide(proposal=proposal, verdict="not_same", by=cast.ada)
    proposing.revoke(cannot_link=CannotLink.objects.get(), by=cast.ada, reason="new papers")
    again = Proposal.objects.awaiting_review().get()
    assert again.reopened_because == "revoked"
    review.decide(proposal=again, verdict="same", by=cast.ada)
    assert same((cast.shop, "1"), (cast.crm, "2"))


def test_a_cannot_link_is_not_proposed_over(cast: Cast, proposal: Proposal) -> None:
    proposals.close(proposal, Proposal.State.OUTDATED)
    constraints.write(
        left=[record(cast.shop, "1").id], right=[record(cast.crm, "2").id], origin=CannotLink.Origin.SPLIT, by=cast.ada
    )
    assert proposing.propose_between(proposal.left_id, proposal.right_id, because="revoked") is None


def test_ticked_records_become_verified_on_both_sides_and_undo_takes_it_back(cast: Cast, proposal: Proposal) -> None:
    one, two = record(cast.shop, "1"), record(cast.crm, "2")
    keep = one.membership.profile_id
    decision = review.decide(
        proposal=proposal, verdict="same", by=cast.ada, survivor=keep, confirmed=[one.id, two.id]
    )  # fmt: skip
    assert [record(cast.shop, "1").membership.link_class, record(cast.crm, "2").membership.link_class] == [
        "verified"
    ] * 2
    undoing.undo(operation=decision.operation, by=cast.ada, reason="")
    assert Profile.objects.get(id=keep).state == "active"
    assert record(cast.shop, "1").membership.link_class == one.membership.link_class
    assert record(cast.crm, "2").membership.profile_id == two.membership.profile_id

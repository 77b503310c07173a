"""Open proposals follow the records that they rest on; what a person says about them is about what they saw."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching import identity, review
from matching import undo as undoing
from matching.models import CannotLink, Decision, Proposal
from profiles import work
from profiles.models import AuditEvent, Profile, WorkItem
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    people = ("Ada Byron", "Carl Gauss", "Emmy Noether", "Sofya Kovalevskaya")
    send(cast.shop, *({"id": str(n), "name": name} for n, name in enumerate(people, 1)))
    return cast


def propose(cast: Cast, one: str, other: str | None = None) -> Proposal:
    """An open proposal that rests on two records of the shop, or to split one off."""
    ends = [(profile_of(cast.shop, name), record(cast.shop, name)) for name in (one, other) if name]
    ends.sort(key=lambda end: end[0].id)
    (left, left_record), (right, right_record) = ends if other else (ends[0], (None, None))
    proposal = Proposal.objects.create(
        kind="merge" if other else "split", left=left, right=right, left_record=left_record, right_record=right_record,
        probability=0.8, weight=2, evidence={}, reasons=["unsure"], model_label="default-1", fingerprint="x",
    )  # fmt: skip
    proposal.work_item = work.open_item(kind="proposal", subject_id=proposal.id, reason="unsure")
    proposal.save()
    return proposal


def merge(cast: Cast, kept: str, lost: str) -> identity.IdentityOperation:
    ids = [profile_of(cast.shop, name).id for name in (kept, lost)]
    return identity.merge(survivor=ids[0], losers=ids[1:], by=cast.ada, reason="")


def ends(proposal: Proposal) -> dict[int, Profile]:
    """Record → customer that the proposal names for it."""
    proposal.refresh_from_db()
    return {proposal.left_record_id: proposal.left, proposal.right_record_id: proposal.right}


def test_a_proposal_goes_with_its_record_through_split_and_move(cast: Cast) -> None:
    merge(cast, "1", "2")
    proposal = propose(cast, "2", "3")
    identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason=""
    )
    assert ends(proposal)[record(cast.shop, "2").id] == profile_of(cast.shop, "2") != profile_of(cast.shop, "1")


def test_a_proposal_comes_back_to_the_customer_that_an_undo_revives(cast: Cast) -> None:
    proposal = propose(cast, "2", "3")
    operation = merge(cast, "1", "2")
    assert ends(proposal)[record(cast.shop, "2").id] == profile_of(cast.shop, "1")
    undoing.undo(operation=operation, by=cast.ada, reason="")
    assert ends(proposal)[record(cast.shop, "2").id] == profile_of(cast.shop, "2") != profile_of(cast.shop, "1")


def test_a_proposed_split_is_outdated_when_the_record_has_left(cast: Cast) -> None:
    merge(cast, "1", "2")
    proposal = propose(cast, "2")
    identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason=""
    )
    proposal.refresh_from_db()
    assert proposal.state == "outdated"
    assert not WorkItem.objects.filter(id=proposal.work_item_id, state="open").exists()


def test_not_the_same_is_refused_when_a_customer_changed_since_it_was_shown(cast: Cast) -> None:
    proposal = propose(cast, "1", "2")
    seen = {p.id: p.version for p in (proposal.left, proposal.right)}
    merge(cast, "1", "3")
    with pytest.raises(identity.OutOfDate):
        review.decide(proposal=proposal, verdict="not_same", by=cast.ada, expected=seen)
    with pytest.raises(identity.OutOfDate):
        review.compare_decide(
            left=proposal.left_id, right=profile_of(cast.shop, "4").id, verdict="not_same", by=cast.ada, reason="",
            expected={proposal.left_id: 0},
        )  # fmt: skip
    assert not CannotLink.objects.exists()


def test_a_decision_about_any_two_customers_is_audited(cast: Cast) -> None:
    one, two = profile_of(cast.shop, "1").id, profile_of(cast.shop, "2").id
    review.compare_decide(left=one, right=two, verdict="not_same", by=cast.ada, reason="")
    event = AuditEvent.objects.get(action="pair.decided")
    assert (set(event.subject_ids), event.detail) == ({one, two}, {"verdict": "not_same"})
    assert event.object_id == str(Decision.objects.get().pk)


def test_a_customer_is_not_compared_with_itself(cast: Cast) -> None:
    one = profile_of(cast.shop, "1").id
    with pytest.raises(identity.ChangeNotAllowed, match="two different"):
        review.compare_decide(left=one, right=one, verdict="not_same", by=cast.ada, reason="")


def test_what_a_merge_brings_along_is_scored_anew_in_one_statement(cast: Cast) -> None:
    brought = [propose(cast, "2", "3"), propose(cast, "2", "4")]
    with CaptureQueriesContext(connection) as captured:
        merge(cast, "1", "2")
    scored = [q["sql"] for q in captured if q["sql"].startswith("UPDATE") and '"reopened_because"' in q["sql"]]
    assert len(scored) == 1
    for proposal in brought:
        proposal.refresh_from_db()
        assert (proposal.reopened_because, proposal.probability < 0.8) == ("merged", True)


def test_the_page_of_a_pair_names_the_records_in_the_way_that_the_reader_may_see(cast: Cast) -> None:
    send(cast.crm, {"id": "9", "name": "Ada King"})
    proposal = propose(cast, "1", "2")
    ids = [record(cast.shop, "3").id, record(cast.crm, "9").id]
    WorkItem.objects.filter(id=proposal.work_item_id).update(detail={"bridging": ids})
    for who, seen in ((cast.ada, ids), (cast.bob, ids[:1])):
        client = Client()
        client.force_login(who)
        page = client.get(f"/queue/{proposal.pk}/").content.decode()
        told = page.partition("In the way:")[2].partition("</p>")[0]
        assert [pk for pk in ids if reverse("profiles:record", args=[pk]) in told] == seen

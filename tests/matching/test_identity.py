"""Merge, split, move, undo and decide: the semantics that must hold."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from matching import identity, review, second_person
from matching import undo as undoing
from matching.constraints import revoke
from matching.models import CannotLink, Proposal
from profiles import approvals, corrections
from profiles.models import AuditEvent, IdentityOperation, Job, Mark, Profile
from tests.cast import Cast, golden, profile_of, record, same, send, state
from tests.databases import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Two strangers in the shop, one person in the CRM."""
    cast = Cast()
    send(
        cast.shop,
        {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"},
        {"id": "2", "name": "Carl Gauss", "tel": "020 7946 0018"},
    )
    send(cast.crm, {"id": "9", "name": "Emmy Noether", "mail": "emmy@post.example"})
    return cast


def merge(cast: Cast, **changes: object) -> IdentityOperation:
    kept, lost = profile_of(cast.shop, "1"), profile_of(cast.shop, "2")
    return identity.merge(**{"survivor": kept.id, "losers": [lost.id], "by": cast.ada, "reason": "test"} | changes)


def test_merge_moves_records_and_leaves_a_tombstone(cast: Cast) -> None:
    lost = profile_of(cast.shop, "2")
    operation = merge(cast)
    lost.refresh_from_db()
    assert same((cast.shop, "1"), (cast.shop, "2"))
    assert (lost.state, lost.canonical_id, lost.merged_into_id) == (
        "merged",
        operation.profile_id,
        operation.profile_id,
    )
    assert AuditEvent.objects.filter(action="identity.merged", object_id=str(operation.pk)).exists()


def test_merge_then_undo_is_identity(cast: Cast) -> None:
    before = state()
    operation = merge(cast)
    plan = undoing.plan_undo(operation)
    assert plan.extent == undoing.Extent.EXACT
    undoing.undo(operation=operation, by=cast.ada, reason="wrong")
    assert state() == before


def test_undo_of_undo_merges_again(cast: Cast) -> None:
    operation = merge(cast)
    merged = state()
    done = undoing.undo(operation=operation, by=cast.ada, reason="")
    undoing.undo(operation=done, by=cast.ada, reason="")
    assert state() == merged


def test_an_operation_is_undone_once(cast: Cast) -> None:
    operation = merge(cast)
    undoing.undo(operation=operation, by=cast.ada, reason="")
    with pytest.raises(identity.ChangeNotAllowed, match="undone already"):
        undoing.undo(operation=IdentityOperation.objects.get(pk=operation.pk), by=cast.ada, reason="")


def test_an_earlier_merge_waits_for_the_undo_of_a_later_one(cast: Cast) -> None:
    first = merge(cast)
    third = profile_of(cast.crm, "9")
    second = identity.merge(survivor=third.id, losers=[first.profile_id], by=cast.ada, reason="")
    plan = undoing.plan_undo(first)
    assert (plan.extent, plan.undo_first) == (undoing.Extent.BLOCKED, second)
    undoing.undo(operation=second, by=cast.ada, reason="")
    assert undoing.plan_undo(first).extent == undoing.Extent.EXACT


def test_older_tombstones_follow_and_return(cast: Cast) -> None:
    lost = profile_of(cast.shop, "2")
    first = merge(cast)
    second = identity.merge(survivor=profile_of(cast.crm, "9").id, losers=[first.profile_id], by=cast.ada, reason="")
    lost.refresh_from_db()
    assert lost.canonical_id == second.profile_id
    undoing.undo(operation=second, by=cast.ada, reason="")
    lost.refresh_from_db()
    assert lost.canonical_id == first.profile_id


def test_split_revives_the_merged_id_when_the_same_records_leave(cast: Cast) -> None:
    lost = profile_of(cast.shop, "2")
    merge(cast)
    operation = identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason=""
    )
    assert operation.profile_id == lost.id
    assert Profile.objects.get(pk=lost.id).state == "active"


def test_a_split_forbids_a_merge_until_revoked(cast: Cast) -> None:
    merge(cast)
    identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason=""
    )
    with pytest.raises(identity.ChangeNotAllowed, match="not the same"):
        merge(cast)
    revoke(cannot_link=CannotLink.objects.get(), by=cast.ada, reason="")
    merge(cast)


def test_undo_of_a_split_voids_its_cannot_link(cast: Cast) -> None:
    merge(cast)
    merged = state()
    operation = identity.split(
        profile=profile_of(cast.shop, "1").id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason=""
    )
    undoing.undo(operation=operation, by=cast.ada, reason="")
    assert state() == merged
    assert CannotLink.objects.get().revoked_at is not None


def test_a_cannot_link_holds_through_a_third_customer(cast: Cast) -> None:
    one, two, third = profile_of(cast.shop, "1"), profile_of(cast.shop, "2"), profile_of(cast.crm, "9")
    review.compare_decide(left=one.id, right=two.id, verdict="not_same", by=cast.ada, reason="")
    identity.merge(survivor=third.id, losers=[one.id], by=cast.ada, reason="")
    with pytest.raises(identity.ChangeNotAllowed):
        identity.merge(survivor=third.id, losers=[two.id], by=cast.ada, reason="")


def test_a_stale_version_is_refused(cast: Cast) -> None:
    kept = profile_of(cast.shop, "1")
    with pytest.raises(identity.OutOfDate):
        merge(cast, expected={kept.id: kept.version - 1})


def test_a_restricted_record_is_not_moved(cast: Cast) -> None:
    Mark.objects.create(record=record(cast.shop, "2"), kind="restricted", reason="test", since=timezone.now())
    with pytest.raises(identity.ChangeNotAllowed, match="Restricted"):
        merge(cast)


def test_records_move_to_another_customer_and_back(cast: Cast) -> None:
    merge(cast)
    before = state()
    operation = identity.move(
        record_ids=[record(cast.shop, "2").id], to_profile=profile_of(cast.crm, "9").id, by=cast.ada, reason=""
    )
    assert same((cast.shop, "2"), (cast.crm, "9"))
    assert record(cast.shop, "2").membership.link_class == "verified"
    undoing.undo(operation=operation, by=cast.ada, reason="")
    assert state() == before


def test_a_correction_moves_with_its_record(cast: Cast) -> None:
    corrections.correct(record=record(cast.shop, "2"), field="family_name", values=["Gauß"], reason="", by=cast.ada)
    from matching.run import resolve_all

    resolve_all()
    assert golden(profile_of(cast.shop, "2"), "family_name") == ["Gauß"]
    send(cast.shop, {"id": "2", "name": "Carl Wrong"}, name="c.jsonl")
    assert golden(profile_of(cast.shop, "2"), "family_name") == ["Gauß"]


def test_the_engine_joins_the_same_person_of_two_sources_and_says_by_which_rule(cast: Cast) -> None:
    send(cast.crm, {"id": "10", "name": "Ada Byron", "mail": "ada@post.example"}, name="d.jsonl")
    assert same((cast.shop, "1"), (cast.crm, "10"))
    joined = record(cast.crm, "10").membership
    assert joined.link_class in ("rule", "model")
    assert joined.linked_by
    assert joined.operation.evidence[str(joined.record_id)]["levels"]


def test_undo_gives_back_which_rule_linked_a_record_and_takes_back_a_confirmation_since(cast: Cast) -> None:
    send(cast.crm, {"id": "10", "name": "Ada Byron", "mail": "ada@post.example"}, name="d.jsonl")
    joined = record(cast.crm, "10")
    before = state()
    first = merge(cast, losers=[profile_of(cast.shop, "1").id], survivor=profile_of(cast.shop, "2").id)
    second = merge(cast, losers=[profile_of(cast.crm, "9").id], confirmed=[joined.id])
    assert record(cast.crm, "10").membership.link_class == "verified"
    assert record(cast.crm, "10").membership.linked_by == ""
    undoing.undo(operation=second, by=cast.ada, reason="", never_again=False)
    assert record(cast.crm, "10").membership.linked_by == joined.membership.linked_by != ""
    undoing.undo(operation=first, by=cast.ada, reason="", never_again=False)
    assert state() == before


def test_a_later_confirmation_does_not_stand_in_the_way_of_an_undo(cast: Cast) -> None:
    first = merge(cast)
    merge(cast, losers=[profile_of(cast.crm, "9").id], confirmed=[record(cast.shop, "2").id])
    asked = second_person.ask_for_undo(operation=first, never_again=False, by=cast.ada, reason="")
    assert approvals.approve(approval=asked, by=cast.root).state == "approved"
    assert not same((cast.shop, "1"), (cast.shop, "2"))
    assert record(cast.shop, "2").membership.link_class == "system"


def test_a_founder_merged_by_the_engine_says_by_which_rule(cast: Cast) -> None:
    send(cast.crm, {"id": "10", "name": "Emmy Noether", "tel": "020 7946 0018"}, name="d.jsonl")
    bridge = {"id": "3", "name": "Emmy Noether", "mail": "emmy@post.example", "tel": "020 7946 0018"}
    send(cast.shop, bridge, name="e.jsonl")
    operation = IdentityOperation.objects.get(kind="merge")
    founder = operation.moves.get()
    assert founder.class_before == "system"
    assert founder.class_after in ("rule", "model")
    assert founder.linked_after == founder.record.membership.linked_by != ""


def test_undo_of_an_automatic_join_is_not_repeated(cast: Cast) -> None:
    send(cast.crm, {"id": "10", "name": "Ada Byron", "mail": "ada@post.example"}, name="d.jsonl")
    undoing.undo(operation=record(cast.crm, "10").membership.operation, by=cast.ada, reason="two people")
    assert not same((cast.shop, "1"), (cast.crm, "10"))
    send(cast.crm, {"id": "10", "name": "Ada Byron", "mail": "ada@post.example", "town": "London"}, name="e.jsonl")
    assert not same((cast.shop, "1"), (cast.crm, "10"))


def test_undo_of_a_decision_opens_the_proposal_again(cast: Cast) -> None:
    one, two = sorted([profile_of(cast.shop, "1"), profile_of(cast.shop, "2")], key=lambda p: p.id)
    proposal = Proposal.objects.create(
        left=one, right=two, left_record=one.memberships.get().record, right_record=two.memberships.get().record,
        probability=0.8, weight=2, evidence={}, reasons=["unsure"], model_label="default-1", fingerprint="x",
    )  # fmt: skip
    decision = review.decide(proposal=proposal, verdict="same", by=cast.ada, reason="yes")
    proposal.refresh_from_db()
    assert proposal.state == "accepted"
    with pytest.raises(review.AlreadyDecided):
        review.decide(proposal=proposal, verdict="not_same", by=cast.ada)
    undoing.undo(operation=decision.operation, by=cast.ada, reason="")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.reopened_because) == ("open", "undone")


@pytest.mark.parametrize("table", ["profiles_identityoperation", "profiles_recordmove", "profiles_auditevent"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {} CASCADE", "UPDATE {} SET id = id"])
def test_ledgers_refuse_change(cast: Cast, table: str, statement: str) -> None:
    merge(cast)
    refused = pytest.raises(DatabaseError, match="append-only")
    with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement.format(table))


def test_the_database_refuses_members_on_a_merged_customer(cast: Cast) -> None:
    lost = profile_of(cast.shop, "2")
    merge(cast)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_membership SET profile_id = %s WHERE record_id = %s", [lost.id, record(cast.shop, "2").id]
        )
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_job_whose_lease_was_taken_cannot_write(cast: Cast) -> None:
    from profiles import jobs

    job = jobs.enqueue(kind="resolve", args={}, dedupe_key="t")
    old = jobs.claim(job.id)
    Job.objects.filter(id=job.id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert jobs.claim(job.id) is not None
    with pytest.raises(jobs.LeaseLost), old.effect():
        pytest.fail("a zombie wrote")

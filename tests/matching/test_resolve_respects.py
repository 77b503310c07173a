"""What a resolution respects although no row of it says so: withdrawn records, losers of its merges, whose job it is."""

import pytest
from django.utils import timezone

from matching import identity, review
from matching import undo as undoing
from profiles import jobs
from profiles.context import acting, actor_of
from profiles.models import AuditEvent, GoldenValue, Job, Mark, Profile, SearchEntry, SourceRecord
from tests.cast import Cast, profile_of, record, same, send

pytestmark = pytest.mark.django_db

ADA = {"name": "Ada Byron", "mail": "ada@post.example", "born": "1815-12-10"}


@pytest.fixture
def cast() -> Cast:
    return Cast()


def withdraw(cast: Cast, *external_ids: str) -> None:
    """The next snapshot of the shop does not name them."""
    kept = SourceRecord.objects.filter(source=cast.shop).exclude(external_id__in=external_ids)
    cast.shop.import_mode = "snapshot"
    send(cast.shop, *({"id": r.external_id, **{c: v for c, v in r.cells().items() if c != "id"}} for r in kept))
    assert set(SourceRecord.objects.filter(state="withdrawn").values_list("external_id", flat=True)) == {*external_ids}


def test_a_cannot_link_of_a_withdrawn_record_still_keeps_its_customer_apart(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Emmy Noether"}, {"id": "2", **ADA})
    merged = identity.merge(
        survivor=profile_of(cast.shop, "2").id, losers=[profile_of(cast.shop, "1").id], by=cast.ada, reason=""
    )
    send(cast.crm, {"id": "9", "name": "Carl Gauss", "mail": "gauss@uni.example"})
    other = profile_of(cast.crm, "9").id
    split = identity.split(profile=merged.profile_id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason="")
    review.compare_decide(left=other, right=merged.profile_id, verdict="not_same", by=cast.ada, reason="")
    undoing.undo(operation=split, by=cast.ada, reason="")
    withdraw(cast, "1")
    send(cast.crm, {"id": "9", **ADA}, name="b.jsonl")
    assert not same((cast.shop, "2"), (cast.crm, "9"))


def test_a_mark_on_a_withdrawn_record_still_stops_the_automatic(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Emmy Noether"}, {"id": "2", **ADA})
    identity.merge(
        survivor=profile_of(cast.shop, "2").id, losers=[profile_of(cast.shop, "1").id], by=cast.ada, reason=""
    )
    withdraw(cast, "1")
    Mark.objects.create(record=record(cast.shop, "1"), kind="request_open", reason="test", since=timezone.now())
    send(cast.crm, {"id": "9", **ADA})
    assert not same((cast.shop, "2"), (cast.crm, "9"))


def test_a_customer_merged_by_the_engine_is_not_found_any_more(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "tel": "020 7946 0018", "born": "1815-12-10"})
    bridge = {"id": "2", **ADA, "tel": "020 7946 0018"}
    send(cast.shop, bridge, name="b.jsonl")
    assert same((cast.shop, "1"), (cast.crm, "9"), (cast.shop, "2"))
    lost = Profile.objects.get(state="merged")
    assert not GoldenValue.objects.filter(profile=lost).exists()
    assert not SearchEntry.objects.filter(profile=lost).exists()


def test_undo_of_a_join_by_a_steward_s_own_import_is_not_repeated(cast: Cast) -> None:
    """The job acts on behalf of who sent the file, but nobody has looked at the pair."""
    send(cast.shop, {"id": "1", **ADA})
    jobs.run(Job.objects.get(kind="resolve").id)
    with acting(actor_of(cast.ada)):
        send(cast.crm, {"id": "9", **ADA}, resolve=False)
        jobs.run(Job.objects.get(kind="resolve", state="queued").id)
    operation = record(cast.crm, "9").membership.operation
    assert operation.actor is None
    assert Job.objects.get(id=operation.run_id).created_by == cast.ada
    assert AuditEvent.objects.get(object_id=str(operation.pk)).actor_name == "system for ada"
    assert undoing.plan_undo(operation).is_automatic
    undoing.undo(operation=operation, by=cast.ada, reason="two people")
    send(cast.crm, {"id": "9", **ADA, "town": "London"}, name="b.jsonl")
    assert not same((cast.shop, "1"), (cast.crm, "9"))


def test_an_undo_is_refused_while_a_record_that_stays_is_restricted(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **ADA}, {"id": "2", "name": "Carl Gauss"})
    merged = identity.merge(
        survivor=profile_of(cast.shop, "1").id, losers=[profile_of(cast.shop, "2").id], by=cast.ada, reason=""
    )
    Mark.objects.create(record=record(cast.shop, "1"), kind="restricted", reason="test", since=timezone.now())
    assert "Restricted" in undoing.plan_undo(merged).blocker


def test_a_customer_whose_records_are_all_withdrawn_is_seen_by_their_sources_only(cast: Cast) -> None:
    send(cast.shop, {"id": "1", **ADA})
    send(cast.crm, {"id": "9", "name": "Carl Gauss"})
    withdrawn, other = profile_of(cast.shop, "1"), profile_of(cast.crm, "9")
    cast.shop.import_mode = "snapshot"
    send(cast.shop, {"id": "5", "name": "Emmy Noether"}, name="b.jsonl")
    merged = identity.merge(survivor=withdrawn.id, losers=[other.id], by=cast.ada, reason="")
    undoing.undo(operation=merged, by=cast.ada, reason="")
    withdrawn.refresh_from_db()
    assert withdrawn.source_ids == [cast.shop.id]

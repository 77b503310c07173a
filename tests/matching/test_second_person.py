"""Four eyes: what people have confirmed is merged, and what is more than an exact undo is undone, by two people only."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from matching import identity, second_person, undo
from matching.models import Decision
from profiles import approvals
from profiles.models import Approval, AuditEvent, IdentityOperation, Profile, WorkItem
from tests.cast import Cast, profile_of, record, same, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Two customers, each with a link that ada has confirmed; one more of the CRM alone."""
    cast = Cast()
    send(cast.shop, *({"id": str(n), "name": f"Person{n} Of{n}"} for n in range(1, 5)))
    send(cast.crm, {"id": "9", "name": "Emmy Noether"})
    for kept, lost in (("1", "2"), ("3", "4")):
        merge(cast, kept, lost)
    return cast


def merge(cast: Cast, kept: str, lost: str) -> IdentityOperation:
    ends = profile_of(cast.shop, kept).id, profile_of(cast.shop, lost).id
    return identity.merge(survivor=ends[0], losers=[ends[1]], by=cast.ada, reason="r")


def ask(cast: Cast) -> Approval:
    left, right = profile_of(cast.shop, "1").id, profile_of(cast.shop, "3").id
    return second_person.ask_for_merge(left=left, right=right, survivor=left, confirmed=[], by=cast.ada, reason="Seen")


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_two_confirmed_customers_are_merged_by_two_people(cast: Cast) -> None:
    with pytest.raises(identity.SecondPersonNeeded, match="second person"):
        merge(cast, "1", "3")
    asked = ask(cast)
    with pytest.raises(approvals.ApprovalNotAllowed, match="asked for already"):
        ask(cast)
    with pytest.raises(approvals.ApprovalNotAllowed, match="You asked for it"):
        approvals.approve(approval=asked, by=cast.ada)
    with pytest.raises(approvals.ApprovalNotAllowed, match="role does not approve"):
        approvals.approve(approval=asked, by=cast.bob)
    done = approvals.approve(approval=asked, by=cast.root, answer="Yes")
    operation = IdentityOperation.objects.get(pk=done.result_id)
    assert same((cast.shop, "1"), (cast.shop, "3")) and operation.evidence["approval"] == asked.pk
    assert Decision.objects.get(operation=operation).actor == cast.ada
    assert not WorkItem.objects.filter(kind="approval", state="open").exists()
    with pytest.raises(approvals.ApprovalNotAllowed, match="answered already"):
        approvals.approve(approval=asked, by=cast.root)


def test_another_plan_is_not_carried_out(cast: Cast) -> None:
    asked = ask(cast)
    leaving = [record(cast.shop, "2").id]
    identity.split(profile=profile_of(cast.shop, "1").id, record_ids=leaving, by=cast.ada, reason="r")
    ended = approvals.approve(approval=asked, by=cast.root)
    assert AuditEvent.objects.filter(action="approval.outdated").count() == 1
    assert ended.state == "outdated" and "has changed" in ended.answer and not ended.result_id
    assert not same((cast.shop, "1"), (cast.shop, "3"))
    assert second_person.merge_asked_for(profile_of(cast.shop, "1").id, profile_of(cast.shop, "3").id) is None


def test_a_request_ends_by_itself_and_cannot_be_approved_after(cast: Cast) -> None:
    asked = ask(cast)
    late = timezone.now() + timedelta(days=15)
    assert approvals.expire_due(timezone.now()) == 0
    with transaction.atomic():
        asked.expires_at = timezone.now()
        assert "expired" in approvals.why_not_approve(asked, cast.root)
    assert approvals.expire_due(late) == 1
    asked.refresh_from_db()
    assert (asked.state, asked.decided_by) == ("expired", None)
    assert AuditEvent.objects.filter(action="approval.expired").count() == 1
    with pytest.raises(approvals.ApprovalNotAllowed, match="answered already"):
        approvals.reject(approval=asked, by=cast.root)


def test_who_takes_a_request_over_cannot_approve_it_either(cast: Cast) -> None:
    asked = ask(cast)
    assert approvals.pass_on(owner=cast.ada, to=cast.root) == 1
    for who in (cast.ada, cast.root):
        with pytest.raises(approvals.ApprovalNotAllowed, match="You asked for it"):
            approvals.approve(approval=asked, by=who)
    assert approvals.reject(approval=asked, by=cast.root).state == "withdrawn"
    assert AuditEvent.objects.filter(action__in=["approval.handed_over", "approval.withdrawn"]).count() == 2


def test_the_database_refuses_one_person_and_changes_of_what_was_asked(cast: Cast) -> None:
    asked = ask(cast)
    for change, words in (
        ({"state": "approved", "decided_by": cast.ada, "decided_at": timezone.now()}, "approved_by_a_second_person"),
        ({"plan_hash": "another"}, "change of plan_hash refused"),
        ({"requested_by": cast.root}, "change of requested_by_id refused"),
    ):
        with pytest.raises(DatabaseError, match=words), transaction.atomic():
            Approval.objects.filter(pk=asked.pk).update(**change)
    approvals.reject(approval=asked, by=cast.root)
    with pytest.raises(DatabaseError, match="change of state refused"), transaction.atomic():
        Approval.objects.filter(pk=asked.pk).update(state="requested", decided_by=None, decided_at=None)
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("DELETE FROM profiles_approval")


def test_more_than_an_exact_undo_takes_two_people(cast: Cast) -> None:
    first = IdentityOperation.objects.get(moves__record=record(cast.shop, "2"))
    kept = profile_of(cast.shop, "1").id
    identity.merge(survivor=kept, losers=[profile_of(cast.crm, "9").id], by=cast.ada, reason="r")
    with pytest.raises(identity.SecondPersonNeeded):
        undo.undo(operation=first, by=cast.ada, reason="r")
    asked = second_person.ask_for_undo(operation=first, never_again=True, by=cast.ada, reason="r")
    assert asked.summary == ["1 record would go back to where the operation took them from.", "1 record joined since."]
    approvals.approve(approval=asked, by=cast.root)
    assert not same((cast.shop, "1"), (cast.shop, "2")) and same((cast.shop, "1"), (cast.crm, "9"))


def test_it_is_asked_for_seen_and_approved_on_the_screens(cast: Cast) -> None:
    left, right = profile_of(cast.shop, "1"), profile_of(cast.shop, "3")
    ada, root, bob = (signed_in(who) for who in (cast.ada, cast.root, cast.bob))
    pair = f"{reverse('matching:compare')}?a={left.id}&b={right.id}"
    assert "ask for the merge" in ada.get(pair).content.decode()
    form = {"a": left.id, "b": right.id, "verdict": "same", "survivor": left.id, "reason": "Seen"}
    page = ada.post(reverse("matching:decide-pair"), form, follow=True)
    asked = Approval.objects.get()
    url = reverse("profiles:approval", args=[asked.pk])
    assert page.redirect_chain[-1][0] == url and "Approve and do it" not in page.content.decode()
    assert "waits for a second person" in ada.get(pair).content.decode()
    assert url in ada.get(reverse("profiles:approvals") + "?show=mine").content.decode()
    for reader in (bob, ada):  # neither a role that approves nor the one who asked
        assert url not in reader.get(reverse("profiles:approvals")).content.decode()
    assert bob.get(url).status_code == 404
    assert url in root.get(reverse("profiles:approvals")).content.decode()
    assert "Approve and do it" in root.get(url).content.decode()
    answer = reverse("profiles:answer-approval", args=[asked.pk])
    ada.post(answer, {"verdict": "approve"})
    assert Approval.objects.get().state == "requested"
    root.post(answer, {"verdict": "approve", "answer": "Yes"})
    operation = Approval.objects.get().result_id
    assert same((cast.shop, "1"), (cast.shop, "3"))
    assert (
        "the approval of a second person" in ada.get(reverse("matching:operation", args=[operation])).content.decode()
    )
    assert "Approved and done" in root.get(url).content.decode()


def test_without_the_rows_the_role_sees_and_approves_nothing(cast: Cast) -> None:
    asked = ask(cast)
    cast.bob.groups.set(cast.root.groups.all())  # approves by role, and stewards the shop only
    bob = Profile.objects.stewarded_by(cast.bob)
    assert bob.filter(id=profile_of(cast.shop, "1").id).exists()
    one = IdentityOperation.objects.get(moves__record=record(cast.shop, "2"))
    with pytest.raises(identity.SecondPersonNeeded):
        merge(cast, "1", "3")
    approvals.reject(approval=asked, by=cast.ada)
    identity.merge(survivor=profile_of(cast.shop, "1").id, losers=[profile_of(cast.crm, "9").id], by=None, reason="")
    cast_bob = type(cast.bob).objects.get(pk=cast.bob.pk)
    asked = second_person.ask_for_undo(operation=one, never_again=True, by=cast.ada, reason="r")
    with pytest.raises(approvals.ApprovalNotAllowed, match="steward every source"):
        approvals.approve(approval=asked, by=cast_bob)

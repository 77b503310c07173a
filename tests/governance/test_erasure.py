"""Erasure: planned, approved by a second person, carried out in every store, swept and certified."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import fulfilment, holds, requests
from governance.erasure import certificate, execute, kinds, notices, targets
from governance.models import Erasure, RetentionRule, SuppressionEntry
from matching import identity, review
from matching.models import CannotLink, Decision
from profiles import approvals, corrections, jobs
from profiles.models import AuditEvent, IdentityOperation, Job, Mark, Membership, SourceRecord, WorkItem
from tests.cast import Cast, profile_of, record, send
from tests.databases import as_owner
from tests.governance.erasing import ask, begin, erase, work_off

pytestmark = pytest.mark.django_db
ADA = {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "tel": "020 7946 0001", "born": "1815-12-10"}
CARL = {"id": "2", "name": "Carl Gauss", "mail": "gauss@uni.example"}


def scene() -> Cast:
    """Ada in both sources, Carl in one; ada and root answer for privacy."""
    cast = Cast()
    for user in (cast.ada, cast.root):
        user.groups.add(Group.objects.get(name="privacy officer"))
    send(cast.shop, ADA, CARL)
    send(cast.crm, {**ADA, "id": "9"})
    return cast


@pytest.fixture
def cast() -> Cast:
    return scene()


def test_a_customer_is_erased_everywhere_by_two_people(cast: Cast) -> None:
    ada, carl = profile_of(cast.shop, "1"), profile_of(cast.shop, "2")
    tombstone = profile_of(cast.crm, "9") if profile_of(cast.crm, "9") != ada else None
    before = (record(cast.shop, "2").attributes, carl.golden_values.count())
    erasure = begin(ada, cast.ada, cast.root)
    assert erasure.done_at is None and erasure.certificate is None
    assert Client().get(reverse("governance:erasure-certificate", args=[erasure.pk])).status_code == 302
    erasure = work_off(erasure, tell=False)
    assert erasure.done_at is None, "nobody told the sources yet"
    assert WorkItem.objects.filter(kind="erasure_notice", state="open").count() == 2
    erasure = work_off(erasure)
    ada.refresh_from_db()
    assert erasure.done_at and ada.state == "erased" and certificate.is_genuine(erasure) and tombstone is None
    assert not Membership.objects.filter(profile=ada).exists() and not Mark.objects.exists()
    gone = SourceRecord.objects.filter(state="erased")
    assert gone.count() == 2 and all(row.attributes == {} and row.cells() == {} for row in gone)
    assert (record(cast.shop, "2").attributes, profile_of(cast.shop, "2").golden_values.count()) == before
    assert IdentityOperation.objects.filter(kind="erase", profile=ada).count() == 1
    said = erasure.certificate
    assert said["sweep"]["left"] == 0 and len(said["targets"]) == len(targets.TARGETS)
    assert "Byron" not in json.dumps(said) and "ada@" not in json.dumps(said)
    actions = set(AuditEvent.objects.values_list("action", flat=True))
    events = {
        "erasure.started",
        "erasure.cleared",
        "erasure.told",
        "erasure.confirmed",
        "erasure.done",
        "identity.erased",
    }
    assert events <= actions
    assert approvals.Approval.objects.get(pk=erasure.approval_id).reason == "(erased)"
    erasure.certificate["records"] = []
    assert not certificate.is_genuine(erasure)


def test_another_plan_voids_the_approval_and_nobody_approves_alone(cast: Cast) -> None:
    ada = profile_of(cast.shop, "1")
    asked = ask(ada, cast.ada)
    with pytest.raises(approvals.ApprovalNotAllowed, match="You asked for it"):
        approvals.approve(approval=asked, by=cast.ada)
    with pytest.raises(approvals.ApprovalNotAllowed, match="role does not approve"):
        approvals.approve(approval=asked, by=cast.bob)
    corrections.correct(record=record(cast.shop, "1"), field="city", values=["Rome"], reason="r", by=cast.ada)
    ended = approvals.approve(approval=asked, by=cast.root)
    assert ended.state == "outdated" and not Erasure.objects.exists() and not SuppressionEntry.objects.exists()
    assert begin(ada, cast.ada, cast.root).records == [record(cast.shop, "1").pk, record(cast.crm, "9").pk]
    with pytest.raises(identity.ChangeNotAllowed):
        identity.split(profile=ada.pk, record_ids=[record(cast.shop, "1").pk], by=cast.ada, reason="r")


def test_what_stands_in_the_way_is_said(cast: Cast) -> None:
    """Links by probability alone, a legal hold, a law that keeps a record; a hold placed later stops what is left."""
    ada = profile_of(cast.shop, "1")
    Membership.objects.filter(record=record(cast.crm, "9")).delete()
    Membership.objects.create(
        record=record(cast.crm, "9"), profile=ada, link_class="model", since=timezone.now()
    )  # as if the model had joined them
    with pytest.raises(approvals.ApprovalNotAllowed, match="1 record is linked by probability only"):
        ask(ada, cast.ada)
    client = Client()
    client.force_login(cast.ada)
    page = client.get(reverse("governance:erasure-plan", args=[ada.pk])).content.decode()
    assert "Linked by probability only" in page and "Ask for the erasure" not in page
    client.post(reverse("matching:confirm", args=[ada.pk]), {"record": [record(cast.crm, "9").pk]})
    assert record(cast.crm, "9").membership.link_class == "verified"
    hold = holds.place(profile=ada, reason="claim", matter="M-1", by=cast.ada)
    with pytest.raises(holds.HoldNotAllowed, match="already"):
        holds.place(profile=ada, reason="claim", matter="M-1", by=cast.ada)
    with pytest.raises(approvals.ApprovalNotAllowed, match="legal hold"):
        ask(ada, cast.ada)
    holds.release(hold=hold, by=cast.root)
    erasure = begin(ada, cast.ada, cast.root)
    later = holds.place(profile=ada, reason="tax", matter="M-2", by=cast.ada)
    erasure = work_off(erasure)
    assert erasure.done_at is None and erasure.targets.get(name="identity").waits_for == "hold"
    assert record(cast.shop, "1").attributes
    holds.release(hold=later, by=cast.ada)
    assert work_off(erasure).done_at
    assert {"hold.placed", "hold.released"} <= set(AuditEvent.objects.values_list("action", flat=True))


def test_what_a_law_keeps_stays_restricted_and_may_be_delivered_on(cast: Cast) -> None:
    RetentionRule.objects.create(
        source=cast.crm, data_class="record", act="keep", days=3_650, law="Commercial code", is_active=True
    )
    ada, kept = profile_of(cast.shop, "1"), record(cast.crm, "9")
    erasure = erase(ada, cast.ada, cast.root)
    ada.refresh_from_db()
    assert erasure.done_at and erasure.kept == [kept.pk] and ada.state == "active"
    assert SourceRecord.objects.get(pk=kept.pk).attributes["email"] == ["ada@post.example"]
    assert Mark.objects.filter(record=kept, kind="restricted", until__isnull=True).exists()
    assert erasure.certificate["kept_by_law"] == [[kept.pk, RetentionRule.objects.get().pk]]
    batch = send(cast.crm, {**ADA, "id": "9", "town": "Bath"})
    assert (batch.accepted, batch.suppressed) == (1, 0)
    assert send(cast.shop, {**ADA, "tel": ""}).suppressed == 1


def test_merged_ids_are_erased_with_their_survivor(cast: Cast) -> None:
    ada, carl = profile_of(cast.shop, "1"), profile_of(cast.shop, "2")
    send(cast.crm, {"id": "7", "name": "Dora Dinn"}, {"id": "8", "name": "Dorothea Dunn"})
    dora, said = profile_of(cast.crm, "7"), "not Dora, by her voice"
    operation = identity.merge(survivor=ada.id, losers=[carl.id], by=cast.ada, reason="Carl is Ada")
    review.compare_decide(left=ada.id, right=dora.id, verdict="not_same", by=cast.ada, reason=said)
    review.compare_decide(left=profile_of(cast.crm, "8").id, right=dora.id, verdict="unsure", by=cast.ada, reason="?")
    client = Client()
    client.force_login(cast.root)
    address = reverse("profiles:customer", args=[carl.pk])
    assert client.get(address)["Link"]
    erase(ada, cast.ada, cast.root)
    answer = client.get(address)
    assert answer.status_code == 410 and "Link" not in answer.headers and "was erased" in answer.content.decode()
    operation.refresh_from_db()
    assert operation.reason == "(erased)" and not Decision.objects.filter(reason=said).exists()
    assert not CannotLink.objects.exists() and Decision.objects.filter(reason="?").exists()
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        IdentityOperation.objects.filter(pk=operation.pk).update(model_label="other")
    with as_owner(), pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        IdentityOperation.objects.filter(pk=operation.pk).update(model_label="other")
    identity.merge(survivor=dora.id, losers=[profile_of(cast.crm, "8").id], by=cast.ada, reason="Same")
    for kept in (IdentityOperation.objects.filter(profile=dora), Decision.objects.exclude(reason="(erased)")):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            kept.update(reason="(erased)")


def test_a_request_for_deletion_is_fulfilled_by_the_last_target(cast: Cast) -> None:
    ada = profile_of(cast.shop, "1")
    request = requests.receive(kind="deletion", door="steward", regime="eu", by=cast.ada)
    request = requests.verify(request=request, profile=ada, how="staff", by=cast.ada)
    fulfilment.ask(request=request, by=cast.ada, reason="Asked")
    approvals.approve(approval=approvals.Approval.objects.awaiting().get(kind=requests.PLAN), by=cast.root)
    erasure = Erasure.objects.get(reference=str(request.pk))
    for job in Job.objects.filter(kind=fulfilment.JOB, state="queued"):
        jobs.run(job.pk)
    work_off(erasure, tell=False)
    request.refresh_from_db()
    assert request.state == "in_progress", "nobody was told yet"
    assert request.tasks.filter(state="done").count() == len(targets.TARGETS) - 1
    assert work_off(erasure).done_at
    request.refresh_from_db()
    assert request.state == "fulfilled" and not request.tasks.exclude(state="done").exists()


class Killed(Exception):
    """As if the worker had died."""


@pytest.mark.parametrize("place", ["before", "after"])
def test_an_erasure_killed_at_each_step_and_tried_again_ends_complete(
    cast: Cast, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    erasure = begin(profile_of(cast.shop, "1"), cast.ada, cast.root)
    struck = set()
    monkeypatch.setattr(execute, "_clear", dying(execute._clear, struck, place))
    for _ in range(40):
        for name in execute.ready({row.name: row for row in erasure.targets.all()}):
            try:
                with transaction.atomic():
                    execute.clear(erasure.id, name)
            except Killed:
                assert not Erasure.objects.get(pk=erasure.pk).done_at
        for notice in erasure.notices.filter(confirmed_at__isnull=True):
            kinds.notices.confirm(notice=notice, by=None)
    erasure.refresh_from_db()
    assert struck == {*targets.TARGETS, execute.SWEEP}
    assert erasure.done_at and erasure.certificate["sweep"]["left"] == 0
    assert IdentityOperation.objects.filter(kind="erase").count() == 1


def dying(clear: Callable[..., None], struck: set[str], place: str) -> Callable[..., None]:
    """The first time, each target dies before or after its work; what it had done is rolled back with it."""

    def first_time_dies(erasure: Erasure, row: object) -> None:
        if row.name in struck:
            clear(erasure, row)
        else:
            if place == "after":
                clear(erasure, row)
            struck.add(row.name)
            raise Killed

    return first_time_dies


def test_a_failed_target_is_tried_again_without_what_was_deleted(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    erasure = begin(profile_of(cast.shop, "1"), cast.ada, cast.root)
    broken = targets.Target("Mail written to files", lambda erasure, subject: 1 / 0, lambda erasure, subject: 0)
    whole = targets.TARGETS["outbox"]
    monkeypatch.setitem(targets.TARGETS._entries, "outbox", broken)
    for _ in range(3):
        erasure = work_off(erasure)
    assert erasure.done_at is None and erasure.targets.filter(done_at__isnull=True).count() == 2
    assert erasure.targets.get(name="outbox").job().state == "failed"
    monkeypatch.setitem(targets.TARGETS._entries, "outbox", whole)
    client = Client()
    client.force_login(cast.ada)
    assert client.post(reverse("governance:retry-erasure", args=[erasure.pk])).status_code == 302
    assert work_off(erasure).done_at
    assert AuditEvent.objects.filter(action="erasure.retried").exists()


def test_the_pages_tell_the_plan_the_progress_and_the_certificate(cast: Cast) -> None:
    ada, client = profile_of(cast.shop, "1"), Client()
    client.force_login(cast.ada)
    plan = client.get(reverse("governance:erasure-plan", args=[ada.pk])).content.decode()
    assert "profiles.SourceRecord" in plan and "Ask for the erasure" in plan and "A ledger: ids and codes only" in plan
    asking = reverse("governance:ask-erasure", args=[ada.pk])
    assert client.post(asking, {"basis": "request"}).url.startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": "a-long-password"})
    assert client.post(asking, {"basis": "request"}).status_code == 422
    client.post(reverse("governance:ask-erasure", args=[ada.pk]), {"basis": "request", "reason": "Letter"})
    asked = kinds.asked_for(ada)
    second = Client()
    second.force_login(cast.root)
    assert "rows in" in second.get(reverse("profiles:approval", args=[asked.pk])).content.decode()
    second.post(reverse("profiles:answer-approval", args=[asked.pk]), {"verdict": "approve"})
    erasure = Erasure.objects.get()
    assert "Waits for its turn" in second.get(reverse("governance:erasure", args=[erasure.pk])).content.decode()
    notice = erasure.notices.get(source=cast.shop)
    page = client.get(reverse("governance:erasure-notice", args=[notice.pk])).content.decode()
    assert "Its own ids of the customer" in page
    for answer in ("told", "told", "confirmed"):
        client.post(reverse("governance:answer-erasure-notice", args=[notice.pk]), {"answer": answer})
    notice.refresh_from_db()
    assert notices.forget_late(notice.due_at) == 0, "the other one was not told yet, this one has confirmed"
    assert notice.confirmed_at and notice.external_ids is None
    work_off(erasure)
    shown = client.get(reverse("governance:erasure-certificate", args=[erasure.pk])).content.decode()
    assert "Certificate of erasure" in shown and "not as it was issued" not in shown
    told = client.get(reverse("governance:erasure-certificate", args=[erasure.pk]), {"format": "json"}).json()
    assert told["sha256"] == certificate.digest(told["certificate"])
    read = set(
        AuditEvent.objects.filter(action__in=["erasure.planned", "erasure.ids_read"]).values_list("action", flat=True)
    )
    assert read == {"erasure.planned", "erasure.ids_read"}


def test_retention_prunes_what_nothing_keeps_and_says_so(cast: Cast) -> None:
    from governance.retention import pruning, windows

    long_ago = timezone.now() - timedelta(days=100)
    SourceRecord.objects.update(updated_at=long_ago, created_at=long_ago)
    rule = RetentionRule(source=cast.shop, data_class="record", days=90, counted_from="update", law="Policy 7")
    pruning.set_window(rule=rule, by=cast.ada)
    assert pruning.queue() is None
    hold = holds.place(profile=profile_of(cast.shop, "1"), reason="claim", matter="M-1", by=cast.ada)
    assert windows.counts(rule, timezone.now()) == windows.Counts(going=1, kept=1)
    client = Client()
    client.force_login(cast.ada)
    assert "Would go" in client.get(reverse("governance:retention"), {"try": "1"}).content.decode()
    client.post(reverse("governance:switch-window", args=[rule.pk]), {"switch": "on"})
    jobs.run(pruning.queue().pk)
    assert not SourceRecord.objects.filter(source=cast.shop, attributes__email=["gauss@uni.example"]).exists()
    assert record(cast.shop, "1").attributes and not Membership.objects.filter(record__state="erased").exists()
    holds.release(hold=hold, by=cast.ada)
    jobs.run(pruning.queue().pk)
    assert SourceRecord.objects.filter(state="erased").count() == 2 and record(cast.crm, "9").attributes
    page = client.get(reverse("governance:retention")).content.decode()
    assert "Policy 7" in page
    events = {"retention.changed", "retention.run", "retention.pruned"}
    assert events <= set(AuditEvent.objects.values_list("action", flat=True))
    assert send(cast.shop, CARL).accepted == 1, "what a window let go may be sent again"

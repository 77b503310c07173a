"""Every kind of audit event is written by what it tells of, and its sentence finds all it needs in the stored row."""

import string
from pathlib import Path

import pytest
from allauth.account.signals import password_changed
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.auth.models import Group
from django.test import Client, RequestFactory
from django.urls import reverse

from matching.models import Proposal
from profiles import imports, jobs, schema
from profiles.audit import EVENTS, sentence
from profiles.models import (
    AuditEvent,
    Batch,
    BlockedValue,
    CanonicalField,
    FieldMapping,
    Job,
    QuarantinedRow,
    Source,
    User,
    WorkItem,
)  # fmt: skip
from profiles.work import open_item
from tests.cast import Cast, profile_of, record, send, send_bytes
from tests.governance.consenting import purposes, say
from tests.site.test_screens import propose
from tests.site.verbs import VERBS

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
# written in tests that follow the whole matter, which read the stored row
FOLLOWED = {
    "governance/test_sign_in.py": ["account.signed_in", "account.signed_out", "account.refused", "account.factor_added"],
    "access/test_api.py": ["token.refused"],
    "governance/test_audit_screens.py": ["audit.exported"],
    "governance/test_requests.py": [
        "request.received", "request.moved", "request.clock", "request.verified", "request.started", "request.task_done",
        "request.task_failed", "request.retried",
    ],
    "governance/test_request_pages.py": [
        "request.attached", "request.file_read", "request.read", "request.escalated", "request.restriction_lifted",
        "request.exported",
    ],
    "governance/test_access_review.py": ["access_review.closed", "source.grant_lapsed"],
    "governance/test_erasure.py": ["erasure.started", "erasure.cleared", "erasure.told", "erasure.confirmed", "erasure.done",
        "identity.erased", "erasure.retried", "erasure.planned", "erasure.ids_read", "hold.placed", "hold.released",
        "retention.changed", "retention.run", "retention.pruned"],
    "governance/test_erasure_restore.py": ["erasure.replayed"],
    "governance/test_suppression.py": ["suppression.lifted", "suppression.cleared"],
    "governance/test_consent.py": ["consent.carried"],
    "governance/test_preferences.py": ["preferences.opened", "preferences.receipts_taken", "consent.receipt_taken"],
    "matching/test_second_person.py": ["approval.outdated", "approval.expired", "approval.handed_over", "approval.withdrawn"],
    "matching/test_run_brake.py": ["run_brake.stopped", "run_brake.read", "run_brake.released"],
    "matching/test_full_runs.py": ["full_run.started", "full_run.cancelled", "full_run.resumed", "full_run.reported"],
    "site/test_full_run_pages.py": ["full_run.read", "full_run.published", "full_run.undone", "full_run.discarded"],
    "site/test_model_pages.py": ["model.tested", "shadow_run.read", "evaluation.read"],
    "governance/test_exposure.py": ["audit.exposure_asked", "audit.exposure_exported"],
    "profiles/test_rotation.py": ["keys.rotated"],
    "site/test_backup.py": ["site.restored", "site.backed_up"],
    "site/test_read_events.py": ["approval.read"],
}  # fmt: skip


class Scene:
    """A small world, and a reader who may do everything, at the site."""

    def __init__(self) -> None:
        self.cast = Cast()
        self.root = self.cast.root
        self.root.groups.set(Group.objects.all())
        self.client = Client()
        self.client.force_login(self.root)
        self.request = RequestFactory().post("/")
        self.request.user, self.request.session = self.root, self.client.session
        people = (("1", "Ada Byron", "ada@post.example"), ("2", "Cy Day", ""), ("3", "Emmy Noether", ""))
        send(self.cast.shop, *({"id": pk, "name": name, "mail": mail} for pk, name, mail in people))
        send(self.cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example"})
        send_bytes(self.cast.shop, b'{"name": "no id"}', name="bad.jsonl")

    def get(self, name: str, *args: object, **query: object) -> None:
        assert self.client.get(reverse(name, args=args), query).status_code == 200


def consent_is_looked_at(scene: Scene) -> None:
    news = purposes()[0]
    say(record(scene.cast.shop, "1"), "grant", news, "ada@post.example", by=scene.root)
    scene.get("governance:consent", profile_of(scene.cast.shop, "1").pk)


def read_pages(scene: Scene) -> None:
    ada, cy, emmy = (profile_of(scene.cast.shop, external_id) for external_id in "123")
    propose(cy, emmy)
    scene.get("profiles:customers")
    scene.get("profiles:customer", ada.pk)
    scene.get("profiles:mend", QuarantinedRow.objects.first().pk)
    scene.get("matching:proposal", Proposal.objects.first().pk)
    scene.get("matching:compare", a=ada.pk, b=cy.pk)
    scene.get("governance:audit-person", customer=ada.pk, what="reads")
    scene.get("governance:audit-user", user="root")


def an_import_fails_and_one_is_undone(scene: Scene) -> None:
    with (ROOT / "pyproject.toml").open("rb") as content:
        batch, _ = imports.receive_file(source=scene.cast.crm, name="lost.jsonl", content=content, by=scene.root)
    Path(batch.stored_file).unlink()
    jobs.run(batch.job_id)
    imports.undo_import(batch=Batch.objects.filter(state="done").latest("id"), by=scene.root)
    jobs.run(Job.objects.get(kind="undo_import").pk)


def a_schema_is_taken_over(scene: Scene) -> None:
    FieldMapping.objects.filter(column="town").update(target="country")
    schema.publish(by=scene.root)
    for job in Job.objects.filter(kind__in=["rebuild", "rekey"], state="queued"):
        jobs.run(job.pk)
    jobs.run(jobs.enqueue(kind="rekey", args={}).pk)


def the_set_up_is_changed(scene: Scene) -> None:
    spare = {
        Source: Source(key="spare", name="Spare", owner="o"), User: User(username="spare"),
        FieldMapping: FieldMapping.objects.last(), CanonicalField: CanonicalField.objects.order_by("key").last(),
        BlockedValue: BlockedValue.objects.last(),
    }  # fmt: skip
    for model, row in spare.items():
        shown = admin.site._registry[model]
        shown.save_model(scene.request, row, None, row.pk is not None)
        shown.save_model(scene.request, row, None, True)
        if shown.deleted:
            shown.delete_model(scene.request, row)


def a_sign_in_is_changed(scene: Scene) -> None:
    Authenticator.objects.create(user=scene.root, type="recovery_codes", data={}).delete()
    password_changed.send(sender=User, request=scene.request, user=scene.root)


def work_is_closed(scene: Scene) -> None:
    item = open_item(kind="cluster_stopped", subject_id=profile_of(scene.cast.shop, "1").id, reason="stopped")
    scene.client.post(reverse("matching:close-work", args=[item.pk]))
    assert WorkItem.objects.get(pk=item.pk).state != "open"


SCENES = [
    read_pages,
    consent_is_looked_at,
    a_sign_in_is_changed,
    a_schema_is_taken_over,
    the_set_up_is_changed,
    work_is_closed,
    an_import_fails_and_one_is_undone,
]


def test_every_kind_of_event_is_written_in_words() -> None:
    scene = Scene()
    for play in SCENES:
        play(scene)
    rows = {row.action: row for row in AuditEvent.objects.all()}
    faults = {action: missing for action, row in rows.items() if (missing := lacking(row))}
    assert faults == {}
    by_verbs = {event for _, _, events in VERBS for event in events}
    followed = {event for events in FOLLOWED.values() for event in events}
    assert set(EVENTS) - rows.keys() - by_verbs - followed == set()
    for path, events in FOLLOWED.items():
        text = (ROOT / "tests" / path).read_text()
        assert "AuditEvent" in text and not [event for event in events if f'"{event}"' not in text], path


def lacking(row: AuditEvent) -> list[str]:
    """Placeholders of the sentence that the stored row does not fill."""
    asked = [name for _, name, _, _ in string.Formatter().parse(EVENTS[row.action].sentence) if name]
    return [name for name in asked if name not in row.detail] + ([] if sentence(row) else ["words"])

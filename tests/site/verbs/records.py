"""Records: what is received, corrected, flagged and revealed; the schema; jobs."""

import io
from collections.abc import Callable

from django.test import Client
from django.urls import reverse

from profiles import conflicts, corrections, drafts, flags, imports, reveals, schema
from profiles.models import Correction, Flag, Job, SchemaVersion
from tests.cast import Cast, profile_of, record, send


def correct(cast: Cast) -> Callable:
    row = record(cast.shop, "1")
    return lambda: corrections.correct(record=row, field="email", values=["n@post.example"], reason="r", by=cast.ada)


def release(cast: Cast) -> Callable:
    correct(cast)()
    return lambda: corrections.release(correction=Correction.objects.get(), by=cast.ada)


def keep(cast: Cast) -> Callable:
    correct(cast)()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "third@post.example"}, name="c.jsonl")
    made, revision = Correction.objects.get(), record(cast.shop, "1").revision
    return lambda: conflicts.keep(correction=made, revision=revision, by=cast.ada)


def flag(cast: Cast) -> Callable:
    row = record(cast.shop, "1")
    return lambda: flags.flag(record=row, field="email", value="ada@post.example", note="n", by=cast.vera)


def answer(cast: Cast) -> Callable:
    flag(cast)()
    made = Flag.objects.get()
    return lambda: flags.answer(flag=made, outcome="told", text="t", by=cast.ada)


def receive(cast: Cast) -> Callable:
    return lambda: imports.receive_file(source=cast.shop, name="n.jsonl", content=io.BytesIO(b"{}"), by=cast.ada)


def bad_batch(cast: Cast) -> object:
    return cast.shop.batches.get(file_name="bad.jsonl")


def replay(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    cells = {batch.quarantine.get().id: {"id": "7", "name": "Grace Hopper"}}
    return lambda: imports.replay(batch=batch, mended=cells, by=cast.ada)


def dismiss(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    ids = [batch.quarantine.get().id]
    return lambda: imports.dismiss(batch=batch, row_ids=ids, by=cast.ada)


def undo_import(cast: Cast) -> Callable:
    batch = bad_batch(cast)
    return lambda: imports.undo_import(batch=batch, by=cast.ada)


def publish(cast: Cast) -> Callable:
    cast.shop.mappings.filter(column="tel").update(target="free:tel")
    return lambda: schema.publish(by=cast.root)


def publish_content(cast: Cast) -> Callable:
    content = schema.draft()
    return lambda: schema.publish_content(content, by=cast.root, note="n")


def publish_again(cast: Cast) -> Callable:
    good = SchemaVersion.objects.first()
    publish(cast)()
    return lambda: drafts.publish_again(version=good, by=cast.root)


def restore_draft(cast: Cast) -> Callable:
    cast.shop.mappings.filter(column="tel").update(target="free:tel")
    return lambda: drafts.restore_draft(by=cast.root)


def through_the_site(name: str, state: str) -> Callable:
    def prepared(cast: Cast) -> Callable:
        Job.objects.filter(state="queued").update(state=state)
        job, client = Job.objects.filter(state=state).first(), Client()
        client.force_login(cast.root)
        return lambda: client.post(reverse(name, args=[job.pk]))

    return prepared


VERBS = [
    ("profiles.corrections.correct", correct, ["record.corrected"]),
    ("profiles.corrections.release", release, ["record.correction_released"]),
    ("profiles.conflicts.keep", keep, ["record.correction_kept"]),
    ("profiles.flags.flag", flag, ["customer.flagged"]),
    ("profiles.flags.answer", answer, ["flag.answered"]),
    ("profiles.reveals.reveal", lambda cast: lambda: reveals.reveal(
        profile=profile_of(cast.shop, "1"), purpose="caller", ticket="CALL-7", by=cast.vera), ["customer.revealed"]),
    ("profiles.imports.receive_file", receive, ["batch.received"]),
    ("profiles.imports.replay", replay, ["quarantine.replayed"]),
    ("profiles.imports.dismiss", dismiss, ["quarantine.dismissed"]),
    ("profiles.imports.undo_import", undo_import, ["batch.undo_asked"]),
    ("profiles.schema.publish", publish, ["schema.published"]),
    ("profiles.schema.publish_content", publish_content, ["schema.published"]),
    ("profiles.drafts.publish_again", publish_again, ["schema.published"]),
    ("profiles.drafts.restore_draft", restore_draft, ["schema.draft_restored"]),
    ("profiles.views.operations.cancel_job", through_the_site("profiles:cancel-job", "queued"), ["job.cancelled"]),
    ("profiles.views.operations.retry_job", through_the_site("profiles:retry-job", "failed"), ["job.retried"]),
]  # fmt: skip

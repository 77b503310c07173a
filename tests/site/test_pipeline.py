"""Which job follows which is as the pipeline says; the home page shows what waits before each step."""

import io

import pytest
from django.test import Client
from django.urls import reverse

from cdv_site.pipeline import FOLLOWS, STEPS
from matching import identity
from profiles import flags, imports, jobs, schema
from profiles.models import BlockedValue, Job
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db
ONLY_WITH_CONSENT = {
    "consent_import"
}  # follows where statements of consent came in: tests/governance/test_consent_pages.py
# tests of requests, consent and erasure in tests/governance
ELSEWHERE = {
    "fulfil_request", "admit_request", "deliver_message", "erase_target", "prune", "consent_spread", "consent_import",
}  # fmt: skip


def followers(kind: str) -> set[str]:
    """Do the waiting job of a kind; which kinds are queued by it."""
    job = Job.objects.filter(kind=kind, state="queued").latest("id")
    Job.objects.filter(state="queued").exclude(id=job.id).update(state="done")
    jobs.run(job.id)
    job.refresh_from_db()
    assert job.state == "done", job.message
    return set(Job.objects.filter(state="queued").values_list("kind", flat=True))


def settle() -> None:
    Job.objects.filter(state="queued").update(state="done")


def split_off(cast: Cast) -> None:
    ends = [profile_of(cast.shop, "1").id, profile_of(cast.shop, "2").id]
    if ends[0] != ends[1]:
        identity.merge(survivor=ends[0], losers=ends[1:], by=None, reason="")
    identity.split(profile=profile_of(cast.shop, "2").id, record_ids=[record(cast.shop, "2").id], by=None, reason="")


def test_jobs_follow_each_other_as_the_pipeline_says(monkeypatch: pytest.MonkeyPatch) -> None:
    cast, seen, start = Cast(), {}, imports._start
    send(cast.shop, {"id": "1", "name": "Ada Byron", "x": "ada@post.example"})

    def publishes_then(*args: object) -> None:
        start(*args)
        cast.shop.mappings.create(column="x", target="email")
        schema.publish(by=None)
        settle()

    monkeypatch.setattr(imports, "_start", publishes_then)
    content = io.BytesIO(b'{"id": "1", "name": "Ada King", "x": "king@post.example"}')
    batch, _ = imports.receive_file(source=cast.shop, name="b.jsonl", content=content, by=None)
    seen["import"] = followers("import")
    seen["rebuild"] = followers("rebuild")
    batch.refresh_from_db()
    imports.undo_import(batch=batch, by=None)
    seen["undo_import"] = followers("undo_import")
    followers("rebuild")
    BlockedValue.objects.create(field="email", pattern="ada@post.example")
    schema.publish(by=None)
    seen["rekey"] = followers("rekey")
    seen["resolve"] = followers("resolve")
    monkeypatch.undo()
    send(cast.shop, {"id": "2", "name": "Ada King", "x": "king@post.example"}, name="c.jsonl")
    split_off(cast)
    seen["match_again"] = followers("match_again")
    seen["evaluate_model"] = seen["shadow_run"] = set()  # they measure, and change nothing
    seen |= {
        "full_run": {"full_run"},
        "full_run_publish": set(),
        "full_run_undo": set(),
    }  # tests/matching/test_full_runs.py
    assert seen == {kind: set(FOLLOWS[kind]) - ONLY_WITH_CONSENT for kind in seen}
    assert FOLLOWS.keys() == seen.keys() | ELSEWHERE


def test_the_home_page_shows_what_waits_before_each_step() -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "a@post.example"}, {"name": "no id"}, resolve=False)
    flags.flag(record=record(cast.shop, "1"), field="email", value="a@post.example", note="n", by=cast.vera)
    client = Client()
    client.force_login(cast.ada)
    flow = client.get(reverse("home")).context["flow"]
    assert [step for step, _, _ in flow] == [step for step in STEPS if step.count]
    counted = {step.key: n for step, n, _ in flow}
    assert (counted["gate"], counted["candidates"], counted["use"]) == (1, 1, 1)
    client.force_login(cast.eve)
    assert sum(n for _, n, _ in client.get(reverse("home")).context["flow"]) == 0

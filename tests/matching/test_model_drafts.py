"""Drafts, publications and what the database refuses."""

from copy import deepcopy

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from matching import drafts, evaluation, models_in_force, publishing, review, shadow
from matching.models import BlockKey, Evaluation, MatchModel, Publication, ShadowRun
from profiles import jobs
from profiles.models import AuditEvent, Job
from tests.cast import Cast, profile_of, send
from tests.databases import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    cast.otto = cast._user("otto", "administrator", cast.shop, cast.crm)
    return cast


@pytest.fixture
def draft(cast: Cast) -> MatchModel:
    return drafts.copy(model=MatchModel.objects.get(), label="stricter", note="", by=cast.root)


def changed(draft: MatchModel, **thresholds: float) -> dict:
    content = deepcopy(draft.content)
    content["thresholds"] |= thresholds
    return content


def shadowed(draft: MatchModel) -> ShadowRun:
    """A finished shadow run of the draft as it is now."""
    run = shadow.start(model=draft, against=MatchModel.objects.get(state="published"), by=None)
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert run.finished_at, Job.objects.get(id=run.job_id).message
    return run


def published(draft: MatchModel, cast: Cast) -> Publication:
    if draft.state == "draft":
        shadowed(draft)
    asked = publishing.request(model=draft, by=cast.root, reason="fewer mistakes")
    return publishing.approve(publication=asked, by=cast.otto, answer="agreed")


# ---- drafts -------------------------------------------------------------------------------------------------------------


def test_a_copy_says_what_it_was_made_from_and_decides_nothing(draft: MatchModel) -> None:
    assert (draft.state, draft.based_on, draft.content["label"]) == ("draft", "default-1", "stricter")
    assert models_in_force.published().label == "default-1"
    assert AuditEvent.objects.filter(action="model.drafted").count() == 1


def test_a_label_is_used_once(cast: Cast, draft: MatchModel) -> None:
    with pytest.raises(drafts.DraftNotAllowed, match="already"):
        drafts.copy(model=draft, label="stricter", note="", by=cast.root)
    assert drafts.next_label(MatchModel.objects.get(label="default-1")) == "default-2"
    assert drafts.next_label(draft) == "stricter-2"


def test_an_edit_counts_and_a_stale_one_is_refused(cast: Cast, draft: MatchModel) -> None:
    edited = drafts.edit(draft=draft, content=changed(draft, auto=0.97), note="n", expected=1, by=cast.root)
    assert (edited.revision, edited.content["thresholds"]["auto"]) == (2, 0.97)
    with pytest.raises(drafts.DraftNotAllowed, match="meantime"):
        drafts.edit(draft=draft, content=changed(draft, auto=0.9), note="", expected=1, by=cast.root)


@pytest.mark.parametrize(
    ("thresholds", "sentence"),
    [({"auto": 1.2}, "between 0 and 1"), ({"review": 0.99}, "must not lie above"), ({"rival_margin": -1}, "rival margin")],
)  # fmt: skip
def test_a_content_that_contradicts_itself_is_refused(
    cast: Cast, draft: MatchModel, thresholds: dict[str, float], sentence: str
) -> None:
    with pytest.raises(drafts.DraftNotAllowed, match=sentence):
        drafts.edit(draft=draft, content=changed(draft, **thresholds), note="", expected=1, by=cast.root)


def test_rules_are_switched_off_and_on_again(draft: MatchModel) -> None:
    names = [rule["name"] for rule in draft.content["blocking"]]
    off = drafts.switch(draft.content, "blocking", set(names) - {"email", "names"})
    assert {rule.name for rule in drafts.read(off).blocking} == set(names) - {"email", "names"}
    assert {rule["name"] for rule in off["off"]["blocking"]} == {"email", "names"}
    again = drafts.switch(off, "blocking", set(names))
    assert again["blocking"] == draft.content["blocking"]
    assert again["off"]["blocking"] == []
    assert drafts.switch(draft.content, "rules", {rule["name"] for rule in draft.content["rules"]}) == draft.content


def test_a_draft_is_discarded_but_a_published_version_never(cast: Cast, draft: MatchModel) -> None:
    drafts.discard(draft=draft, by=cast.root)
    assert not MatchModel.objects.filter(label="stricter").exists()
    with pytest.raises(drafts.DraftNotAllowed):
        drafts.discard(draft=MatchModel.objects.get(), by=cast.root)


def test_decisions_refit_a_draft_and_nothing_else(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "born": "1984-03-12", "tel": "020 7946 0018"})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "born": "1961-11-02", "tel": "020 7946 0018"})
    ends = profile_of(cast.shop, "1").id, profile_of(cast.crm, "9").id
    review.compare_decide(left=ends[0], right=ends[1], verdict="same", by=cast.ada, reason="seen")
    model = MatchModel.objects.get()
    made = drafts.copy_refitted(model=model, label="refitted", note="", by=cast.root, prior=10)
    before, after = drafts.read(model.content), drafts.read(made.content)
    place = before.comparison("birth_date").level("different")
    moved = [m.comparison("birth_date").levels[place].m for m in (before, after)]
    assert moved[1] == pytest.approx((10 * moved[0] + 1) / 11, rel=1e-3)
    assert after.thresholds == before.thresholds
    assert (made.state, models_in_force.published().label) == ("draft", "default-1")


# ---- publishing ---------------------------------------------------------------------------------------------------------


def test_a_draft_is_run_in_the_shadow_before_anybody_may_ask(cast: Cast, draft: MatchModel) -> None:
    with pytest.raises(publishing.PublicationNotAllowed, match="shadow"):
        publishing.request(model=draft, by=cast.root, reason="r")
    shadowed(draft)
    assert publishing.request(model=draft, by=cast.root, reason="r").state == "requested"


def test_a_shadow_run_of_what_it_was_before_an_edit_does_not_count(cast: Cast, draft: MatchModel) -> None:
    shadowed(draft)
    draft = drafts.edit(draft=draft, content=changed(draft, auto=0.9), note="", expected=1, by=cast.root)
    with pytest.raises(publishing.PublicationNotAllowed, match="shadow"):
        publishing.request(model=draft, by=cast.root, reason="r")


def test_a_second_person_puts_it_in_force_and_decisions_name_it(cast: Cast, draft: MatchModel) -> None:
    done = published(draft, cast)
    assert (done.state, done.replaced, done.decided_by) == ("published", "default-1", cast.otto)
    assert models_in_force.published().label == "stricter"
    assert MatchModel.objects.get(label="default-1").state == "retired"


def test_who_asked_cannot_publish_it(cast: Cast, draft: MatchModel) -> None:
    shadowed(draft)
    asked = publishing.request(model=draft, by=cast.root, reason="r")
    with pytest.raises(publishing.PublicationNotAllowed, match="publish_model stricter"):
        publishing.approve(publication=asked, by=cast.root)
    with pytest.raises(IntegrityError, match="publication_by_a_second_person"), transaction.atomic():
        Publication.objects.filter(id=asked.id).update(
            state="published", decided_by=cast.root, decided_at=timezone.now()
        )


def test_a_draft_waits_unchanged_for_its_answer(cast: Cast, draft: MatchModel) -> None:
    shadowed(draft)
    asked = publishing.request(model=draft, by=cast.root, reason="r")
    with pytest.raises(drafts.DraftNotAllowed, match="Withdraw"):
        drafts.edit(draft=draft, content=changed(draft, auto=0.9), note="", expected=1, by=cast.root)
    MatchModel.objects.filter(id=draft.id).update(content=changed(draft, auto=0.9))
    with pytest.raises(publishing.PublicationNotAllowed, match="not what it was"):
        publishing.approve(publication=asked, by=cast.otto)


@pytest.mark.parametrize(("who", "state"), [("otto", "rejected"), ("root", "withdrawn")])
def test_a_request_is_rejected_or_withdrawn(cast: Cast, draft: MatchModel, who: str, state: str) -> None:
    shadowed(draft)
    asked = publishing.request(model=draft, by=cast.root, reason="r")
    assert publishing.reject(publication=asked, by=getattr(cast, who), answer="no").state == state
    with pytest.raises(publishing.PublicationNotAllowed, match="already"):
        publishing.approve(publication=asked, by=cast.otto)
    assert models_in_force.published().label == "default-1"


def test_rolling_back_publishes_an_older_version_again_without_a_new_shadow_run(cast: Cast, draft: MatchModel) -> None:
    published(draft, cast)
    published(MatchModel.objects.get(label="default-1"), cast)
    assert models_in_force.published().label == "default-1"
    assert list(Publication.objects.order_by("id").values_list("model__label", "replaced")) == [
        ("stricter", "default-1"),
        ("default-1", "stricter"),
    ]


def test_a_single_administrator_publishes_on_the_server(cast: Cast, draft: MatchModel) -> None:
    with pytest.raises(CommandError, match="shadow"):
        call_command("publish_model", "stricter", reason="alone here")
    shadowed(draft)
    call_command("publish_model", "stricter", reason="alone here")
    done = Publication.objects.get()
    assert (done.state, done.requested_by, done.decided_by, done.answer) == ("published", None, None, "alone here")
    with pytest.raises(CommandError, match="no version"):
        call_command("publish_model", "nowhere", reason="r")


def test_precision_on_decisions_below_that_in_force_is_in_the_way(cast: Cast, draft: MatchModel) -> None:
    shadowed(draft)
    for row, precision in ((MatchModel.objects.get(label="default-1"), 0.98), (draft, 0.9)):
        Evaluation.objects.create(
            model_label=row.label, model_digest=row.digest, kind="steward", set_name=evaluation.STEWARD_SET, errors={},
            figures={"labelled": publishing.FEWEST, "pairs": {"precision": precision}},
        )  # fmt: skip
    with pytest.raises(publishing.PublicationNotAllowed, match=r"90\.0%; it must be 98\.0%"):
        publishing.request(model=draft, by=cast.root, reason="r")


def test_other_blocking_rules_give_every_record_other_keys(cast: Cast, draft: MatchModel) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    names = {rule["name"] for rule in draft.content["blocking"]} - {"email"}
    content = drafts.switch(draft.content, "blocking", names)
    draft = drafts.edit(draft=draft, content=content, note="", expected=1, by=cast.root)
    assert BlockKey.objects.filter(rule=1).exists()
    published(draft, cast)
    jobs.run(Job.objects.get(kind="rekey").id)
    assert not BlockKey.objects.filter(rule=1).exists()
    assert BlockKey.objects.filter(rule=17).exists()


# ---- what the database refuses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE matching_matchmodel SET content = '{}' WHERE label = 'default-1'",
        "UPDATE matching_matchmodel SET label = 'other' WHERE label = 'default-1'",
        "UPDATE matching_matchmodel SET state = 'draft' WHERE label = 'default-1'",
        "DELETE FROM matching_matchmodel WHERE label = 'default-1'",
        "TRUNCATE matching_matchmodel CASCADE",
        "UPDATE matching_publication SET answer = 'other'",
        "UPDATE matching_publication SET state = 'requested', decided_at = NULL",
        "UPDATE matching_publication SET reason = 'other'",
        "DELETE FROM matching_publication",
        "TRUNCATE matching_publication",
    ],
)
def test_what_was_published_stays_as_it_was(cast: Cast, draft: MatchModel, change: str) -> None:
    published(draft, cast)
    connection.check_constraints()  # nothing deferred is left that would refuse a TRUNCATE before the guard does
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_user_can_leave_without_breaking_the_ledger(cast: Cast, draft: MatchModel) -> None:
    published(draft, cast)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE matching_publication SET decided_by_id = NULL, requested_by_id = NULL")
    assert Publication.objects.get().decided_by is None

"""Shadow runs: what another model would do with live records, by name, without changing anything."""

from copy import deepcopy

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from matching import drafts, models_in_force, shadow
from matching.engine.model import Model
from matching.models import MatchModel, Proposal, ShadowRun
from profiles import jobs
from profiles.models import Job
from tests.cast import Cast, profile_of, send, state
from tests.site.test_screens import propose

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Two records joined by e-mail and name, one pair in the queue, one bystander."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"}, {"id": "2", "name": "Lin Wu"})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example"})
    return cast


def model(**thresholds: float) -> Model:
    content = deepcopy(MatchModel.objects.get(state="published").content)
    content["thresholds"] |= thresholds
    return Model.from_json(content)


def strict() -> Model:
    """A model that joins nothing automatically: no named rules, and a threshold that nobody reaches."""
    content = deepcopy(MatchModel.objects.get(state="published").content)
    content["thresholds"]["auto"] = 0.999_999_999_999
    return Model.from_json(drafts.switch(content, "rules", set()))


def test_a_model_beside_itself_changes_nothing(cast: Cast) -> None:
    before = state()
    found = shadow.compare(model(), model(), seed=1)
    assert found["records"] == 3
    assert found["figures"]["customers"] == 2
    assert found["changes"] == []
    assert set(found["figures"]["changes"].values()) == {0}
    assert state() == before


def test_a_customer_that_would_not_be_joined_again_is_named(cast: Cast) -> None:
    ada = str(profile_of(cast.shop, "1").id)
    apart = shadow.compare(model(), strict(), seed=1)
    assert [(change["kind"], change["customers"]) for change in apart["changes"]] == [("apart", [ada])]
    together = shadow.compare(strict(), model(), seed=1)
    assert [(change["kind"], change["customers"]) for change in together["changes"]] == [("together", [ada])]


def test_customers_that_would_be_merged_are_named_together(cast: Cast) -> None:
    """Sent while a model is in force that joins nothing: the shipped one would merge them instead of asking."""
    before = MatchModel.objects.get()
    content = {**strict().to_json(), "label": "strict"}
    models_in_force.publish(model=MatchModel.objects.create(label="strict", content=content), by=None)
    send(cast.crm, {"id": "8", "name": "Lin Wu", "mail": "lin@post.example"}, name="a.jsonl")
    send(cast.shop, {"id": "3", "name": "Lin Wu", "mail": "lin@post.example"}, name="b.jsonl")
    pair = sorted(str(profile_of(source, pk).id) for source, pk in ((cast.crm, "8"), (cast.shop, "3")))
    found = shadow.compare(model(), Model.from_json(before.content), seed=1)
    kinds = {
        kind: [c["customers"] for c in found["changes"] if c["kind"] == kind]
        for kind in ("merge", "no_propose", "open")
    }
    assert pair in kinds["merge"]
    assert pair in kinds["no_propose"]
    assert pair in [sorted(customers) for customers in kinds["open"]]
    assert (found["figures"]["before"]["merges"], found["figures"]["after"]["merges"]) == (0, 1)


def test_open_proposals_are_judged_by_both(cast: Cast) -> None:
    send(cast.shop, {"id": "3", "name": "Rosa Parks"}, name="rosa.jsonl")
    propose(profile_of(cast.shop, "3"), profile_of(cast.shop, "2"))
    figures = shadow.compare(model(), model(review=0.9), seed=1)["figures"]
    assert figures["open"]["pairs"] == Proposal.objects.awaiting_review().count() == 1
    assert figures["open"]["before"] == figures["open"]["after"] == {"distinct": 1, "review": 0, "auto": 0}


def test_the_job_writes_its_report_and_a_stale_one_fails(cast: Cast) -> None:
    base = MatchModel.objects.get()
    draft = drafts.copy(model=base, label="draft", note="", by=cast.root)
    run = shadow.start(model=draft, against=base, by=cast.root)
    jobs.run(run.job_id)
    run.refresh_from_db()
    assert run.finished_at
    assert run.records == 3
    stale = shadow.start(model=draft, against=base, by=cast.root)
    content = deepcopy(draft.content)
    content["thresholds"]["auto"] = 0.9
    drafts.edit(draft=draft, content=content, note="", expected=1, by=cast.root)
    jobs.run(stale.job_id)
    assert Job.objects.get(id=stale.job_id).state == "failed"
    assert ShadowRun.objects.get(id=stale.id).finished_at is None


def test_an_empty_database_has_an_empty_report() -> None:
    Cast()
    assert shadow.compare(model(), model(), seed=1)["records"] == 0


def test_the_sample_costs_no_more_queries_with_more_records(cast: Cast, django_assert_num_queries: object) -> None:
    found = model()
    shadow.compare(found, found, seed=1)
    with CaptureQueriesContext(connection) as few:
        shadow.compare(found, found, seed=1)
    send(cast.shop, *[{"id": f"x{n}", "name": f"Person{n} Family{n}"} for n in range(20)], name="more.jsonl")
    with django_assert_num_queries(len(few)):
        shadow.compare(found, found, seed=1)

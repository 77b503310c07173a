"""The pages of match models: who may open and do what, what a reader sees by name, and pinned queries."""

from copy import deepcopy
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching import drafts, evaluation, review, shadow
from matching.model_forms import SettingsForm
from matching.models import Evaluation, MatchModel, Publication, ShadowRun
from profiles import jobs
from profiles.models import AuditEvent, Job
from tests.cast import Cast, profile_of, record, send
from tests.labelled import DATA

pytestmark = pytest.mark.django_db
PAGES = ("models", "model", "try-model", "publish-model", "compare-models")
EDITING = ("edit-model", "refit-model")
ACTS = ("copy-model", "discard-model", "evaluate-model", "start-shadow")


@pytest.fixture
def cast() -> Cast:
    """Two decided pairs; a draft beside the version in force; two administrators."""
    cast = Cast()
    cast.otto = cast._user("otto", "administrator", cast.shop, cast.crm)
    send(cast.shop, {"id": "1", "name": "Ada Byron", "born": "1984-03-12"}, {"id": "2", "name": "Kostas Pappas"})
    send(cast.crm, {"id": "8", "name": "Anna Byron", "born": "1984-03-12"}, {"id": "9", "name": "Nikos Pappas"})
    for one, other, verdict in (("1", "8", "same"), ("2", "9", "not_same")):
        ends = profile_of(cast.shop, one).id, profile_of(cast.crm, other).id
        review.compare_decide(left=ends[0], right=ends[1], verdict=verdict, by=cast.ada, reason="seen")
    cast.draft = drafts.copy(model=MatchModel.objects.get(), label="draft", note="", by=cast.root)
    return cast


def client(user: object) -> Client:
    found = Client()
    found.force_login(user)
    return found


def address(name: str, label: str = "draft") -> str:
    return reverse(f"matching:{name}", args=[] if name in ("models", "compare-models") else [label])


def shadowed(cast: Cast) -> ShadowRun:
    run = shadow.start(model=cast.draft, against=MatchModel.objects.get(state="published"), by=cast.root)
    jobs.run(run.job_id)
    run.refresh_from_db()
    return run


def kept(cast: Cast) -> Evaluation:
    return evaluation.keep(evaluation=evaluation.evaluate_decisions(model=cast.draft), by=cast.root)


# ---- who may ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_stewards_read_and_others_do_not(cast: Cast, name: str) -> None:
    assert client(cast.ada).get(address(name)).status_code == 200
    assert client(cast.vera).get(address(name)).status_code == 403
    assert Client().get(address(name)).status_code == 302


@pytest.mark.parametrize("name", EDITING)
def test_administrators_edit_and_stewards_do_not(cast: Cast, name: str) -> None:
    assert client(cast.root).get(address(name)).status_code == 200
    assert client(cast.ada).get(address(name)).status_code == 403


@pytest.mark.parametrize("name", ACTS)
def test_stewards_may_not_act(cast: Cast, name: str) -> None:
    assert client(cast.ada).post(address(name)).status_code == 403
    assert client(cast.root).get(address(name)).status_code == 405


def test_the_navigation_shows_models_to_those_who_may(cast: Cast) -> None:
    assert reverse("matching:models") in client(cast.ada).get(reverse("home")).content.decode()
    assert reverse("matching:models") not in client(cast.vera).get(reverse("home")).content.decode()


@pytest.mark.parametrize("name", ["model", "edit-model", "try-model", "publish-model", "refit-model"])
def test_an_unknown_version_is_not_found(cast: Cast, name: str) -> None:
    assert client(cast.root).get(address(name, "nowhere")).status_code == 404


# ---- reading ------------------------------------------------------------------------------------------------------------


def test_a_version_is_shown_in_words(cast: Cast) -> None:
    page = client(cast.ada).get(address("model")).content.decode()
    assert "Same e-mail and first name." in page
    assert "email exact, and given name exact, nickname, near or swapped, unless name suffix one sided" in page
    assert "surnames that sound alike and the same postcode" in page
    assert "&quot;comparisons&quot;" not in page


def test_two_versions_are_compared_by_what_differs(cast: Cast) -> None:
    content = deepcopy(cast.draft.content)
    content["thresholds"]["auto"] = 0.97
    drafts.edit(draft=cast.draft, content=content, note="", expected=1, by=cast.root)
    page = client(cast.ada).get(address("compare-models"), {"a": "default-1", "b": "draft"}).content.decode()
    assert "Threshold: auto" in page
    assert "0.97" in page


# ---- drafts -------------------------------------------------------------------------------------------------------------


def filled(draft: MatchModel, **changes: object) -> dict:
    """What the form of a draft sends when nothing but `changes` was touched."""
    form = SettingsForm(draft=draft)
    data = {name: form[name].value() for name in form.fields}
    return {**data, **{name.replace("__", "."): value for name, value in changes.items()}}


def test_a_copy_is_made_and_edited_on_screen(cast: Cast) -> None:
    root = client(cast.root)
    made = root.post(address("copy-model", "default-1"), {"label": "mine", "note": "a try"})
    assert made["Location"] == address("edit-model", "mine")
    draft = MatchModel.objects.get(label="mine")
    data = filled(draft, thresholds__auto=0.97, limits__shared__email=4, level__email__exact__m=0.6)
    data["blocking"] = [name for name in data["blocking"] if name != "names"]
    assert root.post(address("edit-model", "mine"), data)["Location"] == address("model", "mine")
    model = drafts.read(MatchModel.objects.get(label="mine").content)
    assert (model.thresholds.auto, model.limits.shared["email"]) == (0.97, 4)
    assert model.comparison("email").levels[1].m == 0.6
    assert "names" not in model.rule_names.values()
    page = root.get(address("model", "mine")).content.decode()
    assert "blocking rule “names”" in page


def test_vetoes_are_edited_and_switched_off_on_a_draft(cast: Cast) -> None:
    data = filled(cast.draft)
    data["veto.0.0.birth_date"] = ["different"]
    data["vetoes"] = ["birth_date_differs", "first_name_differs_at_home"]
    root = client(cast.root)
    assert root.post(address("edit-model"), data).status_code == 302
    model = drafts.read(MatchModel.objects.get(label="draft").content)
    assert [veto.reason for veto in model.vetoes] == ["birth_date_differs", "first_name_differs_at_home"]
    assert model.vetoes[0].condition.all == ({"birth_date": ("different",)},)
    assert "veto “Suffix differs”" in root.get(address("model", "draft")).content.decode()
    told = root.get(address("compare-models"), {"a": "default-1", "b": "draft"}).content.decode()
    assert "birth date close or different" in told
    assert "Veto: suffix differs" in told
    again = filled(
        MatchModel.objects.get(label="draft"),
        vetoes=["birth_date_differs", "suffix_differs", "first_name_differs_at_home"],
    )
    again["veto.0.0.birth_date"] = ["close", "different"]
    root.post(address("edit-model"), again)
    before = drafts.read(MatchModel.objects.get(label="default-1").content)
    assert drafts.read(MatchModel.objects.get(label="draft").content).vetoes == before.vetoes
    none_chosen = filled(MatchModel.objects.get(label="draft"))
    none_chosen["veto.0.0.birth_date"] = []
    assert root.post(address("edit-model"), none_chosen).status_code == 422


def test_nothing_touched_is_nothing_changed(cast: Cast) -> None:
    before = drafts.read(cast.draft.content)
    client(cast.root).post(address("edit-model"), filled(cast.draft))
    assert drafts.read(MatchModel.objects.get(label="draft").content) == before


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"thresholds__auto": 0.5}, "must not lie above"),
        ({"level__email__exact__m": 0}, "greater than or equal"),
        ({"limits__block": 0}, "greater than or equal"),
        ({"revision": 7}, "in the meantime"),
    ],
)
def test_a_form_that_contradicts_itself_is_shown_again(cast: Cast, changes: dict, sentence: str) -> None:
    response = client(cast.root).post(address("edit-model"), filled(cast.draft, **changes))
    assert response.status_code == 422
    assert sentence in response.content.decode()
    assert MatchModel.objects.get(label="draft").revision == 1


def test_a_label_in_use_is_shown_again(cast: Cast) -> None:
    response = client(cast.root).post(address("copy-model", "default-1"), {"label": "draft"})
    assert response.status_code == 422
    assert "already" in response.content.decode()


def test_a_published_version_has_no_form(cast: Cast) -> None:
    assert client(cast.root).get(address("edit-model", "default-1"))["Location"] == address("model", "default-1")


def test_decisions_are_refitted_into_a_draft(cast: Cast) -> None:
    root = client(cast.root)
    assert "1 pair decided as the same, 1 as not the same" in root.get(address("refit-model")).content.decode()
    root.post(address("refit-model"), {"label": "refitted", "note": "", "prior": 20})
    assert MatchModel.objects.get(label="refitted").note == "Refitted from 2 decided pairs"
    assert root.post(address("refit-model"), {"label": "refitted", "prior": 20}).status_code == 422


# ---- trying on two records ----------------------------------------------------------------------------------------------


def test_two_records_are_followed_through_a_version(cast: Cast) -> None:
    pair = {"a": record(cast.shop, "1").id, "b": record(cast.crm, "8").id}
    page = client(cast.ada).get(address("try-model"), pair).content.decode()
    for part in ("Standardised values", "1984-03-12", "finds the pair", "Named rules", "Groups of evidence", "Sum"):
        assert part in page
    assert AuditEvent.objects.filter(action="model.tested").exists()


def test_records_of_other_sources_cannot_be_tried(cast: Cast) -> None:
    pair = {"a": record(cast.shop, "1").id, "b": record(cast.crm, "8").id}
    page = client(cast.bob).get(address("try-model"), pair).content.decode()
    assert "that you may see" in page
    assert "Anna" not in page
    assert not AuditEvent.objects.filter(action="model.tested").exists()


@pytest.mark.parametrize("pair", [{"a": "x", "b": "1"}, {"a": "1", "b": "1"}, {"a": "9" * 30, "b": "1"}])
def test_what_cannot_be_tried_says_why(cast: Cast, pair: dict[str, str]) -> None:
    assert "Not possible" in client(cast.ada).get(address("try-model"), pair).content.decode()


def test_records_are_found_by_name_for_those_who_may_see_them(cast: Cast) -> None:
    row = record(cast.shop, "1")
    assert f"record {row.id}" in client(cast.ada).get(address("try-model"), {"q": "ada byron"}).content.decode()
    assert f"record {row.id}" in client(cast.ada).get(address("try-model"), {"q": str(row.id)}).content.decode()
    stranger = cast._user("nia", "steward")
    assert "Nothing found" in client(stranger).get(address("try-model"), {"q": "ada byron"}).content.decode()


def test_two_pasted_rows_are_tried_and_not_kept(cast: Cast) -> None:
    rows = "name;email;dob\nAda Byron;ada@post.test;1984-03-12\nA. Byron;ADA@post.test;1984-03-12\n"
    page = client(cast.ada).post(address("try-model"), {"rows": rows, "region": "GB"}).content.decode()
    assert "finds the pair" in page
    assert "ada@post.test" in page
    assert not [e for e in AuditEvent.objects.all() if "ada@post.test" in str(e.detail)]


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("name\nAda", "three lines"),
        ("name,email\nAda\nBob,b@x.test", "as many cells"),
        ("x1,x2\n1,2\n3,4", "No column"),
    ],
)
def test_rows_that_cannot_be_read_say_why(cast: Cast, rows: str, sentence: str) -> None:
    response = client(cast.ada).post(address("try-model"), {"rows": rows, "region": "GB"})
    assert response.status_code == 422
    assert sentence in response.content.decode()


# ---- evaluations --------------------------------------------------------------------------------------------------------


def test_an_evaluation_leads_to_the_pair_and_hides_what_a_reader_may_not_see(cast: Cast) -> None:
    found = reverse("matching:evaluation", args=[kept(cast).pk])
    page = client(cast.ada).get(found).content.decode()
    assert "Decisions are no sample" in page
    assert reverse("profiles:customer", args=[profile_of(cast.shop, "1").id]) in page
    assert profile_of(cast.shop, "1").id in AuditEvent.objects.get(action="evaluation.read").subject_ids
    assert client(cast.bob).get(found).status_code == 404  # it counts a source that he may not see


def test_an_evaluation_of_a_file_is_drawn_with_tables(cast: Cast) -> None:
    path = DATA / "senzing_truthset" / "records.csv.gz"
    call_command("evaluate", str(path), "--region", "US", stdout=StringIO())
    page = client(cast.ada).get(reverse("matching:evaluation", args=[Evaluation.objects.get().pk])).content.decode()
    assert page.count('<svg class="chart"') == 2
    assert page.count("As a table") == 2
    assert "Blocking rules in order" in page
    assert "CUSTOMERS-1" in page


def test_an_evaluation_of_what_a_draft_was_says_so(cast: Cast) -> None:
    found = reverse("matching:evaluation", args=[kept(cast).pk])
    assert "was edited since" not in client(cast.ada).get(found).content.decode()
    drafts.edit(draft=cast.draft, content={**cast.draft.content, "prior": -15}, note="", expected=1, by=cast.root)
    assert "was edited since" in client(cast.ada).get(found).content.decode()


def test_evaluations_are_queued_and_compared(cast: Cast) -> None:
    root = client(cast.root)
    root.post(reverse("matching:evaluate-both"), {"a": "default-1", "b": "draft"})
    jobs.run(Job.objects.get(kind="evaluate_model").id)
    page = root.get(address("compare-models"), {"a": "default-1", "b": "draft"}).content.decode()
    assert page.count("/models/evaluations/") == 2


# ---- publishing ---------------------------------------------------------------------------------------------------------


def test_a_version_is_published_by_two_people_on_screen(cast: Cast) -> None:
    root, otto = client(cast.root), client(cast.otto)
    assert "in the shadow of the published version first" in root.get(address("publish-model")).content.decode()
    started = root.post(address("start-shadow"))
    run = ShadowRun.objects.get()
    assert started["Location"] == reverse("matching:shadow-run", args=[run.pk])
    assert "Look again" in root.get(started["Location"]).content.decode()
    jobs.run(run.job_id)
    assert "Both versions do the same" in root.get(started["Location"]).content.decode()
    root.post(address("publish-model"), {"reason": "because"})
    page = root.get(address("publish-model")).content.decode()
    assert "You asked for it. A second person must publish it." in page
    assert "Put it in force" not in page
    answer = reverse("matching:answer-publication", args=[Publication.objects.get().pk])
    root.post(answer, {"verdict": "publish"})
    assert MatchModel.objects.get(label="draft").state == "draft"
    assert "Put it in force" in otto.get(address("publish-model")).content.decode()
    otto.post(answer, {"verdict": "publish", "answer": "fine"})
    assert MatchModel.objects.get(label="draft").state == "published"
    assert "Roll back to it" in root.get(address("model", "default-1")).content.decode()


def test_a_request_needs_a_reason(cast: Cast) -> None:
    shadowed(cast)
    assert client(cast.root).post(address("publish-model"), {"reason": ""}).status_code == 422
    assert not Publication.objects.exists()


def test_a_report_names_customers_to_those_who_may_see_them(cast: Cast) -> None:
    run = shadowed(cast)
    pid = str(profile_of(cast.crm, "9").id)
    ShadowRun.objects.filter(pk=run.pk).update(
        changes=[{"kind": "apart", "customers": [pid], "records": []}],
        figures={**run.figures, "changes": {**run.figures["changes"], "apart": 1}},
    )
    url = reverse("matching:shadow-run", args=[run.pk])
    assert "Nikos Pappas" in client(cast.ada).get(url).content.decode()
    assert [str(pk) for pk in AuditEvent.objects.get(action="shadow_run.read").subject_ids] == [pid]
    assert client(cast.bob).get(url).status_code == 404  # it counts a source that he may not see


# ---- pinned queries -----------------------------------------------------------------------------------------------------


def test_pages_ask_the_same_number_of_queries_however_much_there_is(cast: Cast) -> None:
    ada, run, found = client(cast.ada), shadowed(cast), kept(cast)
    pages = {
        "models": address("models"),
        "model": address("model"),
        "evaluation": reverse("matching:evaluation", args=[found.pk]),
        "shadow-run": reverse("matching:shadow-run", args=[run.pk]),
        "publish-model": address("publish-model"),
        "compare-models": address("compare-models"),
    }
    grow(cast, 1, run, found)
    for page in pages.values():
        ada.get(page)  # fills the caches of schema and model
    few = {name: queries(ada, page) for name, page in pages.items()}
    grow(cast, 5, run, found)
    many = {name: queries(ada, page) for name, page in pages.items()}
    assert many == few
    assert max(many.values()) <= 40, many


def grow(cast: Cast, n: int, run: ShadowRun, found: Evaluation) -> None:
    """More versions, evaluations, requests, errors and changes."""
    for number in range(n):
        label = f"v{n}-{number}"
        made = drafts.copy(model=cast.draft, label=label, note="", by=cast.root)
        Evaluation.objects.create(
            model_label=made.label,
            model_digest=made.digest,
            kind="file",
            set_name=label,
            figures=found.figures,
            errors={},
        )
        kept(cast)
        Publication.objects.create(model=made, model_digest=made.digest, reason="r", requested_by=cast.root)
        send(cast.shop, {"id": label, "name": f"Person{n} Family{number}"}, name=f"{label}.jsonl")
        pid, error = str(profile_of(cast.shop, label).id), found.errors["false_negatives"][0]
        run.changes.append({"kind": "apart", "customers": [pid], "records": []})
        run.figures["changes"]["apart"] += 1
        found.errors["false_positives"].append({**error, "left": record(cast.shop, label).id})
    run.save()
    found.save()


def queries(browser: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert browser.get(page).status_code == 200
    return len(seen)

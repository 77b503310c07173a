"""The command and the job that hold a model against labels, on labelled files and on what stewards decided."""

import csv
import gzip
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from matching import evaluation, review
from matching.labels import NotLabelled, from_decisions
from matching.models import Evaluation, MatchModel
from profiles import jobs
from profiles.models import AuditEvent
from tests.cast import Cast, profile_of, record, send
from tests.labelled import DATA

pytestmark = pytest.mark.django_db

ROWS = (
    {"rec_id": "1", "entity_id": "a", "first_name": "Ada", "surname": "Byron", "email": "ada@post.test", "dob": "1984-03-12"},
    {"rec_id": "2", "entity_id": "a", "first_name": "Ada", "surname": "Byron", "email": "ada@post.test", "dob": "1984-03-12"},
    {"rec_id": "3", "entity_id": "b", "first_name": "Kostas", "surname": "Pappas", "email": "kp@post.test", "dob": "1961-01-05"},
    {"rec_id": "4", "entity_id": "b", "first_name": "Konstantin", "surname": "Pappas", "email": "", "dob": "1961-01-05"},
    {"rec_id": "5", "entity_id": "c", "first_name": "Lin", "surname": "Wu", "email": "", "dob": ""},
)  # fmt: skip


@pytest.fixture
def cast() -> Cast:
    return Cast()


def written(path: Path, rows: tuple[dict[str, str], ...] = ROWS, *, packed: bool = False) -> Path:
    text = StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    path.write_bytes(gzip.compress(text.getvalue().encode()) if packed else text.getvalue().encode())
    return path


def said(*arguments: object) -> str:
    out = StringIO()
    call_command("evaluate", *map(str, arguments), stdout=out)
    return out.getvalue()


@pytest.mark.parametrize("packed", [False, True])
def test_a_labelled_file_is_mapped_by_its_header_measured_and_kept(cast: Cast, tmp_path: Path, packed: bool) -> None:
    path = written(tmp_path / ("people.csv.gz" if packed else "people.csv"), packed=packed)
    text = said(path)
    assert "surname -> family_name" in text
    assert "5 records" in text
    kept = Evaluation.objects.get()
    assert (kept.kind, kept.set_name, kept.model_label) == ("file", path.name, "default-1")
    assert kept.figures["true_pairs"] == 2
    assert kept.figures["pairs"]["right"] == 1
    assert [(e["left"], e["right"]) for e in kept.errors["false_negatives"]] == [("3", "4")]
    assert AuditEvent.objects.filter(action="model.evaluated").count() == 1


def test_what_is_kept_holds_no_value_of_a_record(cast: Cast, tmp_path: Path) -> None:
    said(written(tmp_path / "people.csv"))
    kept = Evaluation.objects.get()
    text = json.dumps([kept.figures, kept.errors]).casefold()
    assert not [value for row in ROWS for value in (*list(row.values())[2:],) if value and value.casefold() in text]


def test_figures_can_be_had_as_json_and_without_keeping_them(cast: Cast, tmp_path: Path) -> None:
    found = json.loads(said(written(tmp_path / "people.csv"), "--json", "--no-store", "--name", "people"))
    assert found["set"] == "people"
    assert found["figures"]["joined"]["precision"] == 1.0
    assert not Evaluation.objects.exists()


def test_columns_can_be_mapped_by_hand(cast: Cast, tmp_path: Path) -> None:
    rows = tuple({"rec_id": row["rec_id"], "entity_id": row["entity_id"], "x": row["email"]} for row in ROWS)
    found = json.loads(said(written(tmp_path / "odd.csv", rows), "--map", "x=email", "--json"))
    assert found["figures"]["mapping"] == {"x": "email"}
    email = next(rule for rule in found["figures"]["blocking"] if rule["name"] == "email")
    assert email["found"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "Name a file, or say --steward"),
        (["nowhere.csv"], "There is no file"),
        (["{file}", "--steward"], "Name a file, or say --steward"),
        (["{file}", "--model", "none"], "There is no none. Models: default-1"),
        (["{file}", "--map", "surname"], "COLUMN=FIELD"),
        (["{file}", "--map", "nowhere=email"], "There is no nowhere"),
        (["--steward"], "No decision"),
    ],
)
def test_what_cannot_be_evaluated_says_why(cast: Cast, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    path = written(tmp_path / "people.csv")
    with pytest.raises(CommandError, match=sentence):
        said(*[argument.format(file=path) for argument in arguments])


def test_a_file_without_labels_is_refused(cast: Cast, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="rec_id and entity_id"):
        said(written(tmp_path / "plain.csv", ({"name": "Ada"},)))


def test_the_labelled_set_of_the_tests_is_evaluated_with_suggested_columns(cast: Cast) -> None:
    path = DATA / "febrl3" / "records.csv.gz"
    found = json.loads(said(path, "--json", "--region", "AU", "--date-format", "%Y%m%d"))["figures"]
    assert found["mapping"]["soc_sec_id"] == "national_id"
    assert found["mapping"]["date_of_birth"] == "birth_date"
    assert found["best"]["f1"] >= 0.99
    assert found["joined"]["precision"] >= 0.99


# ---- decisions of stewards ----------------------------------------------------------------------------------------------


@pytest.fixture
def decided(cast: Cast) -> Cast:
    """Two decisions: Ada of both sources is one, the Pappas brothers are not."""
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"}, {"id": "2", "name": "Kostas Pappas", "born": "1961-01-05"})  # fmt: skip
    send(cast.crm, {"id": "8", "name": "A Byron", "zip": "E1 6AN"}, {"id": "9", "name": "Nikos Pappas", "born": "1961-01-05"})  # fmt: skip
    for one, other, verdict in (("1", "8", "same"), ("2", "9", "not_same")):
        ends = profile_of(cast.shop, one).id, profile_of(cast.crm, other).id
        review.compare_decide(left=ends[0], right=ends[1], verdict=verdict, by=cast.ada, reason="seen")
    return cast


def test_decisions_are_labels(decided: Cast) -> None:
    found = evaluation.evaluate_decisions(model=MatchModel.objects.get())
    assert (found.figures["labelled"], found.figures["true_pairs"]) == (2, 1)
    assert found.figures["clusters"] is None
    missed = found.errors["false_negatives"][0]
    assert {missed["left"], missed["right"]} == {record(decided.shop, "1").id, record(decided.crm, "8").id}


def test_a_voided_decision_is_no_label(decided: Cast) -> None:
    from matching import undo

    operation = profile_of(decided.shop, "1").operations.filter(kind="merge").get()
    undo.undo(operation=operation, by=decided.ada, reason="wrong")
    assert from_decisions().truth.same.tolist() == [False]


def test_without_decisions_there_is_nothing_to_evaluate(cast: Cast) -> None:
    with pytest.raises(NotLabelled):
        from_decisions()


def test_the_labels_do_not_cost_more_queries_with_more_decisions(
    decided: Cast, django_assert_num_queries: object
) -> None:
    from_decisions()
    with django_assert_num_queries(4) as seen:
        from_decisions()
    send(decided.shop, {"id": "3", "name": "Lin Wu"})
    send(decided.crm, {"id": "7", "name": "Linda Wu"})
    ends = profile_of(decided.shop, "3").id, profile_of(decided.crm, "7").id
    review.compare_decide(left=ends[0], right=ends[1], verdict="not_same", by=decided.ada, reason="seen")
    with django_assert_num_queries(len(seen)):
        from_decisions()


def test_the_job_evaluates_each_model_once(decided: Cast) -> None:
    job = jobs.enqueue(kind="evaluate_model", args={"models": ["default-1"]})
    jobs.run(job.id)
    job.refresh_from_db()
    assert job.state == "done"
    assert Evaluation.objects.get().kind == "steward"

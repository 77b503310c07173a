"""The pages of full runs: who may open and act, what a reader sees by name, progress, paging, pinned queries."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from matching.fullrun import actions, loading, report
from matching.models import FullRun, FullRunChange, MatchModel
from matching.views import fullruns
from profiles import jobs
from profiles.models import AuditEvent
from tests.cast import Cast
from tests.matching.test_full_runs import halves, publish, receive, run_all, work_off

pytestmark = pytest.mark.django_db
MOST = 40  # queries of the report's page, signing in included


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    receive(cast)
    halves(cast)
    return cast


def client(user: object) -> Client:
    found = Client()
    found.force_login(user)
    return found


def page(user: object, run: FullRun, query: str = "", status: int = 200) -> str:
    answer = client(user).get(reverse("matching:full-run", args=[run.pk]) + query)
    assert answer.status_code == status
    return answer.content.decode()


def test_a_run_from_start_to_undo_on_screen(cast: Cast) -> None:
    root, start = client(cast.root), reverse("matching:full-runs")
    label = MatchModel.objects.get(state="published").label
    assert root.post(start, {"model": "none-such"}).status_code == 422
    assert root.post(start, {"model": label}).status_code == 302
    run = FullRun.objects.get()
    assert "Read the records" in page(cast.root, run)
    assert b"Another full run is under way" in root.post(start, {"model": label}).content
    root.post(reverse("matching:control-full-run", args=[run.pk]), {"act": "cancel"})
    assert "It can go on" in page(cast.root, run).replace("it can", "It can")
    root.post(reverse("matching:control-full-run", args=[run.pk]), {"act": "resume"})
    assert work_off() == []
    assert root.get(reverse("matching:full-run-progress", args=[run.pk]))["HX-Refresh"] == "true"
    found = page(cast.root, run)
    assert "Gareth Hall" not in found and "Waits for a decision" in found and "Undo this run" not in found
    assert root.post(reverse("matching:publish-full-run", args=[run.pk]), {"reason": "right"}).status_code == 302
    assert work_off() == []
    assert "Undo this run" in page(cast.root, run)
    assert root.post(reverse("matching:undo-full-run", args=[run.pk])).status_code == 302
    assert work_off() == []
    assert "It was undone" in page(cast.root, run)
    run.refresh_from_db()
    assert (run.state, run.published_by, run.undone_by) == ("undone", cast.root, cast.root)
    written = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"full_run.published", "full_run.undone"} <= written


def test_stewards_read_the_customers_they_may_see_and_do_not_act(cast: Cast, monkeypatch) -> None:
    run = run_all(cast)
    number = FullRunChange.objects.filter(run=run, kind="merge").count()
    found = page(cast.ada, run)
    assert "more concern customers" not in found and "Discard" not in found and ">Publish</button>" not in found
    read = AuditEvent.objects.filter(action="full_run.read", actor_id=cast.ada.id).get()
    assert len(read.subject_ids) == 2 * min(number, fullruns.PAGE)
    page(cast.bob, run, status=404)  # it counts a source that he may not see
    page(cast.vera, run, status=403)
    for name in ("control", "publish", "undo"):
        assert client(cast.ada).post(reverse(f"matching:{name}-full-run", args=[run.pk])).status_code == 403
    assert client(cast.ada).post(reverse("matching:full-runs"), {"model": run.model_label}).status_code == 403
    assert FullRun.objects.count() == 1
    monkeypatch.setattr(fullruns, "PAGE", 5)
    first = list(FullRunChange.objects.filter(run=run, kind="merge").order_by("id"))
    second = page(cast.ada, run, f"?kind=merge&after={first[4].id}")
    assert str(first[5].customers[0]) in second and str(first[0].customers[0]) not in second


def test_the_pages_ask_the_same_number_of_queries_however_many_changes_there_are(cast: Cast, monkeypatch) -> None:
    run = run_all(cast)
    root, address = client(cast.root), reverse("matching:full-run", args=[run.pk])
    root.get(address)
    asked = []
    for size in (3, 15):
        monkeypatch.setattr(fullruns, "PAGE", size)
        with CaptureQueriesContext(connection) as seen:
            root.get(address)
        asked.append(len(seen))
    assert asked[0] == asked[1] <= MOST
    actions.discard(run=run, by=cast.root)
    assert AuditEvent.objects.filter(action="full_run.discarded").count() == 1
    counted = []
    for _ in range(2):
        again = run_all(cast)
        with CaptureQueriesContext(connection) as seen:
            root.get(reverse("matching:full-runs"))
        counted.append(len(seen))
        actions.discard(run=again, by=cast.root)
    assert counted[0] == counted[1]


def test_what_failed_is_told_and_can_go_on(cast: Cast) -> None:
    run = actions.start(model=MatchModel.objects.get(state="published"), train=False, by=cast.root, parts=1)
    jobs.run(run.job_ids[0])
    run.refresh_from_db()
    FullRun.objects.filter(id=run.id).update(model_digest="0" * 64)
    assert work_off() == ["The draft was edited or discarded in the meantime. Discard the run and start another."]
    assert "Discard the run and start another" in page(cast.root, run)
    publish_address = reverse("matching:publish-full-run", args=[run.pk])
    assert client(cast.root).post(publish_address, {"reason": ""}).status_code == 302
    run.refresh_from_db()
    assert run.state == "running"
    with pytest.raises(actions.FullRunNotAllowed):
        publish(cast, run)
    client(cast.root).post(reverse("matching:control-full-run", args=[run.pk]), {"act": "discard"})
    assert "Nothing was changed" in page(cast.root, run)


def test_a_version_made_for_far_fewer_records_is_named(cast: Cast) -> None:
    run = run_all(cast)
    model = loading.model_of(run)
    assert report.made_for(model.for_population(1_000_000)) == pytest.approx(1_000_000, rel=0.02)
    assert run.figures["made_for"] == report.made_for(model) > run.records
    assert "A version for fewer records" not in page(cast.root, run)
    FullRun.objects.filter(id=run.id).update(records=10 * run.figures["made_for"])
    assert "A version for fewer records" in page(cast.root, run)

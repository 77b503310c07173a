"""Full runs: reported before anything changes, the same in any number of parts, published as reported, undone as one act."""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from matching import brakes, constraints, identity, models_in_force, proposing, review
from matching import undo as undoing
from matching.engine.model import Model
from matching.fullrun import actions, flow, loading, publishing
from matching.models import (
    FullRun,
    FullRunChange,
    FullRunEdge,
    FullRunMember,
    FullRunPiece,
    MatchModel,
    Proposal,
    Relation,
)
from matching.run import resolve_all
from profiles import corrections, jobs
from profiles.models import AuditEvent, IdentityOperation, Job, Membership, Profile, SourceRecord
from tests.cast import Cast, profile_of, record, send, state
from tests.matching.test_resolving import people, twins

COUPLE = (("Ada", "1815-12-10"), ("William", "1805-02-21"))
COUNTED = ("founded", "joined", "merged", "proposals", "splits")


@pytest.fixture
def cast(db: None) -> Cast:
    """Sixty people of the shop, two thirds of them known to the CRM; nothing is resolved."""
    cast = Cast()
    receive(cast)
    return cast


def receive(cast: Cast) -> None:
    doubtful = [
        {"id": f"doubt-{n}", "name": f"{given} Hall", "born": "1971-03-22", "mail": f"one{n}@post.example"}
        for n, given in enumerate(("Gareth", "Jacob", "Simon"))
    ]
    send(cast.shop, *people(60), *doubtful, resolve=False)
    other = [
        {**row, "name": row["name"].replace("Hall", "Hill"), "born": "1971-03-26", "mail": f"another{n}@post.example"}
        for n, row in enumerate(doubtful)
    ]
    home = {"addr": "12 St James's Square", "zip": "SW1Y 4JH", "town": "London", "tel": "020 7946 0001"}
    couple = [
        {"id": f"home-{n}", "name": f"{name} Byron", "born": born, **home} for n, (name, born) in enumerate(COUPLE)
    ]
    send(cast.crm, *twins(people(60))[:40], *other, *couple, resolve=False)


def work_off() -> list[str]:
    """Do every job that waits, those that they queue too; the messages of those that failed."""
    done: list[object] = []
    while waiting := list(Job.objects.filter(state="queued", kind__startswith="full_run").values_list("id", flat=True)):
        for job_id in waiting:
            jobs.run(job_id)
        done += waiting
    return list(Job.objects.filter(id__in=done, state="failed").values_list("message", flat=True))


def run_all(cast: Cast, *, parts: int = 2, train: bool = False) -> FullRun:
    """A run up to its report."""
    loading.forget()
    run = actions.start(model=MatchModel.objects.get(state="published"), train=train, by=cast.root, parts=parts)
    assert work_off() == []
    run.refresh_from_db()
    assert run.state == FullRun.State.REPORTED
    return run


def publish(cast: Cast, run: FullRun) -> FullRun:
    actions.publish(run=run, by=cast.root, reason="looks right", despite_brake=True)
    assert work_off() == []
    run.refresh_from_db()
    assert run.state == FullRun.State.PUBLISHED
    return run


def reported(run: FullRun) -> dict[str, int]:
    return {name: run.figures["counts"].get(name, 0) for name in COUNTED}


def customers() -> set[frozenset[int]]:
    found: dict[object, set[int]] = {}
    for record_id, profile_id in Membership.objects.values_list("record_id", "profile_id"):
        found.setdefault(profile_id, set()).add(record_id)
    return {frozenset(records) for records in found.values()}


def clusters(run: FullRun) -> set[frozenset[int]]:
    found: dict[int, set[int]] = {}
    for record_id, cluster in FullRunMember.objects.filter(run_id=run.id).values_list("record_id", "cluster"):
        found.setdefault(cluster, set()).add(record_id)
    return {frozenset(records) for records in found.values()}


def proposed() -> set[tuple[int, int]]:
    rows = Proposal.objects.awaiting_review().values_list("left_record_id", "right_record_id")
    return {(min(ends), max(ends)) for ends in rows}


def test_what_is_published_is_what_was_reported_and_what_arriving_one_by_one_comes_to(
    fresh_database: Callable[[], None],
) -> None:
    cast = Cast()
    receive(cast)
    resolve_all()
    households = Relation.objects.count()
    expected = names(customers()), {tuple(sorted(map(name, pair))) for pair in proposed()}
    fresh_database()
    cast = Cast()
    receive(cast)
    run = run_all(cast)
    assert not Membership.objects.exists()
    assert not FullRunPiece.objects.exists()
    told, planned = reported(run), names(clusters(run))
    assert told["joined"] > 15 and told["proposals"] >= 3
    publish(cast, run)
    assert run.figures["published"] == told
    assert Relation.objects.count() == run.figures["counts"]["households"] == households > 0
    assert not SourceRecord.objects.filter(state="received").exists()
    found = names(customers()), {tuple(sorted(map(name, pair))) for pair in proposed()}
    assert found == expected
    assert planned == found[0]
    sizes = Counter(len(group) for group in found[0])
    assert {int(size): n for size, n in run.figures["sizes"].items()} == dict(sizes)


def name(record_id: int) -> str:
    found = SourceRecord.objects.select_related("source").get(id=record_id)
    return f"{found.source.key} {found.external_id}"


def names(groups: Iterable[frozenset[int]]) -> set[frozenset[str]]:
    return {frozenset(map(name, group)) for group in groups}


@pytest.mark.django_db
def test_parts_make_the_whole(cast: Cast) -> None:
    outcomes = []
    for parts in (1, 3):
        run = run_all(cast, parts=parts)
        edges = FullRunEdge.objects.filter(run_id=run.id)
        outcomes.append(
            (
                set(edges.values_list("left_record", "right_record", "rule", "weight")),
                {bytes(pattern) for pattern in edges.values_list("pattern", flat=True)},
                clusters(run),
                {name: found for name, found in run.figures.items() if name != "evaluation"},
            )
        )
        actions.discard(run=run, by=cast.root)
    assert outcomes[0] == outcomes[1]
    assert len(outcomes[0][0]) > 40
    assert not FullRunEdge.objects.exists() and not FullRunMember.objects.exists()


def halves(cast: Cast) -> None:
    """Customers that exist apart from each other although their records are the same people's."""
    model = MatchModel.objects.get(state="published")
    content = model.content
    strict = {**content, "label": "strict", "rules": [], "thresholds": {**content["thresholds"], "auto": 0.99999999999}}
    draft = MatchModel.objects.create(label="strict", content=Model.from_json(strict).to_json())
    models_in_force.publish(model=draft, by=None)
    resolve_all()
    models_in_force.publish(model=model, by=None)
    Job.objects.filter(state="queued").delete()


def old_proposal(cast: Cast, one: str, other: str) -> Proposal:
    """A proposal between two customers of the shop that no run would propose."""
    ends = sorted((record(cast.shop, pk) for pk in (one, other)), key=lambda found: found.membership.profile_id)
    homes = {side: found.membership.profile_id for side, found in zip(("left_id", "right_id"), ends, strict=True)}
    found = Proposal.objects.create(
        **homes, left_record=ends[0], right_record=ends[1], probability=0.8, weight=2.0, evidence={}, reasons=[]
    )
    proposing.queue(found)
    return found


@pytest.mark.django_db
def test_a_run_merges_customers_names_them_and_its_undo_gives_everything_back(cast: Cast) -> None:
    halves(cast)
    far, doubted = (old_proposal(cast, *pair) for pair in (("50", "51"), ("52", "53")))
    review.decide(proposal=doubted, verdict="unsure", by=cast.ada)
    before, open_before = state(), proposed()
    links_before = set(Relation.objects.values_list("left_record", "right_record"))
    run = run_all(cast)
    told = reported(run)
    assert told["merged"] > 15 and told["founded"] == told["joined"] == 0
    merges = FullRunChange.objects.filter(run=run, kind="merge")
    assert sum(len(change.customers) - 1 for change in merges) == told["merged"]
    assert merges.visible_to(cast.ada).count() == merges.count()
    assert merges.visible_to(cast.bob).count() == 0  # the other ends are the CRM's
    assert state() == before
    publish(cast, run)
    assert run.figures["published"] == told
    assert Profile.objects.filter(state="merged").count() == told["merged"]
    far.refresh_from_db()
    assert (far.state, far.work_item.state) == ("outdated", "done")
    assert "no longer proposes" in review.already_decided(far)
    doubted.refresh_from_db()
    assert doubted.state == "open"  # a person was unsure
    Relation.objects.create(left_record=far.left_record, right_record=far.right_record, kind="household")
    actions.undo(run=run, by=cast.root)
    assert work_off() == []
    run.refresh_from_db()
    assert (run.state, run.figures["staying"]) == ("undone", 0)
    assert state() == before
    assert proposed() == open_before
    far.refresh_from_db()
    assert (far.state, far.closed_because, far.work_item.state) == ("open", "", "open")
    links = set(Relation.objects.values_list("left_record", "right_record"))
    assert links == links_before | {(far.left_record_id, far.right_record_id)}
    again = run_all(cast)
    assert reported(again)["merged"] == told["merged"]


@pytest.mark.django_db
def test_what_people_did_since_the_report_counts(cast: Cast) -> None:
    halves(cast)
    run = run_all(cast)
    told = reported(run)
    first, second, *_ = list(FullRunChange.objects.filter(run=run, kind="merge"))
    left, right = (Membership.objects.filter(profile_id=pid).get().record_id for pid in first.customers)
    constraints.write(left=[left], right=[right], origin="decision", by=cast.ada)
    identity.merge(survivor=second.customers[0], losers=second.customers[1:], by=cast.ada, reason="seen")
    publish(cast, run)
    assert run.figures["published"]["merged"] == told["merged"] - 2
    later = IdentityOperation.objects.filter(run_id__in=run.job_ids).order_by("id").first()
    home = later.moves.first().to_profile_id
    other = Profile.objects.active().exclude(id=home).first()
    identity.merge(survivor=other.id, losers=[home], by=cast.ada, reason="seen")
    assert undoing.plan_undo(later).extent == "blocked"
    before_last = IdentityOperation.objects.filter(run_id__in=run.job_ids).order_by("-id").first()
    moved = before_last.moves.first().record
    corrections.correct(record=moved, field="city", values=["Ulm"], reason="seen", by=cast.ada)
    assert undoing.plan_undo(before_last).extent == "partial"  # takes a second person
    actions.undo(run=run, by=cast.root)
    work_off()
    run.refresh_from_db()
    assert set(run.figures["stay"]) == {str(later.id), str(before_last.id)}


@pytest.mark.django_db
def test_a_run_goes_on_where_it_was_stopped(cast: Cast) -> None:
    run = actions.start(model=MatchModel.objects.get(), train=True, by=cast.root, parts=2)
    jobs.run(run.job_ids[0])
    run.refresh_from_db()
    done, stopped = run.job_ids[1:]
    jobs.run(done)
    written = FullRunEdge.objects.count()
    with pytest.raises(actions.FullRunNotAllowed, match="Another full run"):
        actions.start(model=MatchModel.objects.get(state="published"), train=False, by=cast.root)
    actions.cancel(run=run, by=cast.root)
    assert work_off() == []
    assert FullRunEdge.objects.count() == written
    actions.resume(run=run, by=cast.root)
    assert work_off() == []
    run.refresh_from_db()
    assert run.state == "reported" and run.model_label == "default-2"
    assert Job.objects.get(id=done).tries == 1 and Job.objects.get(id=stopped).tries == 1
    assert "second person" in actions.why_not_publish(run)
    with pytest.raises(actions.FullRunNotAllowed, match="not in force"):
        actions.publish(run=run, by=cast.root, reason="")
    acts = set(AuditEvent.objects.filter(action__startswith="full_run").values_list("action", flat=True))
    assert acts == {"full_run.started", "full_run.cancelled", "full_run.resumed", "full_run.reported"}


def test_a_worker_that_dies_while_publishing_does_nothing_twice(
    fresh_database: Callable[[], None], monkeypatch
) -> None:
    cast = Cast()
    receive(cast)
    monkeypatch.setattr(publishing, "TOGETHER", 10)
    run = run_all(cast)
    actions.publish(run=run, by=cast.root, reason="")
    run.refresh_from_db()
    first, second = run.job_ids[-2:]
    claim = jobs.claim(first)
    batches = list(publishing.batches_of(run, 0))
    assert len(batches) > 2
    publishing._publish(claim, run, 0, batches[0])
    Job.objects.filter(id=first).update(lease_until="2020-01-01T00:00Z")
    assert jobs.sweep() >= 2
    jobs.run(first)
    jobs.run(second)
    run.refresh_from_db()
    assert run.state == "published"
    assert run.figures["published"] == reported(run)
    with pytest.raises(jobs.LeaseLost):
        publishing._publish(claim, run, 1, batches[1])
    assert flow.is_done(run, "publish", 0)


@pytest.mark.django_db
def test_the_brake_wants_a_word_when_too_many_customers_would_be_merged(cast: Cast, monkeypatch) -> None:
    halves(cast)
    monkeypatch.setattr(brakes, "FROM", 10)
    run = run_all(cast)
    told = reported(run)["merged"]
    assert f"It would merge {told} of" in run.figures["brake"]
    brake = run.run_brake
    assert (brake.state, brake.wanted, brake.merged, len(brake.examples)) == ("on", told, 0, brakes.EXAMPLES)
    with pytest.raises(actions.FullRunNotAllowed, match="expressly"):
        actions.publish(run=run, by=cast.root, reason="")
    publish(cast, run)
    brake.refresh_from_db()
    assert (brake.state, brake.merged, brake.released_by) == ("released", told, cast.root)
    assert brakes.merged_before()[0] == told  # of the last imports and full runs
    assert brakes.merged_before(run_id=run.id) == [0, 0]
    assert profile_of(cast.shop, "1").id == profile_of(cast.crm, "1").id
    assert record(cast.shop, "1").membership.link_class

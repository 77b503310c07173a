"""The first half of a run: read the records, find and weigh pairs, decide who is who. Changes nothing but its tables."""

import time
from collections.abc import Callable

import numpy as np

from matching import drafts
from matching.binary_rows import packed
from matching.engine.bulk import NO_PAIRS, Edges
from matching.engine.candidates import Part
from matching.engine.full import concerned, decide_all, groups, shared_values
from matching.engine.plain import decide_plain
from matching.engine.train import train
from matching.models import FullRun, FullRunChange, FullRunPiece, MatchModel
from matching.run import without_collecting
from profiles import jobs
from profiles.bulk import copying

from . import columns, flow, loading, report
from .tally import Tally

Step = FullRun.Step
SHOW = 2.0  # seconds between two signs of life
TOGETHER = 5_000  # records decided on in one go
COPY_EDGES = (
    "COPY matching_fullrunedge (run_id, left_record, right_record, rule, weight, home, pattern)"
    " FROM STDIN (FORMAT BINARY)"
)
COPY_USAGE = "COPY matching_fullrunusage (run_id, key, held) FROM STDIN (FORMAT BINARY)"
COPY_MEMBERS = 'COPY matching_fullrunmember (run_id, record_id, "group", cluster) FROM STDIN (FORMAT BINARY)'


def run_calculation(claim: jobs.Claim) -> None:
    """The job: one step of a run, or one part of it."""
    run, number = FullRun.objects.get(id=claim.args["full_run"]), claim.args["part"]
    step = claim.args["step"]
    if run.state == FullRun.State.RUNNING and not flow.is_done(run, step, number):
        STEPS[step](claim, run, number)


def _read(claim: jobs.Claim, run: FullRun, number: int) -> None:
    """Read a part of the records; train if asked, then it is all; keep the columns for the parts of the other steps."""
    found = columns.read(number, flow.parts_of(run, Step.READ))
    claim.beat(step="records read")
    model = loading.model_of(run)
    trained = train(loading.prepared(run.id, found, model).run, _label(run)) if run.train else None
    claim.beat(step="trained" if trained else "records read")
    with claim.effect():
        columns.keep(run, found, number)
        last = flow.finish(run.id, Step.READ, number, {"records": len(found)})
        if last is not None:
            row = _draft(last, trained.to_json()) if trained else None
            renamed = {"model_label": row.label, "model_digest": row.digest} if row else {}
            records = sum(part["records"] for part in flow.figures_of(run, Step.READ))
            flow.begin(last, Step.PAIRS, records=records, **renamed)


def _label(run: FullRun) -> str:
    return drafts.next_label(MatchModel.objects.get(label=run.model_label))


def _draft(run: FullRun, content: dict[str, object]) -> MatchModel:
    """The trained model as a draft: it decides nothing before a second person publishes it."""
    based_on = MatchModel.objects.get(label=run.model_label)
    return drafts.create(based_on, str(content["label"]), content, f"Trained by full run {run.id}", run.created_by)


def _find_pairs(claim: jobs.Claim, run: FullRun, number: int) -> None:
    """Weigh the pairs of a part of the keys, and write those worth keeping."""
    loaded = loading.load(run)
    alive = _alive(claim)
    found = [loaded.run.weigh(NO_PAIRS)]
    for chunk in loaded.run.blocking.chunks(Part(number, run.parts)):
        found.append(loaded.run.weigh(chunk))
        alive()
    edges = Edges.of(found)
    with claim.effect():
        _write_edges(run, edges, loaded.record_id)
        figures: dict[str, object] = {"pairs": len(edges)}
        if number == 0:
            figures["oversize"] = report.oversize(loaded.run)
            FullRun.objects.filter(id=run.id).update(profiles=len(loaded.profiles))
        last = flow.finish(run.id, Step.PAIRS, number, figures)
        if last is not None:
            flow.begin(last, Step.DECIDE)


def _write_edges(run: FullRun, edges: Edges, record_id: np.ndarray) -> None:
    rows = {
        "run": np.full(len(edges), run.id, np.int64),
        "left": record_id[edges.left],
        "right": record_id[edges.right],
        "rule": edges.found_by,
        "weight": edges.weight,
        "home": edges.home,
        "pattern": edges.levels.view(np.uint8),
    }
    with copying(COPY_EDGES) as copy:
        copy.write(packed(rows))


def _write_usage(run: FullRun, loaded: loading.Loaded) -> None:
    """How many hold each value that several share: publication counts as the report did."""
    keys, held = shared_values(loaded.run)
    with copying(COPY_USAGE) as copy:
        copy.write(packed({"run": np.full(len(keys), run.id, np.int64), "key": keys, "held": held}))


def _decide(claim: jobs.Claim, run: FullRun, number: int) -> None:
    """Decide on a part of the groups, and write who would become whom and what would change."""
    loaded, alive = loading.load(run), _alive(claim)
    found, world = loading.written(run, loaded.run.model), loading.world_of(loaded)
    expected = sum(part["pairs"] for part in flow.figures_of(run, Step.PAIRS))
    if found.edges != expected:
        raise jobs.JobFailed("Pairs of this run are gone. Discard it and start another.")
    pairs, asked_before = found.same.by_row(loaded.record_id), bool(world.cannot_links)
    group = groups(loaded.run, pairs, world)
    tally = Tally(loaded, group, asked_before)
    part = (number, run.parts)
    plain = decide_plain(loaded.run, group, pairs, world, *part)
    tally.add_plain(plain)
    without = np.zeros(len(group), np.bool_)
    without[plain.rows] = True
    alive()
    with without_collecting():
        for decided in decide_all(
            loaded.run, pairs, world, TOGETHER, part, group, brief=not asked_before, without=without
        ):
            tally.add(decided)
            alive()
    tally.add_untouched(concerned(group, pairs, world), *part)
    tally.add_homes(found.homes.by_row(loaded.record_id), *part)
    figures = tally.figures()
    with claim.effect():
        if number == 0:
            _write_usage(run, loaded)
        with copying(COPY_MEMBERS) as copy:
            copy.write(packed(tally.members(run.id)))
        FullRunChange.objects.bulk_create(tally.changes(run), batch_size=5_000)
        last = flow.finish(run.id, Step.DECIDE, number, figures)
        if last is not None:
            flow.begin(last, Step.REPORT)
    if not flow.is_waiting(run):
        loading.forget()


def _report(claim: jobs.Claim, run: FullRun, number: int) -> None:
    """Put the figures together; the columns have done their duty."""
    figures = report.of_run(run)
    with claim.effect():
        evaluation = report.evaluated(run)
        last = flow.finish(run.id, Step.REPORT, number, {})
        if last is not None:
            FullRunPiece.objects.filter(run=last).delete()
            report.submit(last, {**figures, "evaluation": evaluation})


def _alive(claim: jobs.Claim) -> Callable[[], None]:
    """A sign of life that is given every other second at most."""
    shown = [time.monotonic()]

    def beat() -> None:
        if time.monotonic() - shown[0] > SHOW:
            shown[0] = time.monotonic()
            claim.beat()

    return beat


STEPS: dict[str, Callable[[jobs.Claim, FullRun, int], None]] = {
    Step.READ: _read,
    Step.PAIRS: _find_pairs,
    Step.DECIDE: _decide,
    Step.REPORT: _report,
}

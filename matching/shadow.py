"""Shadow runs: two models over the same bounded sample of live records and the same open proposals. Changes nothing."""

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np
from django.db import transaction
from django.db.models import Max, Min
from django.utils import timezone

from profiles import audit, jobs, schema
from profiles.models import Mark, Membership, SourceRecord, User
from profiles.models.identity import LinkClass
from profiles.models.mark import kinds_that_stop

from . import constraints, evaluation, models_in_force
from .blocking import find_candidates
from .engine.candidates import pairs_within
from .engine.encode import encode
from .engine.keys import block_keys
from .engine.measure import judged_pairs, part_of, resolve_from_scratch
from .engine.model import Model
from .engine.resolve import resolve
from .engine.types import Outcome, RecordInput, Situation, Table
from .labels import NotLabelled, usage_of
from .models import MatchModel, Proposal, ShadowRun
from .reading import inputs

SEEDS, STEP = 1_000, 100  # records that the sample begins with, and how many of them at a time
RECORDS = 4_000  # of the whole sample, neighbours and their customers included
OPEN_PROPOSALS = 2_000
LISTED = 100  # changes of each kind that are kept by id

Change = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Sample:
    """Live records in order of id, each with its customer as it is now."""

    rows: list[RecordInput]
    homes: Mapping[int, UUID]

    @property
    def customers(self) -> list[UUID]:
        """The customers of the sample, in order."""
        return sorted(set(self.homes.values()))


@dataclass(frozen=True, slots=True)
class Outlook:
    """What one model would do with a sample.

    Sets of customers it would merge, records it would propose to split off, pairs of customers it would propose to
    merge, customers whose records it would not join again if it began from scratch.
    """

    merges: frozenset[frozenset[UUID]]
    splits: frozenset[int]
    proposals: frozenset[frozenset[UUID]]
    apart: frozenset[UUID]

    @property
    def counts(self) -> dict[str, int]:
        """How many of each."""
        return {name: len(getattr(self, name)) for name in ("merges", "splits", "proposals", "apart")}


@transaction.atomic
def start(*, model: MatchModel, against: MatchModel, by: User) -> ShadowRun:
    """Queue a shadow run of a model beside another one."""
    run = ShadowRun(model_label=model.label, model_digest=model.digest, against_label=against.label, created_by=by)
    run.job_id = UUID(int=0)
    run.save(force_insert=True)
    run.job_id = jobs.enqueue(kind="shadow_run", args={"shadow_run": run.id}).id
    run.save(update_fields=["job_id"])
    audit.record("model.shadow_run", obj=run, detail={"label": model.label, "against": against.label})
    return run


def run_shadow(claim: jobs.Claim) -> None:
    """The job: evaluate both on decisions, then compare them on live records. Changes nothing but its own report."""
    run = ShadowRun.objects.get(id=claim.args["shadow_run"])
    rows = {row.label: row for row in MatchModel.objects.filter(label__in=[run.model_label, run.against_label])}
    model, against = rows.get(run.model_label), rows.get(run.against_label)
    if model is None or against is None or model.digest != run.model_digest:
        raise jobs.JobFailed("The draft was edited or discarded in the meantime. Start another shadow run.")
    for number, row in enumerate((model, against)):
        if claim.done_step(number) is None:
            _evaluate(claim, number, row, run.created_by)
    claim.beat(step="live records")
    found = compare(Model.from_json(against.content), Model.from_json(model.content), seed=run.id)
    with claim.effect():
        ShadowRun.objects.filter(id=run.id).update(**found, finished_at=timezone.now())


def _evaluate(claim: jobs.Claim, number: int, row: MatchModel, by: User | None) -> None:
    try:
        found = evaluation.evaluate_decisions(model=row)
    except NotLabelled:
        return
    with claim.effect():
        claim.finish_step(number, evaluation=evaluation.keep(evaluation=found, by=by).id)


def compare(before: Model, after: Model, *, seed: int) -> dict[str, Any]:
    """Figures and changes of two models on a sample and on the open proposals. About 30 queries."""
    drawn = sample(before.block_caps, seed)
    first, second = outlook(drawn, before), outlook(drawn, after)
    counts, rejudged = _rejudged(before, after)
    changes = {**_changes(drawn, first, second), "open": rejudged}
    figures = {
        "customers": len(drawn.customers),
        "before": first.counts,
        "after": second.counts,
        "open": counts,
        "changes": {kind: len(found) for kind, found in changes.items()},
    }
    listed = [change for found in changes.values() for change in found[:LISTED]]
    return {"records": len(drawn.rows), "figures": figures, "changes": listed}


# ---- the sample ---------------------------------------------------------------------------------------------------------


def sample(caps: Mapping[int, int], seed: int) -> Sample:
    """Records drawn at random with all that share a key with them, and whole customers. 2 queries per step of seeds."""
    homes: dict[int, UUID] = {}
    seeds = _seeds(random.Random(seed))
    for start in range(0, len(seeds), STEP):
        if len(homes) >= RECORDS:
            break
        homes |= _neighbourhood(seeds[start : start + STEP], caps)
    rows = inputs(sorted(homes))
    return Sample(rows, {row.record_id: homes[row.record_id] for row in rows})


def _seeds(rng: random.Random) -> list[int]:
    """Resolved records at random, by drawing ids and leaving out those that are none. 2 queries."""
    resolved = SourceRecord.objects.filter(state=SourceRecord.State.RESOLVED)
    ends = resolved.aggregate(low=Min("id"), high=Max("id"))
    if ends["low"] is None:
        return []
    span = range(ends["low"], ends["high"] + 1)
    drawn = rng.sample(span, min(len(span), SEEDS * 4))
    found = set(resolved.filter(id__in=drawn).values_list("id", flat=True))
    return [pk for pk in drawn if pk in found][:SEEDS]


def _neighbourhood(record_ids: Sequence[int], caps: Mapping[int, int]) -> dict[int, UUID]:
    near = {pk for pair in find_candidates(record_ids, caps) for pk in (pair.left, pair.right)} | set(record_ids)
    profiles = Membership.objects.filter(record_id__in=near).values("profile_id")
    return dict(Membership.objects.filter(profile_id__in=profiles).values_list("record_id", "profile_id"))


# ---- what a model would do ----------------------------------------------------------------------------------------------


def outlook(drawn: Sample, model: Model) -> Outlook:
    """What a model would do with a sample, with marks, cannot-links and verified customers as they are. 5 queries."""
    table = encode(drawn.rows, model, models_in_force.blocked_values(schema.published()))
    usage, verified = usage_of(table, model), _verified(drawn.customers)
    plan = resolve(_situation(drawn, table, model, usage, verified), model)
    customers, home = drawn.customers, [drawn.homes[row.record_id] for row in drawn.rows]
    part = part_of(resolve_from_scratch(table, model, usage), len(table))
    return Outlook(
        merges=frozenset(
            frozenset(customers[p] for p in found.profiles) for found in plan.components if len(found.profiles) > 1
        ),
        splits=frozenset(drawn.rows[found.record].record_id for found in plan.fractures),
        proposals=frozenset(frozenset({home[found.left], home[found.right]}) for found in plan.proposals),
        apart=frozenset(_apart(home, part.tolist())) - verified,
    )


def _situation(
    drawn: Sample, table: Table, model: Model, usage: Mapping[int, int], verified: Collection[UUID]
) -> Situation:
    """Everything as it is now, each record looked at as if it had just changed."""
    place = {profile_id: number for number, profile_id in enumerate(drawn.customers)}
    row_of = {row.record_id: number for number, row in enumerate(drawn.rows)}
    pairs = pairs_within(block_keys(table, model), model.block_caps)
    stops = Mark.objects.filter(record_id__in=row_of, kind__in=kinds_that_stop("auto"), until__isnull=True)
    return Situation(
        table=table,
        profile_of=np.array([place[drawn.homes[row.record_id]] for row in drawn.rows], np.int64),
        fresh=np.ones(len(table), np.bool_),
        left=pairs.left,
        right=pairs.right,
        found_by=pairs.rule,
        usage=usage,
        cannot_links=[
            (frozenset(row_of[pk] for pk in left), frozenset(row_of[pk] for pk in right))
            for left, right in constraints.touching(row_of)
        ],
        verified_profiles=frozenset(place[profile_id] for profile_id in verified),
        no_auto_records=frozenset(row_of[pk] for pk in stops.values_list("record_id", flat=True)),
    )


def _verified(customers: Collection[UUID]) -> frozenset[UUID]:
    rows = Membership.objects.filter(profile_id__in=customers, link_class=LinkClass.VERIFIED)
    return frozenset(rows.values_list("profile_id", flat=True))


def _apart(home: Sequence[UUID], part: Sequence[int]) -> set[UUID]:
    """Customers whose records are in several parts."""
    parts: dict[UUID, set[int]] = {}
    for profile_id, number in zip(home, part, strict=True):
        parts.setdefault(profile_id, set()).add(number)
    return {profile_id for profile_id, numbers in parts.items() if len(numbers) > 1}


# ---- what would differ --------------------------------------------------------------------------------------------------


def _changes(drawn: Sample, before: Outlook, after: Outlook) -> dict[str, list[Change]]:
    """What the second model would do and the first would not, and the other way round, by kind."""
    splits = sorted(after.splits - before.splits)
    return {
        "merge": _of_customers("merge", after.merges - before.merges),
        "no_merge": _of_customers("no_merge", before.merges - after.merges),
        "split": [{"kind": "split", "customers": [str(drawn.homes[pk])], "records": [pk]} for pk in splits],
        "apart": _of_customers("apart", [frozenset({pid}) for pid in after.apart - before.apart]),
        "together": _of_customers("together", [frozenset({pid}) for pid in before.apart - after.apart]),
        "propose": _of_customers("propose", after.proposals - before.proposals),
        "no_propose": _of_customers("no_propose", before.proposals - after.proposals),
    }


def _of_customers(kind: str, sets: Collection[frozenset[UUID]]) -> list[Change]:
    ordered = sorted(sorted(map(str, found)) for found in sets)
    return [{"kind": kind, "customers": found, "records": []} for found in ordered]


def _rejudged(before: Model, after: Model) -> tuple[dict[str, Any], list[Change]]:
    """Open proposals judged by both models: how many each would decide, and those that they judge differently."""
    pairs = _open_proposals()
    rows = inputs({pk for pair in pairs for pk in pair[:2]})
    row_of = {row.record_id: number for number, row in enumerate(rows)}
    known = [pair for pair in pairs if pair[0] in row_of and pair[1] in row_of]
    if not known:
        return {}, []
    ends = np.sort(np.array([[row_of[pair[0]], row_of[pair[1]]] for pair in known], np.int64), axis=1)
    first, second = (_outcomes(rows, ends, model) for model in (before, after))
    changes = [
        {
            "kind": "open",
            "customers": [str(pair[2]), str(pair[3])],
            "records": list(pair[:2]),
            "before": one,
            "after": two,
        }
        for pair, one, two in zip(known, first, second, strict=True)
        if one != two
    ]
    names = [outcome.name.lower() for outcome in Outcome]
    counted = {
        side: {name: found.count(name) for name in names} for side, found in (("before", first), ("after", second))
    }
    return {"pairs": len(known), **counted}, changes


def _open_proposals() -> list[tuple[int, int, UUID, UUID]]:
    """Open proposals to merge, most probable first: pairs of records with their customers. 1 query."""
    rows = Proposal.objects.awaiting_review().filter(kind=Proposal.Kind.MERGE).order_by("-probability", "id")
    return list(rows.values_list("left_record_id", "right_record_id", "left_id", "right_id")[:OPEN_PROPOSALS])


def _outcomes(rows: Sequence[RecordInput], ends: np.ndarray, model: Model) -> list[str]:
    table = encode(rows, model, models_in_force.blocked_values(schema.published()))
    judged = judged_pairs(table, ends[:, 0], ends[:, 1], model, usage_of(table, model))
    return [Outcome(outcome).name.lower() for outcome in judged.verdicts.outcome.tolist()]

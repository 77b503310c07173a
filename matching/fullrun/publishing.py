"""The second half of a run: what it decided is carried out, a batch of whole groups in each transaction.

Each batch is read and decided anew under its locks, with the candidates that the run has found: what people decided and
what arrived since the report counts. Batches of several workers run beside each other, but not beside resolving.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

import numpy as np
from django.db import connection
from django.utils import timezone

from matching import models_in_force, picture
from matching.binary_rows import unpacked
from matching.blocking import Found
from matching.engine.full import batches
from matching.engine.resolve import resolve
from matching.engine.types import Ints, Plan, Table
from matching.locks import RESOLVE_LOCK, atomic_with_retry, lock_homes, wait_patiently
from matching.models import FullRun, FullRunMember, Proposal, Relation, RunBrake
from matching.outcome import carry_out
from matching.picture import Picture
from matching.reading import Stored, read_records
from matching.stretches import read_numbers
from profiles import jobs, schema
from profiles.bulk import array, as_json, copied, do_not_wait_for_disk, texts
from profiles.collecting import without_collecting

from . import flow, outdating
from .loading import Pairs, bounds_of_run, written

Step = FullRun.Step
TOGETHER = 2_000  # records in a transaction
RELATED = 10_000  # pairs in a statement
RELATE = """
INSERT INTO matching_relation (left_record_id, right_record_id, kind, pattern, model_label, run_id, created_at)
SELECT u.l, u.r, %s, u.p::jsonb, %s, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS u(l, r, p)
JOIN profiles_sourcerecord a ON a.id = u.l AND a.state = 'resolved'
JOIN profiles_sourcerecord b ON b.id = u.r AND b.state IN ('received', 'resolved')
LEFT JOIN profiles_membership m ON m.record_id = u.l LEFT JOIN profiles_membership n ON n.record_id = u.r
WHERE m.profile_id IS DISTINCT FROM n.profile_id ORDER BY u.l, u.r ON CONFLICT DO NOTHING
"""
USAGE = "COPY (SELECT key, held FROM matching_fullrunusage WHERE run_id = {}) TO STDOUT (FORMAT BINARY)"
MEMBERS = (
    'SELECT record_id, "group" AS grouped FROM matching_fullrunmember WHERE run_id = {run} AND record_id {{inside}}'
    " ORDER BY record_id"
)


@dataclass(frozen=True, slots=True)
class Batch:
    """Records of whole groups, and the pairs among them."""

    record_ids: list[int]
    pairs: list[Found]
    usage: "Counted"


@dataclass(frozen=True, slots=True)
class Counted:
    """How many hold each value that several share, as the run counted it: keys in order."""

    keys: Ints
    held: Ints

    def of(self, wanted: Sequence[int]) -> dict[int, int]:
        """Those of these keys that are known."""
        asked = np.array(wanted, np.int64)
        place = np.minimum(np.searchsorted(self.keys, asked), max(0, len(self.keys) - 1))
        known = self.keys[place] == asked if len(self.keys) else np.zeros(len(asked), np.bool_)
        return dict(zip(asked[known].tolist(), self.held[place[known]].tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class _Engine(picture.Engine):
    """The engine with the run's counts: what is joined in one batch does not change what is joined in the next."""

    counted: Counted

    def usage(self, table: Table, above: int = 1) -> dict[int, int]:
        """How many hold the values that two records of the table share. No query."""
        return self.counted.of(picture.shared_keys(table, self.model, above))


def run_publication(claim: jobs.Claim) -> None:
    """The job: the groups of one part, batch by batch; each is a step."""
    run, number = FullRun.objects.get(id=claim.args["full_run"]), claim.args["part"]
    if run.state != FullRun.State.PUBLISHING or flow.is_done(run, Step.PUBLISH, number):
        return
    totals = dict.fromkeys(COUNTED, 0)
    for n, batch in enumerate(batches_of(run, number)):
        done = claim.done_step(n)
        if done is None:
            done = _publish(claim, run, n, batch)
            claim.beat(batch=n + 1)
        totals = {name: totals[name] + done[name] for name in COUNTED}
    _relate(claim, run, number)
    with claim.effect():
        last = flow.finish(run.id, Step.PUBLISH, number, totals)
        if last is not None:
            _close(last)


def batches_of(run: FullRun, number: int) -> Iterator[Batch]:
    """The batches of a part, the same each time. 3 COPY."""
    found = unpacked(copied(USAGE.format(int(run.id))), [("key", "i8"), ("held", "i4")])
    order = np.argsort(found["key"])
    usage = Counted(found["key"][order], found["held"][order])
    members = _members(run)
    looked_at = sum(part["counts"]["looked_at"] for part in flow.figures_of(run, Step.DECIDE))
    if len(members["record"]) != looked_at:
        raise jobs.JobFailed("What this run has decided is gone. Start another.")
    own = members["group"] % run.parts == number
    record, group = members["record"][own], members["group"][own]
    edges = _by_group(written(run, models_in_force.published()).same, record, group)
    for rows in batches(np.lexsort((record, group)), group, TOGETHER):
        yield Batch(record[rows].tolist(), edges(group[rows[0]], group[rows[-1]]), usage)


def _members(run: FullRun) -> dict[str, Ints]:
    """Records with their groups. 1 COPY."""
    bounds = bounds_of_run(FullRunMember, "record_id", run)
    found = read_numbers({"record_id": "i8", "grouped": "i8"}, MEMBERS.format(run=int(run.id)), bounds)
    return {"record": found["record_id"], "group": found["grouped"]}


class _by_group:
    """Pairs between groups of these bounds, as they are asked for."""

    def __init__(self, pairs: Pairs, record: Ints, group: Ints) -> None:
        by_id = np.argsort(record)
        place = np.minimum(np.searchsorted(record[by_id], pairs.left), max(0, len(record) - 1))
        mine = np.flatnonzero(record[by_id][place] == pairs.left) if len(record) else np.zeros(0, np.int64)
        groups = group[by_id][place[mine]]
        order = np.argsort(groups, kind="stable")
        self.groups, self.order, self.pairs = groups[order], mine[order], pairs

    def __call__(self, low: int, high: int) -> list[Found]:
        places = self.order[np.searchsorted(self.groups, low) : np.searchsorted(self.groups, high, "right")]
        ends = (self.pairs.left[places], self.pairs.right[places], self.pairs.found_by[places])
        return [Found(*found) for found in zip(*(side.tolist() for side in ends), strict=True)]


@atomic_with_retry
def _publish(claim: jobs.Claim, run: FullRun, n: int, batch: Batch) -> dict[str, int]:
    """One batch in one transaction. What a crash takes back, its step with it, is done again."""
    with claim.effect(), without_collecting():
        do_not_wait_for_disk()
        if models_in_force.published().label != run.model_label:
            raise jobs.JobFailed("Another version was put in force meanwhile; the rest was not published.")
        counts = publish_batch(run, batch)
        claim.finish_step(n, **counts)
        return counts


def publish_batch(run: FullRun, batch: Batch) -> dict[str, int]:
    """Carry a batch out, in the caller's transaction; what it came to."""
    wait_patiently()
    claimed = _claim(batch.record_ids)
    _lock_beside_others()
    lock_homes(batch.record_ids)
    found = _look(batch, claimed)
    wanted = set[tuple[UUID, UUID]]()
    if found.fresh or any(getattr(found.plan, name) for name in Plan.__dataclass_fields__):
        wanted = carry_out(found, beside_others=True)
    outdating.close_decided(run, found, wanted)
    return _counts(found)


def _claim(record_ids: Sequence[int]) -> set[int]:
    """Lock those that wait, for this transaction; those that others resolve right now are left to them. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM profiles_sourcerecord WHERE id = ANY(%s::bigint[]) AND state = 'received' ORDER BY id"
            " FOR NO KEY UPDATE SKIP LOCKED",
            [array(record_ids)],
        )
        return {row[0] for row in cursor.fetchall()}


def _lock_beside_others() -> None:
    """The lock of resolution, shared: groups of a run do not touch, so its batches need not wait for each other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [RESOLVE_LOCK])


def _look(batch: Batch, claimed: Collection[int]) -> Picture:
    """The picture of a batch whose customers are locked. About 10 queries."""
    version = schema.published()
    model, now = models_in_force.with_sources(models_in_force.published(), version), picture.world()
    near = read_records(batch.record_ids)
    customers = picture.customers_of({row.profile_id for row in near if row.profile_id})
    own = {row.record_id: row for row in near if row.record_id in claimed}
    again = set(claimed)
    for customer in customers.values():
        live = [row for row in customer.records if row.is_live]
        own |= {row.record_id: row for row in live}
        again |= _again(live, customer.is_verified)
    rows = [own[record_id] for record_id in sorted(own)]
    situation = _Engine(model, version, batch.usage).situation(rows, again, customers, batch.pairs)
    fresh = tuple(place for place, row in enumerate(rows) if row.record_id in claimed)
    numbers, plan = situation.profile_of.tolist(), resolve(situation, model)
    return Picture(now, version, model, rows, fresh, sorted(customers), numbers, customers, plan)


def _again(live: Sequence[Stored], is_verified: bool) -> set[int]:
    """Records looked at as if they had just changed: of customers of several that no person confirmed."""
    return set() if is_verified or len(live) < 2 else {row.record_id for row in live}


COUNTED = ("founded", "joined", "merged")


def _relate(claim: jobs.Claim, run: FullRun, number: int) -> None:
    """Household links between different customers, those of a part; known ones stay. A statement per 10,000 pairs."""
    model = models_in_force.published()
    homes = written(run, model).homes
    homes = homes.some(homes.left % run.parts == number)
    patterns, place = np.unique(homes.pattern, axis=0, return_inverse=True)
    told = [as_json(model.named_levels(pattern)) for pattern in patterns.tolist()]
    rows = zip(homes.left.tolist(), homes.right.tolist(), place.ravel().tolist(), strict=True)
    while some := list(islice(rows, RELATED)):
        _relate_some(claim, some, told, model.label)
        claim.beat()


@atomic_with_retry
def _relate_some(claim: jobs.Claim, some: Sequence[tuple[int, int, int]], told: Sequence[str], label: str) -> None:
    ends = (array(left for left, _, _ in some), array(right for _, right, _ in some))
    with claim.effect(), connection.cursor() as cursor:
        do_not_wait_for_disk()
        cursor.execute(
            RELATE,
            [Relation.Kind.HOUSEHOLD, label, claim.job_id, timezone.now(), *ends, texts(told[n] for *_, n in some)],
        )


def _counts(found: Picture) -> dict[str, int]:
    components = found.plan.components
    return {
        "founded": sum(not one.profiles for one in components),
        "joined": sum(len(one.records) - (not one.profiles) for one in components),
        "merged": sum(max(0, len(one.profiles) - 1) for one in components),
    }


def _close(run: FullRun) -> None:
    """Everything is published. Caller is in the effect and holds the run's row."""
    done = dict.fromkeys(COUNTED, 0)
    for part in flow.figures_of(run, Step.PUBLISH):
        done = {name: done[name] + part[name] for name in COUNTED}
    outdating.close_unconnected(run)
    RunBrake.objects.filter(full_run=run).update(merged=done["merged"])
    written = Proposal.objects.filter(run_id__in=job_ids(run))
    for name, kind in (("proposals", Proposal.Kind.MERGE), ("splits", Proposal.Kind.SPLIT)):
        done[name] = written.filter(kind=kind).count()
    run.figures, run.state = {**run.figures, "published": done}, FullRun.State.PUBLISHED
    run.save(update_fields=["figures", "state"])


def job_ids(run: FullRun) -> list[object]:
    """The jobs that published a run. 1 query."""
    return list(run.run_parts.filter(step=Step.PUBLISH).values_list("job_id", flat=True))

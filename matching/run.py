"""The shell around the engine: reads what waits, lets the pure engine decide, and carries its plan out.

The same for ten records, an import or a nightly run. Keys are visible from receive on; the plan is applied under one
short lock, after looking up what was resolved since it was read, so two workers cannot both miss the same new person.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np
from django.db import connection
from django.db.models import Max, Q

from profiles import audit, golden, jobs, schema, work
from profiles.models import Mark, Membership, SourceRecord
from profiles.models.identity import LinkClass
from profiles.models.mark import kinds_that_stop

from . import constraints, identity, models_in_force, proposals, proposing, review
from .blocking import Found, count_usage, find_candidates, inputs
from .engine import explain
from .engine.encode import encode
from .engine.keys import value_keys
from .engine.model import Model
from .engine.resolve import resolve
from .engine.types import Component, Evidence, Fracture, Plan, RecordInput, Situation
from .engine.types import Proposal as Proposed
from .evidence import fingerprint
from .locks import atomic_with_retry, lock_homes, lock_resolution, lock_waiting
from .models import Proposal, Relation

BATCH = 500


@dataclass(slots=True)
class Picture:
    """What was read for one batch: records in row order, their profiles, and the engine's plan."""

    rows: list[RecordInput]
    fresh: list[int]
    profiles: list[UUID]
    profile_of: np.ndarray
    plan: Plan
    model: Model
    read_seq: int
    found: list[Found]


def run_resolve(claim: jobs.Claim) -> None:
    """The resolve job: batches of what waits, oldest first, until nothing waits."""
    total = 0
    while ids := waiting(BATCH):
        _resolve_claimed(claim, ids)
        total += len(ids)
        claim.beat(resolved=total, waiting=SourceRecord.objects.filter(state=SourceRecord.State.RECEIVED).count())


@atomic_with_retry
def _resolve_claimed(claim: jobs.Claim, record_ids: Sequence[int]) -> None:
    with claim.effect():
        resolve_batch(record_ids)


def waiting(limit: int) -> list[int]:
    """The oldest records that wait to be resolved. 1 query."""
    rows = SourceRecord.objects.filter(state=SourceRecord.State.RECEIVED).order_by("id")
    return list(rows.values_list("id", flat=True)[:limit])


@atomic_with_retry
def resolve_batch(record_ids: Sequence[int]) -> None:
    """Resolve records in one transaction, or as a part of the caller's. A fixed number of queries per batch, plus a few per merge."""
    still = lock_waiting(record_ids)
    if not still:
        return
    read_seq = SourceRecord.objects.aggregate(newest=Max("resolve_seq"))["newest"] or 0
    model = models_in_force.published()
    found = find_candidates(still, model.limits.block)
    lock_resolution()
    later = find_candidates(still, model.limits.block, resolved_after=read_seq)
    carry_out(look(still, [*found, *later], model, read_seq))


def look(record_ids: Sequence[int], found: Sequence[Found], model: Model, read_seq: int) -> Picture:
    """Read everything the engine needs for these records and let it decide. About 10 queries."""
    fresh = set(record_ids)
    pairs = {(min(f.left, f.right), max(f.left, f.right)): f.rule for f in found if f.left in fresh}
    pairs = {ids: rule for ids, rule in pairs.items() if _settled(ids, fresh)}
    near = {pk for ids in pairs for pk in ids} | fresh
    homes = lock_homes(near)
    near = {pk for pk in near if pk in fresh or pk in homes}  # records of another batch wait for their own turn
    for pk, profile_id in Membership.objects.filter(profile_id__in=set(homes.values())).values_list(
        "record_id", "profile_id"
    ):
        homes[pk] = profile_id
        near.add(pk)
    version = schema.published()
    rows = inputs(near)
    plan_input = _situation(rows, fresh, homes, pairs, model, version)
    profiles, situation = plan_input
    return Picture(
        rows, sorted(fresh), profiles, situation.profile_of, resolve(situation, model), model, read_seq, list(found)
    )


def _settled(ids: tuple[int, int], fresh: set[int]) -> bool:
    return ids[0] in fresh or ids[1] in fresh


def _situation(
    rows: list[RecordInput],
    fresh: set[int],
    homes: dict[int, UUID],
    pairs: dict[tuple[int, int], int],
    model: Model,
    version: schema.Schema,
) -> tuple[list[UUID], Situation]:
    """The engine's picture of the world: columns and row numbers instead of ids."""
    row_of = {row.record_id: i for i, row in enumerate(rows)}
    profiles = sorted({homes[row.record_id] for row in rows if row.record_id in homes})
    index_of = {profile_id: i for i, profile_id in enumerate(profiles)}
    known = sorted((row_of[a], row_of[b], rule) for (a, b), rule in pairs.items() if a in row_of and b in row_of)
    table = encode(rows, model, models_in_force.blocked_values(version))
    shared = [rule.number for rule in model.blocking if rule.value_of]
    usage = count_usage(set(value_keys(table, model).key.tolist()), shared)
    verified = Membership.objects.filter(profile_id__in=profiles, link_class=LinkClass.VERIFIED)
    place = _places(rows, homes)
    marked = set(
        Mark.objects.filter(record_id__in=place, kind__in=kinds_that_stop("auto"), until__isnull=True).values_list(
            "record_id", flat=True
        )
    )
    return profiles, Situation(
        table=table,
        profile_of=np.array([index_of.get(homes.get(row.record_id), -1) for row in rows], np.int64),
        fresh=np.array([row.record_id in fresh for row in rows], np.bool_),
        left=np.array([a for a, _, _ in known], np.int64),
        right=np.array([b for _, b, _ in known], np.int64),
        found_by=np.array([rule for _, _, rule in known], np.int16),
        usage=usage,
        cannot_links=[
            (frozenset(place[pk] for pk in left), frozenset(place[pk] for pk in right))
            for left, right in constraints.touching(place)
        ],
        verified_profiles=frozenset(index_of[pid] for pid in verified.values_list("profile_id", flat=True).distinct()),
        no_auto_records=frozenset(place[pk] for pk in marked),
    )


def _places(rows: Sequence[RecordInput], homes: Mapping[int, UUID]) -> dict[int, int]:
    """Record → its row; a withdrawn one, which has none, is spoken for by the first row of its profile."""
    place = {row.record_id: i for i, row in enumerate(rows)}
    first: dict[UUID, int] = {}
    for row in rows:
        if row.record_id in homes:
            first.setdefault(homes[row.record_id], place[row.record_id])
    return {**{pk: first[pid] for pk, pid in homes.items() if pid in first}, **place}


# ---- carrying the plan out ---------------------------------------------------------------------------------------------


def carry_out(picture: Picture) -> None:
    """Found, join, merge, propose, relate: everything of a plan in the caller's transaction."""
    homes = {
        picture.rows[i].record_id: picture.profiles[p] for i, p in enumerate(picture.profile_of.tolist()) if p >= 0
    }
    founded, joined, merged = _apply_components(picture, homes)
    _mark_resolved(picture)
    touched = {homes[pk] for pk in picture.fresh if pk in homes} | {pid for pair in merged.items() for pid in pair}
    golden.rebuild(touched)
    wanted = _wanted(picture, homes)
    _close_stale(picture, wanted)
    _propose(picture, homes, wanted)
    _propose_splits(picture, homes)
    _report_stops(picture, homes)
    _relate(picture)
    audit.record(
        "records.resolved",
        subjects=sorted(touched),
        detail={"records": len(picture.fresh), "founded": founded, "joined": joined, "merged": len(merged)},
    )


def _apply_components(picture: Picture, homes: dict[int, UUID]) -> tuple[int, int, dict[UUID, UUID]]:
    """How many profiles were founded, how many records joined, and loser → survivor of what was merged."""
    components = picture.plan.components
    new = [component for component in components if not component.profiles]
    founders = [(picture.rows[c.records[0]].record_id, picture.rows[c.records[0]].party_kind) for c in new]
    for (pk, _), profile_id in zip(founders, identity.found_profiles(founders), strict=True):
        homes[pk] = profile_id
    merged: dict[UUID, UUID] = {}
    drafts = _merge_drafts(picture, components, homes, merged)
    entering = 0
    for component in components:
        draft = _join_draft(picture, component, homes)
        if draft:
            entering += len(draft.moves)
            drafts.append(draft)
    identity.apply(drafts, merged=merged, rebuild=False)
    return len(new), entering, merged


def _merge_drafts(
    picture: Picture, components: Iterable[Component], homes: dict[int, UUID], merged: dict[UUID, UUID]
) -> list[identity.Draft]:
    drafts = []
    for component in components:
        ids = [picture.profiles[p] for p in component.profiles]
        if len(ids) < 2:
            continue
        survivor = review.default_survivor(ids)
        losers = [pid for pid in ids if pid != survivor]
        draft = identity.merge_draft(survivor, losers, identity.members(ids), _class_of(component))
        draft.model_label = picture.model.label
        draft.evidence = {
            str(picture.rows[link.left].record_id): explain.evidence_to_json(link.evidence) for link in component.links
        }
        drafts.append(draft)
        merged.update(dict.fromkeys(losers, survivor))
    for pk, profile_id in homes.items():
        homes[pk] = merged.get(profile_id, profile_id)
    return drafts


def _class_of(component: Component) -> str:
    """A merge is as firm as its weakest link."""
    by_rule = component.links and all(link.evidence.rule for link in component.links)
    return LinkClass.RULE if by_rule else LinkClass.MODEL


def _join_draft(picture: Picture, component: Component, homes: dict[int, UUID]) -> identity.Draft | None:
    """The operation by which the fresh records of a component enter its profile; its founder is there already."""
    first = picture.rows[component.records[0]].record_id if component.records else None
    target = homes[_any_member(picture, component.profiles[0])] if component.profiles else homes[first]
    entering = [i for i in component.records if picture.rows[i].record_id not in homes]
    if not entering:
        return None
    moves, evidence = [], {}
    for i in entering:
        pk = picture.rows[i].record_id
        best = component.links[component.best[i]].evidence
        moves.append(identity.Move(pk, None, target, "", link_class(best), best.rule or best.model))
        evidence[str(pk)] = explain.evidence_to_json(best)
        homes[pk] = target
    return identity.Draft(
        identity.Kind.JOIN, target, moves, "identity.joined", model_label=picture.model.label, evidence=evidence
    )


def _any_member(picture: Picture, profile: int) -> int:
    return picture.rows[int(np.flatnonzero(picture.profile_of == profile)[0])].record_id


def link_class(evidence: Evidence) -> str:
    return LinkClass.RULE if evidence.rule else LinkClass.MODEL


def _mark_resolved(picture: Picture) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_sourcerecord SET state = 'resolved', resolve_seq = s.seq"
            " FROM (SELECT nextval('profiles_resolve_seq') AS seq) s WHERE id = ANY(%s) AND state = 'received'",
            [picture.fresh],
        )


Wanted = dict[tuple[UUID, UUID], tuple[Proposed, str]]


def _wanted(picture: Picture, homes: dict[int, UUID]) -> Wanted:
    """What the plan proposes: pair of customers → (proposal, fingerprint of its two records)."""
    wanted: Wanted = {}
    for proposed in picture.plan.proposals:
        ends = (picture.rows[proposed.left], picture.rows[proposed.right])
        pair = tuple(sorted((homes[ends[0].record_id], homes[ends[1].record_id])))
        if pair[0] != pair[1] and pair not in wanted:
            wanted[pair] = (proposed, fingerprint(*ends))
    return wanted


def _close_stale(picture: Picture, wanted: Wanted) -> None:
    """Open proposals found by a record that was resolved anew are outdated, unless the plan proposes the same again."""
    fresh = Q(left_record__in=picture.fresh) | Q(right_record__in=picture.fresh)
    stale = Proposal.objects.awaiting_review().filter(fresh)
    same = {(pair, mark) for pair, (_, mark) in wanted.items()}
    rows = stale.values_list("id", "left_id", "right_id", "fingerprint")
    proposals.close_all([pk for pk, a, b, mark in rows if ((a, b), mark) not in same], Proposal.State.OUTDATED)


def _propose(picture: Picture, homes: dict[int, UUID], wanted: Wanted) -> None:
    """Write proposals, one open per pair; what a person decided before is asked again only when enough changed."""
    lows = [pair[0] for pair in wanted]
    is_open = set(Proposal.objects.awaiting_review().filter(left__in=lows).values_list("left_id", "right_id"))
    ends = {
        pair: (picture.rows[proposed.left].record_id, picture.rows[proposed.right].record_id)
        for pair, (proposed, _) in wanted.items()
        if pair not in is_open
    }
    decided = proposing.decided_between(ends.values())
    for pair, records in ends.items():
        proposed, mark = wanted[pair]
        again = proposing.why_again(decided.get(records, ()), proposed.evidence, mark, picture.model)
        if again is not None:
            _write_proposal(picture, homes, pair, proposed, mark, again)


def _write_proposal(
    picture: Picture, homes: dict[int, UUID], pair: tuple[UUID, UUID], proposed: Proposed, mark: str, again: str
) -> None:
    left, right = (picture.rows[i].record_id for i in (proposed.left, proposed.right))
    if homes[left] != pair[0]:
        left, right = right, left
    proposal = Proposal.objects.create(
        left_id=pair[0], right_id=pair[1], left_record_id=left, right_record_id=right,
        probability=proposed.evidence.probability, weight=proposed.evidence.weight,
        evidence=explain.evidence_to_json(proposed.evidence), reasons=[str(reason) for reason in proposed.reasons],
        model_label=picture.model.label, fingerprint=mark, reopened_because=again,
    )  # fmt: skip
    bridging = [picture.rows[i].record_id for i in proposed.bridging]
    proposing.queue(proposal, detail={"bridging": bridging} if bridging else None)


def _propose_splits(picture: Picture, homes: dict[int, UUID]) -> None:
    """A changed record that no longer fits its customer: a split is proposed, never silently done."""
    for fracture in picture.plan.fractures:
        _propose_split(picture, homes, fracture)


def _propose_split(picture: Picture, homes: dict[int, UUID], fracture: Fracture) -> None:
    record = picture.rows[fracture.record].record_id
    ends = (fracture.best.left, fracture.best.right)
    other = picture.rows[ends[1] if ends[0] == fracture.record else ends[0]]
    evidence = fracture.best.evidence
    proposal, new = Proposal.objects.get_or_create(
        kind=Proposal.Kind.SPLIT,
        state=Proposal.State.OPEN,
        left_record_id=record,
        defaults={
            "left_id": homes[record],
            "probability": evidence.probability,
            "weight": evidence.weight,
            "evidence": explain.evidence_to_json(evidence),
            "reasons": ["fracture"],
            "model_label": picture.model.label,
            "fingerprint": fingerprint(picture.rows[fracture.record], other),
        },
    )
    if new:
        proposing.queue(proposal)


def _report_stops(picture: Picture, homes: dict[int, UUID]) -> None:
    """A cluster so large that nothing in it was decided: an alert for a person, named after its first customer."""
    for stop in picture.plan.stops:
        ends = [homes[picture.rows[i].record_id] for i in stop.records if picture.rows[i].record_id in homes]
        ends += [picture.profiles[p] for p in stop.profiles]
        if ends:
            work.open_item(kind="cluster_stopped", subject_id=min(ends), reason="stopped", detail={"size": stop.size})


def _relate(picture: Picture) -> None:
    """Household links between records; known ones stay. 1 query."""
    Relation.objects.bulk_create(
        (
            Relation(
                left_record_id=min(ids), right_record_id=max(ids), kind=Relation.Kind.HOUSEHOLD,
                pattern=dict(link.evidence.levels), model_label=picture.model.label,
            )
            for link in picture.plan.households
            for ids in [(picture.rows[link.left].record_id, picture.rows[link.right].record_id)]
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def resolve_all() -> int:
    """Resolve everything that waits, outside a job: for commands and tests. Returns how many records."""
    total = 0
    while ids := waiting(BATCH):
        resolve_batch(ids)
        total += len(ids)
    return total

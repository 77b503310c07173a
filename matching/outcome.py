"""Carrying a plan out: found, join, merge, propose, relate; everything in the caller's transaction, in sets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from uuid import UUID

from django.db import connection
from django.utils import timezone

from profiles import audit, golden, work
from profiles.bulk import array, as_json, copy_models, next_ids, texts
from profiles.context import current_actor
from profiles.models import WorkItem
from profiles.models.identity import LinkClass
from profiles.survivorship import Member

from . import identity, operations, proposals, proposing, review
from .engine import explain
from .engine.types import Component, Evidence, Fracture
from .engine.types import Proposal as Proposed
from .evidence import fingerprint
from .locks import lock_order
from .models import Proposal, Relation
from .picture import Picture

Pair = tuple[UUID, UUID]


@dataclass(slots=True)
class Homes:
    """Where each row's record is while a plan is carried out, and what was done."""

    of: dict[int, UUID]
    founded: list[UUID] = field(default_factory=list)
    entered: int = 0
    merged: dict[UUID, UUID] = field(default_factory=dict)


def carry_out(picture: Picture, *, beside_others: bool = False) -> set[Pair]:
    """Found, join, merge, propose, relate. A fixed number of queries, whatever the number of records.

    Returns the pairs of customers that the plan leaves to a person. Caller holds the lock of resolution and those of the
    customers; one who shares that lock works `beside_others`.
    """
    homes = _apply_components(picture)
    touched = {homes.of[row] for row in picture.fresh} | set(homes.merged.values())
    golden.rebuild(
        [*touched, *homes.merged],
        schema=picture.schema,
        members=_members(picture, homes, touched),
        founded=homes.founded,
    )
    wanted = _wanted(picture, homes)
    _close_stale(picture, wanted)
    _propose(picture, homes, wanted)
    _propose_splits(picture, homes)
    _report_stops(picture, homes)
    _relate(picture)
    if beside_others:
        lock_order()
    _mark_resolved(picture.record_ids)
    figures = (len(picture.fresh), len(homes.founded), homes.entered, len(homes.merged))
    detail = dict(zip(("records", "founded", "joined", "merged"), figures, strict=True))
    audit.record_all([audit.event("records.resolved", subjects=sorted(touched), detail=detail)])
    return set(wanted)


# ---- who is where ------------------------------------------------------------------------------------------------------


def _apply_components(picture: Picture) -> Homes:
    homes = Homes({place: row.profile_id for place, row in enumerate(picture.rows) if row.profile_id})
    components = picture.plan.components
    _found(picture, [component for component in components if not component.profiles], homes)
    drafts = [_merge_draft(picture, c, homes) for c in components if len(c.profiles) > 1]
    for place, home in homes.of.items():
        homes.of[place] = homes.merged.get(home, home)
    drafts += [draft for component in components if (draft := _join_draft(picture, component, homes))]
    if drafts:
        operations.apply(drafts, merged=homes.merged, rebuild=False)
    return homes


def _found(picture: Picture, components: Sequence[Component], homes: Homes) -> None:
    """Customers of their own for components without one, each founded by its first record."""
    founders = [component.records[0] for component in components]
    ids = operations.found_profiles([_founder(picture, component) for component in components])
    homes.of.update(zip(founders, ids, strict=True))
    homes.founded = ids


def _founder(picture: Picture, component: Component) -> operations.Founder:
    rows = [picture.rows[place] for place in component.records]
    sources = sorted({row.source_id for row in rows})
    return operations.Founder(rows[0].record_id, rows[0].input.party_kind, sources, len(rows))


def _merge_draft(picture: Picture, component: Component, homes: Homes) -> operations.Draft:
    """The operation that unites the customers of a component."""
    ids = [picture.profiles[number] for number in component.profiles]
    present = {pid: picture.customers[pid].records for pid in ids}
    survivor = review.survivor_of([_standing(picture, pid) for pid in ids])
    losers = [pid for pid in ids if pid != survivor]
    weakest = min(
        (link.evidence for link in component.links), key=lambda evidence: (bool(evidence.rule), evidence.weight)
    )
    draft = identity.merge_draft(survivor, losers, present, link_class(weakest), by_name=named(weakest))
    draft.model_label = picture.model.label
    draft.evidence = {
        str(picture.rows[link.left].record_id): explain.evidence_to_json(link.evidence) for link in component.links
    }
    homes.merged.update(dict.fromkeys(losers, survivor))
    return draft


def _standing(picture: Picture, profile_id: UUID) -> review.Standing:
    customer = picture.customers[profile_id]
    return review.Standing(
        profile_id,
        customer.created_at,
        verified=sum(row.link_class == LinkClass.VERIFIED for row in customer.records),
        numbered=any(row.input.attributes.get("customer_number") for row in customer.records),
        records=len(customer.records),
    )


def _join_draft(picture: Picture, component: Component, homes: Homes) -> operations.Draft | None:
    """The operation by which the fresh records of a component enter its customer; its founder is there already."""
    entering = [place for place in component.records if place not in homes.of]
    if not entering:
        return None
    target = _home(picture, component, homes)
    moves, evidence = [], {}
    for place in entering:
        best, record_id = component.links[component.best[place]].evidence, picture.rows[place].record_id
        moves.append(operations.Move(record_id, None, target, "", link_class(best), linked_after=named(best)))
        evidence[str(record_id)] = explain.evidence_to_json(best)
        homes.of[place] = target
    homes.entered += len(moves)
    return operations.Draft(
        operations.Kind.JOIN, target, moves, "identity.joined", model_label=picture.model.label, evidence=evidence
    )


def _home(picture: Picture, component: Component, homes: Homes) -> UUID:
    """The customer that a component becomes."""
    if not component.profiles:
        return homes.of[component.records[0]]
    first = picture.profiles[component.profiles[0]]
    return homes.merged.get(first, first)


def link_class(evidence: Evidence) -> str:
    return LinkClass.RULE if evidence.rule else LinkClass.MODEL


def named(evidence: Evidence) -> str:
    """The rule or model version that links by this evidence."""
    return evidence.rule or evidence.model


def _mark_resolved(record_ids: Sequence[int]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_sourcerecord SET state = 'resolved', resolve_seq = s.seq"
            " FROM (SELECT nextval('profiles_resolve_seq') AS seq) s WHERE id = ANY(%s::bigint[])",
            [array(record_ids)],
        )


def _members(picture: Picture, homes: Homes, touched: set[UUID]) -> dict[UUID, list[Member]]:
    """The records of the touched customers as they are now, for their golden values."""
    found: dict[UUID, list[Member]] = {profile_id: [] for profile_id in touched}
    for place, home in homes.of.items():
        if home in found:
            found[home].append(picture.rows[place].member(picture.schema))
    return found


# ---- what waits for a person -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """A pair of customers to be proposed: rows of its two records, the lower record first, and why."""

    proposed: Proposed
    fingerprint: str


def _wanted(picture: Picture, homes: Homes) -> dict[Pair, Wanted]:
    """What the plan proposes, by pair of customers, the lower id first."""
    wanted: dict[Pair, Wanted] = {}
    for proposed in picture.plan.proposals:
        low, high = sorted((homes.of[proposed.left], homes.of[proposed.right]))
        if low != high and (low, high) not in wanted:
            ends = (picture.rows[proposed.left].input, picture.rows[proposed.right].input)
            wanted[low, high] = Wanted(proposed, fingerprint(*ends))
    return wanted


def _close_stale(picture: Picture, wanted: Mapping[Pair, Wanted]) -> None:
    """Open proposals found by a record that is resolved anew are outdated, unless the plan proposes the same again."""
    changed = [picture.rows[place].record_id for place in picture.fresh if picture.number_of[place] >= 0]
    if not changed:
        return
    ids, columns = (
        array(changed),
        "SELECT id, left_id, right_id, fingerprint FROM matching_proposal WHERE state = 'open'",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"{columns} AND left_record_id = ANY(%s::bigint[])"  # noqa: S608
            f" UNION {columns} AND right_record_id = ANY(%s::bigint[])",
            [ids, ids],
        )
        rows = cursor.fetchall()
    same = {(pair, one.fingerprint) for pair, one in wanted.items()}
    if stale := [pk for pk, left, right, mark in rows if ((left, right), mark) not in same]:
        proposals.close_all(stale, Proposal.State.OUTDATED)


def _propose(picture: Picture, homes: Homes, wanted: Mapping[Pair, Wanted]) -> None:
    """Write proposals, one open per pair; what a person decided before is asked again only when enough changed."""
    open_pairs = _open(wanted)
    new = {pair: one for pair, one in wanted.items() if pair not in open_pairs}
    ends = {pair: _records(picture, one.proposed) for pair, one in new.items()}
    decided = proposing.decided_between(ends.values()) if ends else {}
    drafts, bridging = [], []
    for pair, one in new.items():
        links = decided.get(ends[pair], ())
        again = proposing.why_again(links, one.proposed.evidence, one.fingerprint, picture.model)
        if again is not None:
            drafts.append(_proposal(picture, homes, pair, one, again))
            bridging.append([picture.rows[place].record_id for place in one.proposed.bridging])
    _write(drafts, bridging)


def _open(wanted: Mapping[Pair, Wanted]) -> set[Pair]:
    """Pairs that a proposal is open for. 1 query, none for none."""
    if not wanted:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT left_id, right_id FROM matching_proposal WHERE state = 'open' AND kind = 'merge'"
            " AND left_id = ANY(%s::uuid[])",
            [array(pair[0] for pair in wanted)],
        )
        return set(cursor.fetchall())


def _records(picture: Picture, proposed: Proposed) -> tuple[int, int]:
    return picture.rows[proposed.left].record_id, picture.rows[proposed.right].record_id


def _proposal(picture: Picture, homes: Homes, pair: Pair, one: Wanted, again: str) -> Proposal:
    proposed = one.proposed
    left, right = _records(picture, proposed)
    if homes.of[proposed.left] != pair[0]:
        left, right = right, left
    return Proposal(
        left_id=pair[0], right_id=pair[1], left_record_id=left, right_record_id=right,
        probability=proposed.evidence.probability, weight=proposed.evidence.weight,
        evidence=explain.evidence_to_json(proposed.evidence), reasons=[str(reason) for reason in proposed.reasons],
        model_label=picture.model.label, fingerprint=one.fingerprint, reopened_because=again,
        run_id=current_actor().job_id,
    )  # fmt: skip


def _write(drafts: Sequence[Proposal], bridging: Sequence[Sequence[int]] = ()) -> None:
    """Write new proposals, each with its work item. 2 queries and 2 COPY, none for none."""
    ids, items = next_ids(Proposal, len(drafts)), next_ids(WorkItem, len(drafts))
    for draft, draft_id, item_id in zip(drafts, ids, items, strict=True):
        draft.id, draft.work_item_id = draft_id, item_id
    copy_models([_item(draft, found) for draft, found in zip_longest(drafts, bridging, fillvalue=())])
    copy_models(drafts)


def _item(draft: Proposal, bridging: Sequence[int]) -> WorkItem:
    kind = "split" if draft.kind == Proposal.Kind.SPLIT else "proposal"
    reason = draft.reasons[0] if draft.reasons else "unsure"
    detail = {"bridging": list(bridging)} if bridging else {}
    return WorkItem(id=draft.work_item_id, kind=kind, subject_id=str(draft.id), reason=reason, detail=detail)


def _propose_splits(picture: Picture, homes: Homes) -> None:
    """A changed record that no longer fits its customer: a split is proposed, never silently done."""
    fractures = {picture.rows[fracture.record].record_id: fracture for fracture in picture.plan.fractures}
    if not fractures:
        return
    splits = Proposal.objects.awaiting_review().filter(kind=Proposal.Kind.SPLIT, left_record_id__in=fractures)
    for record_id in splits.values_list("left_record_id", flat=True):
        del fractures[record_id]
    _write([_split(picture, homes, fracture) for fracture in fractures.values()])


def _split(picture: Picture, homes: Homes, fracture: Fracture) -> Proposal:
    best, place = fracture.best, fracture.record
    other = best.right if best.left == place else best.left
    return Proposal(
        kind=Proposal.Kind.SPLIT, left_id=homes.of[place], left_record_id=picture.rows[place].record_id,
        probability=best.evidence.probability, weight=best.evidence.weight,
        evidence=explain.evidence_to_json(best.evidence), reasons=["fracture"], model_label=picture.model.label,
        fingerprint=fingerprint(picture.rows[place].input, picture.rows[other].input), run_id=current_actor().job_id,
    )  # fmt: skip


def _report_stops(picture: Picture, homes: Homes) -> None:
    """A cluster so large that nothing in it was decided: an alert for a person, named after its first customer."""
    for stop in picture.plan.stops:
        ends = [homes.of[place] for place in stop.records if place in homes.of]
        ends += [homes.merged.get(picture.profiles[p], picture.profiles[p]) for p in stop.profiles]
        if ends:
            work.open_item(kind="cluster_stopped", subject_id=min(ends), reason="stopped", detail={"size": stop.size})


def _relate(picture: Picture) -> None:
    """Household links between records; known ones stay. 1 query, none for none."""
    links = picture.plan.households
    if not links:
        return
    ends = [sorted((picture.rows[link.left].record_id, picture.rows[link.right].record_id)) for link in links]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO matching_relation"
            " (left_record_id, right_record_id, kind, pattern, model_label, run_id, created_at)"
            " SELECT l, r, %s, p::jsonb, %s, %s, %s FROM unnest(%s::bigint[], %s::bigint[], %s::text[]) AS u(l, r, p)"
            " ON CONFLICT DO NOTHING",
            [
                Relation.Kind.HOUSEHOLD, picture.model.label, current_actor().job_id, timezone.now(),
                array(low for low, _ in ends),
                array(high for _, high in ends), texts(as_json(dict(link.evidence.levels)) for link in links),
            ],
        )  # fmt: skip

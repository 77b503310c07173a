"""What the pair page shows of two customers (or one and a record of it), in plain values for its template."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest
from django.urls import reverse

from matching import constraints, evidence, models_in_force, permissions, preview, proposing, review, second_person
from matching.engine import explain
from matching.engine.explain import Bar
from matching.engine.model import Model
from matching.engine.types import Evidence, Reason
from matching.forms import LATER
from matching.models import CannotLink, Proposal, Relation
from profiles import approvals
from profiles.customers import ShownCustomer, granted_sources, show
from profiles.lineage import RULES
from profiles.masking import Mask, Masks, cover, mask_of, masks_for
from profiles.models import Membership, Profile, Source, SourceRecord
from profiles.panels import panels_for
from profiles.schema import published
from profiles.work import KINDS


@dataclass(slots=True)
class End:
    """One customer of the pair, with what a merge would do if it survived."""

    letter: str
    profile: Profile
    customer: ShownCustomer
    impact: preview.Impact
    records: list[SourceRecord] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Told:
    """Evidence in words and figures."""

    sentence: str
    bars: list[Bar]
    probability: float
    model: str
    rule: str
    found_by: str
    shared: list[tuple[str, int]]
    ignored: list[tuple[str, str]]
    is_household: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Change:
    """One comparison that reads differently now than when it was stored."""

    label: str
    then: str
    now: str


def can_decide(request: HttpRequest, ends: list[Profile]) -> bool:
    """The verb and every member's source are both needed. 2 queries."""
    mine = Profile.objects.stewarded_by(request.user).filter(id__in=[p.id for p in ends]).count()
    return request.user.has_perm(permissions.REVIEW) and mine == len(ends)


def of_proposal(request: HttpRequest, proposal: Proposal) -> dict:
    """The page of a proposal: its stored evidence, and the same pair as things stand now. About 40 queries."""
    profiles = [profile for profile in (proposal.left, proposal.right) if profile]
    granted = granted_sources(request.user)
    records = [record for record in (proposal.left_record, proposal.right_record) if record]
    stored = explain.evidence_from_json(proposal.evidence) if proposal.evidence else None
    is_open = proposal.state == Proposal.State.OPEN
    context = _two_or_one(request, profiles, proposal, granted)
    context |= {
        "proposal": proposal,
        "reasons": [KINDS[_kind(proposal)].reason(code) for code in proposal.reasons],
        "told": _told(stored, models_in_force.by_label(proposal.model_label), granted) if stored else None,
        "in_the_way": cover(_in_the_way(proposal, granted), mask_of(request.user)),
        "decisions": _noted(proposal.decisions.select_related("actor"), mask_of(request.user)),
        "closed_because": "" if is_open else review.already_decided(proposal),
        "reopened": proposing.reopened_because(proposal, published()),
        "action": reverse("matching:decide", args=[proposal.pk]),
        "later": LATER,
    }
    if stored and is_open and len(records) == 2:
        context |= _now(stored, records)
    return context


def _in_the_way(proposal: Proposal, granted: Collection[int]) -> list[SourceRecord]:
    """The records, of sources the reader may see, that keep the two from being joined: of a cannot-link, or contradicted.

    1 query, none for none.
    """
    ids = proposal.work_item.detail.get("bridging", []) if proposal.work_item else []
    rows = SourceRecord.objects.filter(pk__in=ids, source__in=granted).select_related("source", "membership__profile")
    return list(rows.order_by("id")) if ids else []


def _kind(proposal: Proposal) -> str:
    return "split" if proposal.kind == Proposal.Kind.SPLIT else "proposal"


def of_two(request: HttpRequest, profiles: list[Profile]) -> dict:
    """The page of any two customers: the best evidence between them now, and why they are not one. About 40 queries."""
    granted = granted_sources(request.user)
    context = _two_or_one(request, profiles, None, granted)
    best = evidence.best_pair(profiles[0].id, profiles[1].id, granted)
    pair = sorted(profile.id for profile in profiles)
    waiting = Proposal.objects.awaiting_review().visible_to(request.user).filter(left=pair[0], right=pair[1])
    context |= {
        "action": reverse("matching:decide-pair"),
        "reasons": [],
        "told": _told(best.evidence, models_in_force.published(), granted) if best else None,
        "keys": best.keys if best else (),
        "why_not": best.why_not if best else (),
        "pending": waiting.first(),
        "compared": best,
    }
    return context


def _two_or_one(
    request: HttpRequest, profiles: list[Profile], proposal: Proposal | None, granted: Collection[int]
) -> dict:
    """Both customers, what a merge would make of them, and what stands between them."""
    ids = [profile.id for profile in profiles]
    people, masks = show(ids, request.user), masks_for(request.user, ids)
    shown = [people[pid] for pid in ids]
    impacts = preview.impacts(profiles, proposal, request.user)
    ends = [
        End(letter, profile, people[profile.id], impacts[profile.id])
        for letter, profile in zip(preview.SIDES, profiles, strict=False)
    ]
    _fill_records(ends, granted, masks)
    is_pair = len(profiles) > 1
    asked_for = second_person.merge_asked_for(*ids) if is_pair else None
    links = constraints.within(_members(ids)) if is_pair else []
    return {
        "ends": ends,
        "is_pair": is_pair,
        "rows": preview.rows(shown, *preview.merged(ids, granted, masks.together(ids))) if is_pair else [],
        "rules": RULES,
        "versions": {str(profile.id): profile.version for profile in profiles},
        "survivor": review.default_survivor(ids) if is_pair else None,
        "can_decide": can_decide(request, profiles),
        "takes_two": is_pair and second_person.are_all_verified(ids),
        "asked_for": asked_for,
        "asked_url": approvals.address_of(asked_for, request.user),
        "cannot_links": _noted((link for link in links if _is_seen(link, granted)), masks.usual),
        "can_revoke": request.user.has_perm(permissions.REVOKE_CANNOT_LINK),
        "household": is_pair and _one_household(ends),
        "panels": panels_for("merge", request.user, profiles[0]) if is_pair else [],
    }


def _noted(rows: Iterable[Any], mask: Mask) -> list[Any]:
    """Rows with what people wrote in them, as far as the reader may see it. Not to be saved."""
    rows = list(rows)
    for row in rows:
        row.reason = mask.note(row.reason)
    return rows


def _is_seen(link: CannotLink, granted: Collection[int]) -> bool:
    """Whether every record that a cannot-link names is the reader's to see. 1 query."""
    return granted >= set(link.ends.values_list("record__source_id", flat=True))


def _members(profile_ids: Collection[UUID]) -> list[int]:
    return list(Membership.objects.filter(profile_id__in=profile_ids).values_list("record_id", flat=True))


def _fill_records(ends: list[End], granted: Collection[int], masks: Masks) -> None:
    """The visible records of each end, through the reader's mask. 1 query."""
    rows = SourceRecord.objects.filter(
        membership__profile_id__in=[end.profile.id for end in ends], source_id__in=granted
    )
    by_profile: dict[UUID, list[SourceRecord]] = {}
    for record in rows.select_related("source", "membership").defer("payload").order_by("id"):
        by_profile.setdefault(record.membership.profile_id, []).append(record)
    for end in ends:
        end.records = cover(by_profile.get(end.profile.id, []), masks.of(end.profile.id))


def _one_household(ends: list[End]) -> bool:
    """Whether a visible record of one side is of one household with one of the other. 1 query."""
    left, right = ({record.id for record in end.records} for end in ends[:2])
    between = Q(left_record__in=left, right_record__in=right) | Q(left_record__in=right, right_record__in=left)
    return Relation.objects.filter(between, kind=Relation.Kind.HOUSEHOLD).exists()


def _told(found: Evidence, model: Model, granted: Collection[int]) -> Told:
    """Evidence rendered: what a rule, a key and a level are called comes from the model that it names. How many share a
    value is counted over all sources, so it is told to who sees them all. 2 queries."""
    label = published().label
    rules = {rule.name: rule.sentence for rule in model.rules}
    keys = {rule.name: rule.sentence for rule in model.blocking}
    return Told(
        sentence=explain.verdict_sentence(found, model),
        bars=explain.waterfall(found, model),
        probability=found.probability,
        model=found.model,
        rule=rules.get(found.rule, found.rule) if found.rule else "",
        found_by=keys.get(found.found_by, found.found_by) if found.found_by else "",
        shared=[(label(name), held) for name, held in found.usage.items()] if _is_all(granted) else [],
        ignored=[(label(name), explain.REASON_SENTENCES[Reason(why)]) for name, why in found.ignored],
        is_household=found.household_probability >= model.thresholds.household,
        evidence=found,
    )


def _is_all(granted: Collection[int]) -> bool:
    return not Source.objects.exclude(id__in=granted).exists()


def _now(stored: Evidence, records: list[SourceRecord]) -> dict:
    """The same two records scored as things stand now, and what reads differently."""
    try:
        fresh = evidence.explain_pair(records[0].id, records[1].id)
    except SourceRecord.DoesNotExist:
        return {"now_gone": True}
    then, now = (_sentences(found) for found in (stored, fresh))
    label = published().label
    names = [name for name in {**then, **now} if then.get(name) != now.get(name)]
    nothing = "Nothing to compare."
    changes = [Change(label(name), then.get(name, nothing), now.get(name, nothing)) for name in names]
    return {"now": fresh, "changes": changes}


def _sentences(found: Evidence) -> Mapping[str, str]:
    model = models_in_force.by_label(found.model)
    return {bar.label: bar.sentence for bar in explain.waterfall(found, model) if bar.label in found.levels}

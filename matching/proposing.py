"""Proposals over their life: queued, put off, scored anew when a merge brings them along, and proposed again."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from profiles import schema, work
from profiles.bulk import array
from profiles.models import IdentityOperation, User, WorkItem

from . import constraints, evidence, models_in_force, reopening
from .engine import explain
from .engine.model import Model
from .engine.types import Evidence
from .models import CannotLink, Proposal

RESCORED = ("evidence", "model_label", "probability", "weight", "fingerprint", "reopened_because")


def queue(proposal: Proposal, *, detail: Mapping[str, Any] | None = None) -> None:
    """Hang a work item on an open proposal. At most 3 queries."""
    kind = "split" if proposal.kind == Proposal.Kind.SPLIT else "proposal"
    reason = proposal.reasons[0] if proposal.reasons else "unsure"
    proposal.work_item = work.open_item(kind=kind, subject_id=proposal.id, reason=reason, detail=detail)
    proposal.save(update_fields=["work_item"])


def bring_back_due() -> int:
    """What was put off until now is back in the queue, and says so. Returns how many. 2 queries."""
    due = WorkItem.objects.filter(state=WorkItem.State.OPEN, due_at__lte=timezone.now(), proposal__state="open")
    ids = list(due.values_list("id", flat=True)[:500])
    Proposal.objects.filter(work_item__in=ids).update(reopened_because="due")
    return WorkItem.objects.filter(id__in=ids).update(due_at=None)


def rescore_merged(operations: Sequence[IdentityOperation], moves: Sequence[Any]) -> None:
    """A step of every operation, after proposals followed their records: what a merge brought along is scored anew.

    The survivor's own evidence has a proposal of its own where it suffices. 1 query without such proposals, else about 7.
    """
    merges = {operation.id for operation in operations if operation.kind == IdentityOperation.Kind.MERGE}
    ids = [m.record_id for m in moves if m.operation_id in merges]
    if not ids:
        return
    moved = Proposal.objects.awaiting_review().filter(Q(left_record__in=ids) | Q(right_record__in=ids))
    brought = list(moved.filter(kind=Proposal.Kind.MERGE))
    if brought:
        found = evidence.ground({pk for p in brought for pk in (p.left_record_id, p.right_record_id)})
        rescored = [proposal for proposal in brought if _rescore(proposal, found)]
        Proposal.objects.bulk_update(rescored, RESCORED)


def _rescore(proposal: Proposal, found: evidence.Ground) -> bool:
    """Give a proposal the evidence of its two records as it is now; one that is gone at its source leaves it as it was."""
    left, right = (found.rows.get(pk) for pk in sorted((proposal.left_record_id, proposal.right_record_id)))
    if left is None or right is None:
        return False
    fresh = explain.explain_pair(left, right, found.model, found.blocked, found.usage)
    proposal.evidence, proposal.model_label = explain.evidence_to_json(fresh), fresh.model
    proposal.probability, proposal.weight = fresh.probability, fresh.weight
    proposal.fingerprint, proposal.reopened_because = evidence.fingerprint(left, right), "merged"
    return True


def propose_between(left: UUID, right: UUID, *, because: str) -> Proposal | None:
    """Propose two customers by the best evidence between them now; not below the review threshold, not over a cannot-link,
    and not twice. About 15 queries."""
    low, high = sorted((left, right))
    if Proposal.objects.awaiting_review().filter(left=low, right=high).exists():
        return None
    best = evidence.best_pair(low, high)
    if best is None or best.is_forbidden:
        return None
    if best.evidence.probability < models_in_force.published().thresholds.review:
        return None
    proposal = Proposal.objects.create(
        left_id=low, right_id=high, left_record_id=best.left, right_record_id=best.right,
        probability=best.evidence.probability, weight=best.evidence.weight,
        evidence=explain.evidence_to_json(best.evidence), model_label=best.evidence.model,
        reasons=[str(reason) for reason in best.evidence.reasons] or ["unsure"], fingerprint=best.fingerprint,
        reopened_because=because,
    )  # fmt: skip
    queue(proposal)
    return proposal


# ---- proposed again ----------------------------------------------------------------------------------------------------


def decided_between(pairs: Iterable[tuple[int, int]]) -> dict[tuple[int, int], list[CannotLink]]:
    """The cannot-links in force that name both records of a pair, newest first, with their decisions. 1 query, 2 where there are any; pairs without any may be left out."""
    pairs = list(pairs)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT e.cannot_link_id, e.record_id, e.side FROM matching_cannotlinkrecord e JOIN matching_cannotlink c"
            " ON c.id = e.cannot_link_id AND c.revoked_at IS NULL WHERE e.record_id = ANY(%s::bigint[])",
            [array({pk for pair in pairs for pk in pair})],
        )
        side = {(link, record): side for link, record, side in cursor.fetchall()}
    if not side:
        return {}
    wanted = sorted({link for link, _ in side}, reverse=True)
    links = CannotLink.objects.select_related("decision__proposal").in_bulk(wanted)
    return {(a, b): [links[pk] for pk in wanted if {side.get((pk, a)), side.get((pk, b))} == {0, 1}] for a, b in pairs}


def why_again(links: Sequence[CannotLink], now: Evidence, fingerprint: str, model: Model) -> str | None:
    """Whether to propose a pair: "" when nobody kept its records apart, a code when enough changed since, None: not.

    Once per fingerprint: what was decided on the same features, ever, is not asked again.
    """
    if not links:
        return ""
    decisions = [link.decision for link in links if link.decision]
    if not decisions or fingerprint in {decision.fingerprint for decision in decisions}:
        return None
    last = decisions[0]
    stored = explain.evidence_from_json(last.proposal.evidence) if last.proposal and last.proposal.evidence else None
    decided = reopening.Decided(last.fingerprint, last.probability, stored)
    return reopening.why_again(decided, now, fingerprint, model.unique_fields) or None


def reopened_because(proposal: Proposal, version: schema.Schema) -> str:
    """Why a proposal is asked again, in words; nothing when it is asked for the first time."""
    return reopening.sentence(proposal.reopened_because, version.label) if proposal.reopened_because else ""


@transaction.atomic
def revoke(*, cannot_link: CannotLink, by: User | None, reason: str) -> CannotLink:
    """Take a cannot-link back; when the evidence still speaks for the two, they are proposed again."""
    link = constraints.revoke(cannot_link=cannot_link, by=by, reason=reason)
    homes = link.ends.values_list("side", "record__membership__profile_id")
    sides = [{home for side, home in homes if side == wanted and home} for wanted in (0, 1)]
    for left in sorted(sides[0]):
        for right in sorted(sides[1] - {left}):
            propose_between(left, right, because="revoked")
    return link

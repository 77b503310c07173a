"""The undo of a whole run, as one act: newest operations first, many in each transaction."""

from collections.abc import Sequence
from uuid import UUID

from matching import identity, proposals, undo_many
from matching import undo as undoing
from matching.locks import atomic_with_retry
from matching.models import FullRun, Proposal, Relation
from profiles import jobs
from profiles.models import IdentityOperation, User

from . import flow, publishing

Step, Kind = FullRun.Step, IdentityOperation.Kind
TOGETHER = 400  # operations in a transaction
SHOWN = 100  # operations that stay, by id


def run_undo(claim: jobs.Claim) -> None:
    """The job: every operation of the run that was not undone yet; then its proposals are outdated, those that it outdated
    are open again, and its household links are gone.

    Pairs are not forbidden to meet: nothing looks at them again before they change or another run is published.
    """
    run = FullRun.objects.select_related("undone_by").get(id=claim.args["full_run"])
    if run.state != FullRun.State.UNDOING:
        return
    stay: list[UUID] = []
    while batch := _next(run, stay):
        stay += _undo_some(claim, run, batch)
        claim.beat(staying=len(stay))
    with claim.effect():
        own = publishing.job_ids(run)
        written = Proposal.objects.awaiting_review().filter(run_id__in=own)
        proposals.close_all(list(written.values_list("id", flat=True)), Proposal.State.OUTDATED)
        proposals.reopen_closed_by(own)
        Relation.objects.filter(run_id__in=own).delete()
        last = flow.finish(run.id, Step.UNDO, 0, {})
        if last is not None:
            shown = [str(pk) for pk in stay[:SHOWN]]
            last.figures, last.state = {**last.figures, "staying": len(stay), "stay": shown}, FullRun.State.UNDONE
            last.save(update_fields=["figures", "state"])


def _next(run: FullRun, stay: Sequence[UUID]) -> list[IdentityOperation]:
    """The newest operations of the run that stand, no two of which concern one customer."""
    rows = IdentityOperation.objects.filter(run_id__in=publishing.job_ids(run), kind__in=[Kind.JOIN, Kind.MERGE])
    rows = rows.filter(undone_by__isnull=True).exclude(id__in=stay).order_by("-id")
    found, seen = [], set[UUID]()
    for operation in rows.prefetch_related("moves__record")[:TOGETHER]:
        ends = {pid for m in operation.moves.all() for pid in (m.from_profile_id, m.to_profile_id) if pid}
        if seen.isdisjoint(ends):
            found.append(operation)
        seen |= ends
    return found


@atomic_with_retry
def _undo_some(claim: jobs.Claim, run: FullRun, batch: Sequence[IdentityOperation]) -> list[UUID]:
    """Undo operations in one transaction; those that stand in each other's or a person's way stay, and are returned."""
    with claim.effect():
        _, rest = undo_many.undo_exact(operations=batch, reason=f"Full run {run.id} was undone")
        return [operation.id for operation in rest if not _undo_one(operation, run.undone_by, run.id)]


def _undo_one(operation: IdentityOperation, by: User | None, number: int) -> bool:
    """Undo as far as it goes what later changes have touched; whether anything could be undone."""
    try:
        undoing.undo(operation=operation, by=by, reason=f"Full run {number} was undone", never_again=False)
    except identity.ChangeNotAllowed:
        return False
    return True

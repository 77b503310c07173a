"""What a split let leave is matched again: against all others, never against the part that it left."""

from collections.abc import Collection
from uuid import UUID

from profiles import jobs
from profiles.models import IdentityOperation, Membership, SourceRecord

from .locks import atomic_with_retry
from .run import resolve_batch


def run_match_again(claim: jobs.Claim) -> None:
    """The job behind a split; done twice it does nothing more.

    A batch that others overtook is done again, under the lock of resolution. Each try is a transaction of its own: one
    that locked customers in two rounds could wait for somebody who waits for it.
    """
    for firmly in (False, True):
        if _match_again(claim, UUID(claim.args["operation"]), firmly):
            return


@atomic_with_retry
def _match_again(claim: jobs.Claim, operation_id: UUID, firmly: bool) -> bool:
    """Resolve anew what still is where the split put it and does not wait to be resolved anyhow; whether all was done."""
    with claim.effect():
        operation = IdentityOperation.objects.get(id=operation_id)
        leaving = _claimed(operation)
        return resolve_batch(leaving, firmly=firmly, apart_from=_left(operation, leaving)) == len(leaving)


def _claimed(operation: IdentityOperation) -> list[int]:
    """Lock the records that the split moved and nobody moved since. 1 query."""
    rows = SourceRecord.objects.filter(state=SourceRecord.State.RESOLVED, membership__operation=operation)
    return list(rows.order_by("id").select_for_update(of=("self",), no_key=True).values_list("id", flat=True))


def _left(operation: IdentityOperation, leaving: Collection[int]) -> frozenset[int]:
    """The records that they were with. 2 queries."""
    origins = operation.moves.filter(record__in=leaving).values("from_profile")
    return frozenset(Membership.objects.filter(profile__in=origins).values_list("record_id", flat=True))

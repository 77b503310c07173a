"""What waits before the steps of the flow, as far as a reader may know. Each function is 1 or 2 queries."""

from matching import permissions as matching_permissions
from matching.models import Proposal
from profiles import jobs, permissions
from profiles.models import Batch, Job, QuarantinedRow, Source, SourceRecord, User, WorkItem


def imports(user: User) -> int:
    """Imports that wait or run."""
    rows = Batch.objects.filter(source__in=Source.objects.visible_to(user))
    return rows.filter(state__in=[Batch.State.WAITING, Batch.State.RUNNING]).count()


def rows_set_aside(user: User) -> int:
    """Rows that could not become records and wait to be mended."""
    rows = QuarantinedRow.objects.filter(batch__source__in=Source.objects.visible_to(user))
    return rows.filter(state=QuarantinedRow.State.OPEN).count()


def records(user: User) -> int:
    """Records that wait to be resolved."""
    rows = SourceRecord.objects.filter(source__in=Source.objects.visible_to(user))
    return rows.filter(state=SourceRecord.State.RECEIVED).count()


def proposals(user: User) -> int:
    """Proposals that wait for a person."""
    if not user.has_perm(matching_permissions.VIEW_QUEUE):
        return 0
    return Proposal.objects.awaiting_review().visible_to(user).count()


def rebuilds(user: User) -> int:
    """Jobs that bring records and customers up to a new version."""
    kinds = [name for name, kind in jobs.KINDS.items() if kind.rebuilds]
    return Job.objects.filter(kind__in=kinds, state__in=[Job.State.QUEUED, Job.State.RUNNING]).count()


def issues(user: User) -> int:
    """Flagged values and contradicted corrections of sources that the reader stewards."""
    if not user.has_perm(permissions.ANSWER_FLAGS):
        return 0
    return WorkItem.objects.visible_to(user).filter(state=WorkItem.State.OPEN).count()

"""Kinds of work items: what each is called and how its reasons are worded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from django.utils import timezone

from .context import current_actor
from .models import User, WorkItem
from .registry import Registry


@dataclass(frozen=True, slots=True)
class Presented:
    """A work item in words, with the page where something can be done about it, and the customers that it names."""

    title: str
    url: str
    subjects: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True)
class WorkKind:
    """A kind of work item: its title, the URL name of its subject's page, and a sentence per reason code.

    Kinds that hang on no source and have no list of their own say with `present` how the items that a user may see are
    shown among other work: item id → words and address; what is left out is not shown.
    """

    title: str
    url_name: str
    reasons: Mapping[str, str] = field(default_factory=dict)
    present: "Callable[[Sequence[WorkItem], User], Mapping[int, Presented]] | None" = None
    about_import: bool = False  # its subject is an import, whose page names it
    needs_answer: bool = False  # it is closed by what is decided on its page, not by having looked at it

    def reason(self, code: str) -> str:
        return self.reasons.get(code, code.replace("_", " "))


KINDS: Registry[WorkKind] = Registry("work-item kinds")


def open_item(
    *,
    kind: str,
    subject_id: object,
    reason: str,
    detail: Mapping[str, object] | None = None,
    source_id: int | None = None,
) -> WorkItem:
    """The open item of this kind and subject, made when there is none. At most 2 queries."""
    KINDS[kind]
    item, _ = WorkItem.objects.get_or_create(
        kind=kind,
        subject_id=str(subject_id),
        state=WorkItem.State.OPEN,
        defaults={"reason": reason, "detail": dict(detail or {}), "source_id": source_id},
    )
    return item


def open_about_import(batch_id: int) -> list[tuple[WorkItem, WorkKind]]:
    """What waits for a person about an import. 1 query."""
    kinds = [name for name, kind in KINDS.items() if kind.about_import]
    items = WorkItem.objects.filter(kind__in=kinds, subject_id=str(batch_id), state=WorkItem.State.OPEN)
    return [(item, KINDS[item.kind]) for item in items.order_by("id")]


def close_items(items: "list[int]", *, state: str = WorkItem.State.DONE) -> None:
    """Close work items by id. 1 query."""
    WorkItem.objects.filter(id__in=items, state=WorkItem.State.OPEN).update(
        state=state, closed_at=timezone.now(), closed_by_id=current_actor().user_id
    )


def open_again(items: "list[int]") -> None:
    """Open closed work items again, as they were. 1 query."""
    WorkItem.objects.filter(id__in=items).update(state=WorkItem.State.OPEN, closed_at=None, closed_by=None)


def close_subjects(*, kind: str, subject_ids: Iterable[object], state: str = WorkItem.State.DONE) -> None:
    """Close the open items of one kind about these subjects. 1 query."""
    WorkItem.objects.filter(
        kind=kind, subject_id__in=[str(subject) for subject in subject_ids], state=WorkItem.State.OPEN
    ).update(state=state, closed_at=timezone.now(), closed_by_id=current_actor().user_id)

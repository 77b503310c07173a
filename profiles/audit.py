"""Writing the audit: in the business transaction, so that an act that cannot be recorded does not happen."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Model
from django.utils import timezone

from .bulk import copy_models
from .context import current_actor
from .models import AuditEvent
from .registry import Registry


@dataclass(frozen=True, slots=True)
class EventKind:
    """One kind of audit event: a sentence with {placeholders} of its detail; reads show personal data to the actor."""

    sentence: str
    is_read: bool = False

    @property
    def title(self) -> str:
        """The sentence without a detail, for lists of kinds."""
        return re.sub(r"\{\w+\}", "…", self.sentence)


EVENTS: Registry[EventKind] = Registry("audit events")


class UnknownEvent(LookupError):
    """An audit event that no app declared in its events.py."""


def event(
    action: str,
    *,
    obj: Model | None = None,
    subjects: Iterable[UUID] = (),
    detail: Mapping[str, Any] | None = None,
    outcome: str = AuditEvent.Outcome.DONE,
) -> AuditEvent:
    """Build an event of the current actor, unsaved: for bulk writing with `record_all`."""
    if action not in EVENTS:
        raise UnknownEvent(action)
    actor = current_actor()
    return AuditEvent(
        at=timezone.now(),
        actor_id=actor.user_id,
        actor_name=actor.name,
        request_id=actor.request_id or (str(actor.job_id) if actor.job_id else ""),
        action=action,
        object_type=obj._meta.label if obj is not None else "",
        object_id=str(obj.pk) if obj is not None else "",
        subject_ids=list(subjects),
        detail=dict(detail or {}),
        outcome=outcome,
    )


def record(action: str, **fields: Any) -> AuditEvent:
    """Write one event. 1 query."""
    written = event(action, **fields)
    written.save(force_insert=True)
    return written


def record_all(events: Iterable[AuditEvent]) -> None:
    """Write many events of one transaction. 1 COPY."""
    copy_models(list(events))


def read(
    action: str, *, subjects: Iterable[UUID], obj: Model | None = None, detail: Mapping[str, Any] | None = None
) -> None:
    """Record that the current user was shown personal data of `subjects`. 1 query, none without subjects."""
    subjects = list(subjects)
    if subjects:
        record(action, obj=obj, subjects=subjects, detail=detail)


def sentence(entry: AuditEvent) -> str:
    """The event in words, from its kind's presenter."""
    kind = EVENTS.get(entry.action)
    if kind is None:
        return entry.action
    try:
        return kind.sentence.format_map({**entry.detail, "object": entry.object_id})
    except (KeyError, IndexError):
        return kind.sentence

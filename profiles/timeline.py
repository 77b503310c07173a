"""The timeline of a customer: what each app has to tell about it, merged, newest first, page by page."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Max, Q
from django.urls import reverse

from .masking import Mask, masks_for
from .models import Batch, Correction, IdentityOperation, Profile, RecordVersion, SourceRecord, User
from .permissions import VIEW_CUSTOMERS, VIEW_IMPORTS
from .registry import Registry
from .schema import published

PAGE = 25


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened: when, a key that orders what happened at once, an icon, words, an address that takes a
    permission, who did it, and what they wrote about it."""

    at: datetime
    key: str
    icon: str
    title: str
    detail: str = ""
    url: str = ""
    who: str = ""
    note: str = ""
    permission: str = VIEW_CUSTOMERS


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose timeline: the customer, its visible records, up to when, and who reads it."""

    profile: Profile
    record_ids: Collection[int]
    granted: Collection[int]
    until: datetime
    reader: User
    mask: Mask


# name → the newest events of one kind, at most as many as asked for, not after `scope.until`
TIMELINE: Registry[Callable[[Scope, int], Iterable[Event]]] = Registry("timeline")
ICONS = {
    "join": "arrows-join", "merge": "arrows-join", "split": "arrows-split", "move": "chevron-right",
    "undo": "arrow-back-up", "erase": "trash",
}  # fmt: skip


def page(scope: Scope, before: str = "") -> tuple[list[Event], str]:
    """The next events behind a place, newest first, and the place to go on from. 2 queries per kind of event."""
    found = [event for tell in TIMELINE.values() for event in tell(scope, 2 * PAGE + 1)]
    found.sort(key=_place, reverse=True)
    if before:
        found = [event for event in found if "_".join(_place(event)) < before]
    last = found[PAGE - 1] if len(found) > PAGE else None
    return [_as_seen(event, scope) for event in found[:PAGE]], "_".join(_place(last)) if last else ""


def _as_seen(event: Event, scope: Scope) -> Event:
    """Without an address that the reader may not open, and without notes where personal values are masked."""
    url = event.url if scope.reader.has_perm(event.permission) else ""
    return replace(event, url=url, note=scope.mask.note(event.note))


def _place(event: Event) -> tuple[str, str]:
    return event.at.isoformat(timespec="microseconds"), event.key


def operations(scope: Scope, limit: int) -> list[Event]:
    """Joins, merges, splits, moves and undos that touched the customer. 1 query."""
    ends = Q(moves__from_profile=scope.profile) | Q(moves__to_profile=scope.profile)
    visible = Count("moves", filter=Q(moves__record__source__in=scope.granted), distinct=True)
    rows = IdentityOperation.objects.filter(ends, created_at__lte=scope.until).annotate(n=visible).filter(n__gt=0)
    rows = rows.select_related("actor").order_by("-created_at", "-id")[:limit]
    return [
        Event(
            row.created_at, f"o{row.id}", ICONS.get(row.kind, "history"),
            f"{row.get_kind_display()}: {row.n} record{'s' if row.n != 1 else ''}", "",
            reverse("matching:operation", args=[row.id]), _who(row.actor, f"engine, {row.model_label}"), row.reason,
        )
        for row in rows
    ]  # fmt: skip


def _who(user: object, otherwise: str) -> str:
    return user.display_name if user else otherwise.rstrip(", ")


def corrections(scope: Scope, limit: int) -> list[Event]:
    """Corrections made and released. 2 queries."""
    label = published().label
    rows = Correction.objects.filter(record__in=scope.record_ids).select_related("created_by", "released_by")
    made = [
        Event(
            c.created_at, f"c{c.id}", "user-check", f"Corrected {label(c.field).lower()}", "",
            reverse("profiles:record", args=[c.record_id]), _who(c.created_by, "system"), c.reason,
        )
        for c in rows.filter(created_at__lte=scope.until).order_by("-created_at")[:limit]
    ]  # fmt: skip
    released = [
        Event(
            c.released_at, f"r{c.id}", "arrow-back-up", f"Released the correction of {label(c.field).lower()}", "",
            reverse("profiles:record", args=[c.record_id]), _who(c.released_by, "system"),
        )
        for c in rows.filter(released_at__lte=scope.until).order_by("-released_at")[:limit]
    ]  # fmt: skip
    return made + released


def imports(scope: Scope, limit: int) -> list[Event]:
    """Imports that brought or changed records of the customer, one event each. 3 queries."""
    versions = RecordVersion.objects.filter(record__in=scope.record_ids, replaced_at__lte=scope.until)
    changed = (
        versions.values("replaced_by_batch").annotate(at=Max("replaced_at"), n=Count("id")).order_by("-at")[:limit]
    )
    changed_rows = [(row["replaced_by_batch"], row["at"], row["n"], "changed") for row in changed]
    first = _first_batches(scope.record_ids)
    brought: dict[int, tuple[datetime, int]] = {}
    for batch_id, at in first:
        if at <= scope.until:
            newest, n = brought.get(batch_id, (at, 0))
            brought[batch_id] = (max(newest, at), n + 1)
    rows = [*changed_rows, *((pk, at, n, "received") for pk, (at, n) in brought.items())]
    names = Batch.objects.select_related("source").in_bulk({row[0] for row in rows})
    return [_imported(names[pk], at, n, what) for pk, at, n, what in rows]


def _first_batches(record_ids: Collection[int]) -> list[tuple[int, datetime]]:
    """The import that brought each record, and when: of its first revision. 2 queries."""
    rows = SourceRecord.objects.filter(id__in=record_ids).values_list("id", "batch_id", "created_at")
    firsts = dict(
        RecordVersion.objects.filter(record__in=record_ids)
        .order_by("record_id", "-revision")
        .values_list("record_id", "batch_id")
    )
    return [(firsts.get(pk, batch_id), at) for pk, batch_id, at in rows]


def _imported(batch: Batch, at: datetime, n: int, what: str) -> Event:
    records = f"{n} record{'s' if n != 1 else ''}"
    return Event(
        at, f"i{batch.id}{what}", "file-import", f"{batch.source.name}: {records} {what}", batch.file_name,
        reverse("profiles:import", args=[batch.id]), permission=VIEW_IMPORTS,
    )  # fmt: skip


def founded(scope: Scope, limit: int) -> list[Event]:
    """The beginning."""
    at = scope.profile.created_at
    return [Event(at, "a", "sparkles", "Customer founded")] if at <= scope.until else []


TIMELINE.register("operations", operations)
TIMELINE.register("corrections", corrections)
TIMELINE.register("imports", imports)
TIMELINE.register("founded", founded)


def scope_of(profile: Profile, granted: Collection[int], until: datetime, reader: User) -> Scope:
    """The customer's visible records, those it has now. At most 2 queries."""
    ids = profile.memberships.filter(record__source_id__in=granted).values_list("record_id", flat=True)
    return Scope(profile, list(ids), granted, until, reader, masks_for(reader, [profile.id]).of(profile.id))

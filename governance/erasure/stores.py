"""Every table that holds something of a person, derived from the declaration of personal data and the foreign keys.

A model with a field that erasure does not keep must lead to a record or a customer: by its foreign keys, or by a line in
LINKS. A test fails on one that does not.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL

from profiles.bulk import array
from profiles.guards import ERASED_TEXT
from profiles.models import Profile, RecordMove, SourceRecord, User
from profiles.personal_data import DECLARED, Declared, Erasure
from profiles.registry import Registry


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom it is about: the ids of a customer and of those merged into it, and the records that go."""

    profiles: tuple[UUID, ...]
    records: tuple[int, ...]


Where = Callable[[Subject], Q]
LINKS: Registry[Where] = Registry("how erasure finds rows")
DEPTH = 3  # foreign keys from a row to a record or a customer


@dataclass(frozen=True, slots=True)
class Store:
    """One table: how its rows about a person are found, whether they go, and what is emptied in those that stay."""

    model: type[models.Model]
    where: Where
    deletes: bool
    emptied: Mapping[str, Any]

    @property
    def label(self) -> str:
        return self.model._meta.label

    def rows(self, subject: Subject) -> models.QuerySet[Any]:
        return self.model._base_manager.filter(self.where(subject))

    def left(self, subject: Subject) -> models.QuerySet[Any]:
        """Rows that still say something."""
        rows = self.rows(subject)
        return rows if self.deletes else rows.exclude(**self.emptied)

    def clear(self, subject: Subject) -> int:
        """Delete the rows, or empty them. Returns how many there were to do. 2 queries."""
        rows = self.left(subject)
        if not self.deletes:
            return rows.update(**self.emptied)
        return rows.delete()[1].get(self.label, 0)


@cache
def stores() -> dict[str, Store]:
    """Label → store, of all models that hold something erasure does not keep."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        declared = DECLARED.get(model._meta.label, {})
        if any(one.erasure != Erasure.KEEP for one in declared.values()):
            found[model._meta.label] = _store(model, declared)
    return found


def _store(model: type[models.Model], declared: Mapping[str, Declared]) -> Store:
    where = LINKS.get(model._meta.label) or derived(model)
    key = declared.get(model._meta.pk.name)
    fields = {name: one.erasure for name, one in declared.items() if one.erasure != Erasure.KEEP}
    if key is None or key.erasure == Erasure.DELETE:
        return Store(model, where, True, {})
    return Store(
        model, where, False, {name: _nothing(model._meta.get_field(name), how) for name, how in fields.items()}
    )


def _nothing(field: Any, erasure: str) -> Any:
    """What a field holds once it is emptied."""
    if field.null and (erasure == Erasure.NULL or not field.empty_strings_allowed):
        return None
    if isinstance(field, models.BinaryField):
        return b""
    if isinstance(field, models.CharField | models.TextField):
        fits = erasure == Erasure.REDACT and (field.max_length or 99) >= len(ERASED_TEXT)
        return ERASED_TEXT if fits else ""
    return field.get_default() if field.has_default() else {}


class NoWay(LookupError):
    """A model holds personal data, and nothing says how its rows about one person are found."""


def derived(model: type[models.Model]) -> Where:
    """Find rows by the shortest foreign keys that lead to a record or a customer."""
    for depth in range(1, DEPTH + 1):
        paths = list(_paths(model, depth))
        if paths:
            return lambda subject: _any(paths, subject)
    raise NoWay(f"Write LINKS.register({model._meta.label!r}, …) in governance/erasure/links.py.")


def _paths(model: type[models.Model], depth: int) -> Iterator[tuple[str, bool]]:
    """(path, whether it ends at a record) of exactly that many foreign keys."""
    for field in model._meta.concrete_fields:
        if not field.is_relation or field.related_model is User or field.related_model is model:
            continue
        if depth > 1:
            yield from ((f"{field.name}__{rest}", ends) for rest, ends in _paths(field.related_model, depth - 1))
        elif field.related_model in (SourceRecord, Profile):
            yield field.name, field.related_model is SourceRecord


def _any(paths: Collection[tuple[str, bool]], subject: Subject) -> Q:
    found = Q()
    for path, is_record in paths:
        found |= Q(**{f"{path}__in": subject.records if is_record else subject.profiles})
    return found


def overlaps(column: str, ids: Collection[object], kind: str) -> RawSQL:
    """Whether an array of ids in a column of a table names one of these."""
    return RawSQL(f"({column} && %s::{kind}[])", [array(ids)], output_field=models.BooleanField())  # noqa: S611, S608


def kept(subject: Subject) -> list[tuple[str, int, str]]:
    """What stays of a person, each with how many rows and the reason: (label, rows, reason)."""
    found = []
    for label, where in STAYS.items():
        model = apps.get_model(label)
        n = model._base_manager.filter(where(subject)).distinct().count()
        if n:
            found.append((label, n, _reason(label)))
    return found


def _reason(label: str) -> str:
    return next((one.reason for one in DECLARED[label].values() if one.reason), "")


STAYS: dict[str, Where] = {
    "profiles.AuditEvent": lambda s: Q(subject_ids__overlap=list(s.profiles)),
    "profiles.IdentityOperation": lambda s: Q(id__in=moved_by(s)),
    "profiles.RecordMove": lambda s: Q(record__in=s.records),
    "profiles.Reveal": lambda s: Q(profile__in=s.profiles),
    "matching.Decision": lambda s: Q(left__in=s.profiles) | Q(right__in=s.profiles),
}


def moved_by(subject: Subject) -> models.QuerySet[Any]:
    """Operations that moved one of the records, or any record from or to the customer."""
    ends = Q(from_profile__in=subject.profiles) | Q(to_profile__in=subject.profiles)
    return RecordMove.objects.filter(Q(record__in=subject.records) | ends).values("operation_id")

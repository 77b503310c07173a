"""What was found about customers and records, as one reader may see it: names of those they may see, a count of the rest."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from profiles.customers import ShownCustomer, granted_sources, show
from profiles.masking import cover, mask_of
from profiles.models import Membership, Profile, SourceRecord, User


@dataclass(frozen=True, slots=True)
class NamedError:
    """An error of an evaluation with its two customers, or one when both records are of one."""

    error: Mapping[str, Any]
    records: tuple[SourceRecord, SourceRecord]
    customers: tuple[ShownCustomer, ...]


@dataclass(frozen=True, slots=True)
class NamedChange:
    """A change of a shadow run with the customers that it concerns."""

    change: Mapping[str, Any]
    customers: tuple[ShownCustomer, ...]


def errors(found: Sequence[Mapping[str, Any]], user: User) -> tuple[list[NamedError], int]:
    """Errors whose both records the user may see, with names, and how many are left out. 7 queries."""
    records = visible_records({pk for error in found for pk in (error["left"], error["right"])}, user)
    known = [error for error in found if error["left"] in records and error["right"] in records]
    home = dict(Membership.objects.filter(record_id__in=records).values_list("record_id", "profile_id"))
    people = show(set(home.values()), user)
    named = [
        NamedError(
            error,
            (records[error["left"]], records[error["right"]]),
            tuple(people[pid] for pid in dict.fromkeys(home.get(error[side]) for side in ("left", "right")) if pid),
        )
        for error in known
    ]
    return named, len(found) - len(known)


def visible_records(ids: Iterable[int], user: User) -> dict[int, SourceRecord]:
    """The records among these that are of a source the user may see, without their values, ids masked. 2 queries."""
    rows = SourceRecord.objects.filter(id__in=list(ids), source_id__in=granted_sources(user))
    found = rows.select_related("source").defer("payload", "attributes")
    return {row.id: row for row in cover(found, mask_of(user))}


def changes(found: Sequence[Mapping[str, Any]], user: User) -> tuple[list[NamedChange], int]:
    """Changes all of whose customers the user may see, with names, and how many are left out. 6 queries."""
    ids = {UUID(pid) for change in found for pid in change["customers"]}
    visible = set(Profile.objects.visible_to(user).filter(id__in=ids).values_list("id", flat=True))
    people = show(visible, user)
    named = [
        NamedChange(change, tuple(people[UUID(pid)] for pid in change["customers"]))
        for change in found
        if all(UUID(pid) in visible for pid in change["customers"])
    ]
    return named, len(found) - len(named)

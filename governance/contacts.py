"""Contact values as the consent ledger names them: by a keyed hash, so that a NO outlives the erasure of the value."""

from collections.abc import Collection, Iterable, Mapping
from uuid import UUID

from django.db import connection

from profiles import encryption
from profiles.bulk import array
from profiles.keyring import DIGEST, ring
from profiles.models import SearchEntry

from .models import CONTACT_FIELDS, Channel

FIELDS = tuple(sorted(set(CONTACT_FIELDS.values())))
_PURPOSE = "consent: contact values"


def digest(field: str, value: str) -> str:
    """What the ledger calls a contact value: equal for equal values of a field, whatever their case. About 3 µs.

    Always under the oldest key, which is never taken out: statements of before and after a change of keys must meet.
    """
    oldest = min(ring(DIGEST).keys)
    return encryption.digest(f"{field}\0{value.casefold()}", purpose=_PURPOSE, version=oldest).hex()


def digest_for(channel: str, value: str) -> str:
    """The same for the value that a channel reaches; empty where it names none."""
    return digest(CONTACT_FIELDS[Channel(channel)], value) if value else ""


def held(profile_ids: Iterable[UUID], granted: Collection[int] | None = None) -> dict[UUID, dict[str, dict[str, str]]]:
    """Profile → field → digest → value of the contact values that its records (of granted sources) give it. 1 query."""
    visible, sources = ("", []) if granted is None else (" AND source_ids && %s::bigint[]", [array(granted)])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT profile_id, field, value FROM profiles_goldenvalue"
            f" WHERE profile_id = ANY(%s::uuid[]) AND field = ANY(%s){visible} ORDER BY field, rank, id",  # noqa: S608
            [array(profile_ids), list(FIELDS), *sources],
        )
        found: dict[UUID, dict[str, dict[str, str]]] = {}
        for profile_id, field, value in cursor.fetchall():
            found.setdefault(profile_id, {}).setdefault(field, {})[digest(field, value)] = value
    return found


def by_channel(values: Mapping[str, Mapping[str, str]]) -> dict[str, list[str]]:
    """Channel → digests of the values that it reaches, of one customer's `held`."""
    return {str(channel): list(values.get(field, ())) for channel, field in CONTACT_FIELDS.items()}


def holders(values: Iterable[tuple[str, str]]) -> set[UUID]:
    """Profiles that hold any of these (field, value). 1 query, none for none."""
    wanted: dict[str, set[str]] = {}
    for field, value in values:
        text = value.casefold() if field == "email" else value.lstrip("+").casefold()
        wanted.setdefault(field, set()).add(text[:300])
    found: set[UUID] = set()
    for kind, texts in wanted.items():
        rows = SearchEntry.objects.filter(kind=kind, text__in=texts)
        found |= set(rows.values_list("profile_id", flat=True))
    return found

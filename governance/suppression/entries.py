"""Entries: written at an erasure for everything that its records are known by, and lifted again."""

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from governance.models import Erasure, SuppressionEntry
from matching.models_in_force import blocked_values
from profiles.encryption import digest_version
from profiles.models import Correction, RecordVersion, SearchEntry, SourceRecord
from profiles.schema import published

from . import identifiers
from .identifiers import Identifier, Kind


def identifiers_of(record_ids: Collection[int]) -> list[Identifier]:
    """Everything that records, their older versions and their corrections are known by; no value that matching ignores.

    3 queries and the schema.
    """
    blocked = blocked_values(published())
    found: dict[Identifier, None] = {}
    for source_key, external_id, said in _said(record_ids):
        attributes = {
            field: [value for value in values if not blocked.blocks(field, value)] for field, values in said.items()
        }
        found |= dict.fromkeys(identifiers.single(source_key, external_id, attributes))
        found |= dict.fromkeys(identifiers.together(attributes))
    return list(found)


def _said(record_ids: Collection[int]) -> Iterator[tuple[str, str, identifiers.Attributes]]:
    """Source, external id and attributes, the sensitive ones too, of each record, older state and correction."""
    rows = SourceRecord.objects.filter(id__in=record_ids).select_related("source").defer("payload")
    records = {row.pk: row for row in rows}
    yield from ((row.source.key, row.external_id, row.attributes) for row in records.values())
    for version in RecordVersion.objects.filter(record_id__in=records).defer("payload"):
        yield records[version.record_id].source.key, "", version.attributes
    for correction in Correction.objects.filter(record_id__in=records):
        row = records[correction.record_id]
        yield row.source.key, "", {**row.attributes, correction.field: correction.values}


def write(
    *, erasure: Erasure, found: Iterable[Identifier], held_by_others: Collection[Identifier], now: datetime
) -> int:
    """Write the entries of an erasure. Caller has locked the gate. Returns how many. 1 query."""
    mailboxes = {identifiers.loose(one.value) for one in held_by_others if one.kind == Kind.EMAIL}
    rows = [
        SuppressionEntry(
            digest=hashed, key_version=digest_version(), kind=one.kind, basis=erasure.basis, erasure=erasure,
            is_unique=one.is_unique and one not in held_by_others and not _of_a_shared_mailbox(one, mailboxes),
            created_at=now,
        )
        for one, hashed in identifiers.hashed(found)
    ]  # fmt: skip
    SuppressionEntry.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def _of_a_shared_mailbox(one: Identifier, mailboxes: Collection[str]) -> bool:
    return one.kind == Kind.EMAIL_NAME and one.value.partition("\0")[0] in mailboxes


def held_by_others(found: Iterable[Identifier], profile_ids: Collection[UUID]) -> set[Identifier]:
    """Mailboxes that active customers other than these have, too: they are no one person's alone. 1 query."""
    mailboxes = {one.value: one for one in found if one.kind == Kind.EMAIL}
    rows = SearchEntry.objects.filter(kind=SearchEntry.Kind.EMAIL, text__in=list(mailboxes))
    return {mailboxes[text] for text in rows.exclude(profile_id__in=profile_ids).values_list("text", flat=True)}


def counted(erasure: Erasure) -> dict[str, Any]:
    """Kind → how many entries an erasure wrote. 1 query."""
    kinds = list(erasure.suppressions.values_list("kind", flat=True))
    return {str(kind): kinds.count(kind) for kind in sorted(set(kinds))}

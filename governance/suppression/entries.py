"""Entries: written at an erasure for everything that its records are known by, and lifted again."""

import json
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from governance.models import Erasure, SuppressionEntry
from matching.models_in_force import blocked_values
from profiles.bulk import array
from profiles.encryption import digest_version
from profiles.models import SearchEntry
from profiles.schema import published

from . import identifiers
from .identifiers import Identifier, Kind

SAID = """
SELECT s.key, r.external_id, r.attributes::text FROM profiles_sourcerecord r JOIN profiles_source s ON s.id = r.source_id
WHERE r.id = ANY(%(ids)s::bigint[])
UNION ALL SELECT s.key, '', v.attributes::text FROM profiles_recordversion v
JOIN profiles_sourcerecord r ON r.id = v.record_id JOIN profiles_source s ON s.id = r.source_id
WHERE v.record_id = ANY(%(ids)s::bigint[])
UNION ALL SELECT s.key, '', (r.attributes || jsonb_build_object(c.field, c.values))::text FROM profiles_correction c
JOIN profiles_sourcerecord r ON r.id = c.record_id JOIN profiles_source s ON s.id = r.source_id
WHERE c.record_id = ANY(%(ids)s::bigint[])
"""


def identifiers_of(record_ids: Collection[int]) -> list[Identifier]:
    """Everything that records, their older versions and their corrections are known by; no value that matching ignores.

    1 query and the schema.
    """
    blocked = blocked_values(published())
    found: dict[Identifier, None] = {}
    with connection.cursor() as cursor:
        cursor.execute(SAID, {"ids": array(record_ids)})
        for source_key, external_id, text in cursor.fetchall():
            attributes = {
                field: [value for value in values if not blocked.blocks(field, value)]
                for field, values in json.loads(text).items()
            }
            found |= dict.fromkeys(identifiers.single(source_key, external_id, attributes))
            found |= dict.fromkeys(identifiers.together(attributes))
    return list(found)


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

"""Going back: an older version is put in force again, or the draft is taken back to what is in force."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from . import audit, schema
from .models import BlockedValue, CanonicalField, FieldMapping, SchemaVersion, Source, User


def publish_again(*, version: SchemaVersion, by: User | None) -> SchemaVersion:
    """Roll back: an older content in force as a new version. The draft keeps its edits.

    Sources and fields made since stay as they are published now, or their records could not be read any more.
    """
    newest = SchemaVersion.objects.get(number=schema.published().number)
    content = {
        **version.content,
        "fields": _with_newer(version.content["fields"], newest.content["fields"]),
        "sources": _with_newer(version.content["sources"], newest.content["sources"]),
    }
    return schema.publish_content(content, by=by, note=f"Version {version.number} again")


def _with_newer(old: Iterable[Mapping[str, Any]], new: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    old = list(old)
    known = {row["key"] for row in old}
    return [*old, *(row for row in new if row["key"] not in known)]


@transaction.atomic
def restore_draft(*, by: User | None) -> SchemaVersion:
    """Take the draft back to what is in force; sources and fields made since stay as drafts. History keeps the edits."""
    version = SchemaVersion.objects.get(number=schema.published().number)
    content = version.content
    for row in content["fields"]:
        CanonicalField.objects.update_or_create(key=row["key"], defaults={**row})
    for row in content["sources"]:
        _restore_source(row)
    _restore_blocked(content["blocked"])
    audit.record("schema.draft_restored", obj=version, detail={"number": version.number})
    return version


def _restore_source(row: Mapping[str, Any]) -> None:
    source = Source.objects.filter(key=row["key"]).first()
    if source is None:
        return
    for name in schema.SOURCE_PARTS:
        setattr(source, name, row[name])
    source.save()
    source.mappings.all().delete()
    for mapping in row["mappings"]:
        FieldMapping.objects.create(source=source, **mapping)


def _restore_blocked(rows: Iterable[Mapping[str, Any]]) -> None:
    """Notes of blocked values that stay are kept."""
    wanted = {(row["field"], row["pattern"], row["is_regex"]): row for row in rows}
    for value in BlockedValue.objects.all():
        if wanted.pop((value.field, value.pattern, value.is_regex), None) is None:
            value.delete()
    for row in wanted.values():
        BlockedValue.objects.create(**row)

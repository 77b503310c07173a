"""The schema in force: what the last published version says. The editable tables are the draft."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection, transaction

from . import audit
from .canonical.registry import TARGETS
from .canonical.types import Context, FieldMapping
from .models import BlockedValue, CanonicalField, SchemaVersion, Source, User
from .registry import Registry
from .schema_check import check
from .schema_diff import Difference, difference

PUBLISH_LOCK = 7_305_912_002
NOTHING: dict[str, Any] = {"fields": [], "sources": [], "blocked": []}

# What follows from a publication, in its transaction: the rebuild here, new keys in an upper app.
AFTER_PUBLISH: Registry[Callable[[SchemaVersion, Difference], None]] = Registry("steps after a schema was published")


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """A canonical field as published."""

    key: str
    label: str
    kind: str
    group: str
    multi_valued: bool
    standardiser: str
    survivorship: str
    sensitivity: str
    category: str
    position: int
    erasure: str = "delete"
    erasure_reason: str = ""


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source as published: how its rows are read and standardised."""

    key: str
    trust: int
    id_column: str
    version_column: str
    context: Context
    mappings: tuple[FieldMapping, ...]
    unique_fields: tuple[str, ...]

    def version_of(self, cells: Mapping[str, str]) -> str:
        """The row's own version, "" where the source declares no column for it."""
        return cells.get(self.version_column, "").strip()[:64] if self.version_column else ""


@dataclass(frozen=True, slots=True)
class Schema:
    """A published schema version, ready to use."""

    number: int
    published_at: datetime
    fields: Mapping[str, FieldSpec]
    sources: Mapping[str, SourceSpec]
    blocked: tuple[tuple[str, str, bool], ...]
    content: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def content_of(self, source: str) -> Mapping[str, Any] | None:
        """The source as it was published, or None when the version does not know it."""
        return next((row for row in self.content["sources"] if row["key"] == source), None)

    def label(self, key: str) -> str:
        """What people call a field; free attributes are called by their own name."""
        spec = self.fields.get(key)
        return spec.label if spec else key.removeprefix("free:").replace("_", " ").capitalize()

    def groups(self) -> dict[str, list[str]]:
        """Fields that survive together, by group."""
        found: dict[str, list[str]] = {}
        for spec in self.fields.values():
            if spec.group:
                found.setdefault(spec.group, []).append(spec.key)
        return found


class NothingPublished(LookupError):
    """No schema version was published yet."""


_cache: dict[tuple[int, datetime], Schema] = {}


def published(number: int | None = None) -> Schema:
    """The schema in force, or the version `number`. 1 query (which one), 2 when it is not in memory yet.

    The time is part of the key: a database restored or made anew may hold another version of the same number.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT number, published_at FROM profiles_schemaversion WHERE number = %(number)s OR %(number)s = 0"
            " ORDER BY number DESC LIMIT 1",
            {"number": number or 0},
        )
        wanted = cursor.fetchone()
    if wanted is None:
        raise NothingPublished("Publish a schema version first.")
    return known(*wanted)


def known(number: int, published_at: datetime) -> Schema:
    """The version that somebody found in force. No query, 1 when it is not in memory yet."""
    if (number, published_at) not in _cache:
        _cache[number, published_at] = _load(SchemaVersion.objects.get(number=number))
    return _cache[number, published_at]


def _load(version: SchemaVersion) -> Schema:
    content = version.content
    return Schema(
        number=version.number,
        published_at=version.published_at,
        fields={row["key"]: FieldSpec(**row) for row in content["fields"]},
        sources={row["key"]: _source_spec(row) for row in content["sources"]},
        blocked=tuple((row["field"], row["pattern"], row["is_regex"]) for row in content["blocked"]),
        content=content,
    )


def _source_spec(row: Mapping[str, Any]) -> SourceSpec:
    return SourceSpec(
        key=row["key"],
        trust=row["trust"],
        id_column=row["id_column"],
        version_column=row["version_column"],
        context=Context(
            region=row["region"], date_format=row["date_format"], default_party_kind=row["default_party_kind"]
        ),
        mappings=tuple(FieldMapping(**mapping) for mapping in row["mappings"]),
        unique_fields=tuple(row["unique_fields"]),
    )


def draft() -> dict[str, Any]:
    """The content a publication would freeze now. 4 queries."""
    fields = [
        {name: getattr(row, name) for name in FieldSpec.__dataclass_fields__} for row in CanonicalField.objects.all()
    ]
    own = {row["key"]: row["standardiser"] for row in fields}
    blocked = list(BlockedValue.objects.values("field", "pattern", "is_regex"))
    sources = Source.objects.order_by("key").prefetch_related("mappings")
    return {"fields": fields, "sources": [_source_content(source, own) for source in sources], "blocked": blocked}


SOURCE_PARTS = (
    "key", "trust", "id_column", "version_column", "region", "date_format", "default_party_kind", "unique_fields",
)  # fmt: skip


def _source_content(source: Source, own: Mapping[str, str]) -> dict[str, Any]:
    """A source as it is published; a mapping without a standardiser takes that of its field."""
    mappings = [
        {
            "column": mapping.column,
            "target": mapping.target,
            "standardiser": mapping.standardiser or own.get(mapping.target) or TARGETS.get(mapping.target, "text"),
            "separator": mapping.separator,
            "required": mapping.required,
        }
        for mapping in source.mappings.all()
    ]
    return {**{name: getattr(source, name) for name in SOURCE_PARTS}, "mappings": mappings}


def difference_to_published() -> Difference:
    """What publishing the draft would change. 5 queries."""
    newest = SchemaVersion.objects.first()
    return difference(newest.content if newest else NOTHING, draft())


def publish(*, by: User | None, note: str = "") -> SchemaVersion:
    """Freeze the draft as the next version; what changed meaning is read, keyed and chosen anew by jobs."""
    return publish_content(draft(), by=by, note=note)


@transaction.atomic
def publish_content(content: dict[str, Any], *, by: User | None, note: str) -> SchemaVersion:
    """Put a content in force as the next version, with what follows from it. Refuses one that cannot be read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PUBLISH_LOCK])
    check(content)
    before = SchemaVersion.objects.first()
    version = SchemaVersion.objects.create(
        number=before.number + 1 if before else 1, content=content, published_by=by, note=note
    )
    audit.record("schema.published", obj=version, detail={"number": version.number})
    if before:
        found = difference(before.content, content)
        for step in AFTER_PUBLISH.values():
            step(version, found)
    return version

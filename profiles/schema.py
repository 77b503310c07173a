"""The schema in force: what the last published version says. The editable tables are the draft."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Max

from . import audit
from .canonical.types import Context, FieldMapping
from .models import BlockedValue, CanonicalField, SchemaVersion, Source, User


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


@dataclass(frozen=True, slots=True)
class Schema:
    """A published schema version, ready to use."""

    number: int
    fields: Mapping[str, FieldSpec]
    sources: Mapping[str, SourceSpec]
    blocked: tuple[tuple[str, str, bool], ...]

    def label(self, field: str) -> str:
        """What people call a field; free attributes are called by their own name."""
        spec = self.fields.get(field)
        return spec.label if spec else field.removeprefix("free:").replace("_", " ").capitalize()

    def groups(self) -> dict[str, list[str]]:
        """Fields that survive together, by group."""
        found: dict[str, list[str]] = {}
        for spec in self.fields.values():
            if spec.group:
                found.setdefault(spec.group, []).append(spec.key)
        return found


class NothingPublished(LookupError):
    """No schema version was published yet."""


_cache: dict[int, Schema] = {}


def published(number: int | None = None) -> Schema:
    """The schema in force, or the version `number`. 1 query (the number), 2 when it is not in memory yet."""
    wanted = number or SchemaVersion.objects.aggregate(newest=Max("number"))["newest"]
    if wanted is None:
        raise NothingPublished("Publish a schema version first.")
    if wanted not in _cache:
        _cache[wanted] = _load(SchemaVersion.objects.get(number=wanted))
    return _cache[wanted]


def _load(version: SchemaVersion) -> Schema:
    content = version.content
    return Schema(
        number=version.number,
        fields={row["key"]: FieldSpec(**row) for row in content["fields"]},
        sources={row["key"]: _source_spec(row) for row in content["sources"]},
        blocked=tuple((row["field"], row["pattern"], row["is_regex"]) for row in content["blocked"]),
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
        {name: getattr(field, name) for name in FieldSpec.__dataclass_fields__}
        for field in CanonicalField.objects.all()
    ]
    blocked = list(BlockedValue.objects.values("field", "pattern", "is_regex"))
    sources = [_source_content(source) for source in Source.objects.order_by("key").prefetch_related("mappings")]
    return {"fields": fields, "sources": sources, "blocked": blocked}


def _source_content(source: Source) -> dict[str, Any]:
    plain = (
        "key",
        "trust",
        "id_column",
        "version_column",
        "region",
        "date_format",
        "default_party_kind",
        "unique_fields",
    )
    mappings = [
        {
            "column": mapping.column,
            "target": mapping.target,
            "standardiser": mapping.standardiser_name,
            "separator": mapping.separator,
            "required": mapping.required,
        }
        for mapping in source.mappings.all()
    ]
    return {**{name: getattr(source, name) for name in plain}, "mappings": mappings}


def differs_from_published() -> bool:
    """Whether the draft holds changes that were not published."""
    newest = SchemaVersion.objects.first()
    return newest is None or newest.content != draft()


@transaction.atomic
def publish(*, by: User | None, note: str = "") -> SchemaVersion:
    """Freeze the draft as the next version; records that changed meaning are standardised anew by a job."""
    number = (SchemaVersion.objects.aggregate(newest=Max("number"))["newest"] or 0) + 1
    version = SchemaVersion.objects.create(number=number, content=draft(), published_by=by, note=note)
    audit.record("schema.published", obj=version, detail={"number": number})
    return version

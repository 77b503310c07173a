"""The match model in force, as the engine reads it."""

from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from profiles import audit, jobs, schema
from profiles.models import User

from .engine.blocked import BlockedValues, compile_blocked
from .engine.model import Model, ModelInvalid
from .models import MatchModel

OFF = "off"  # rules that a draft has switched off: kept beside the model, so that they can be switched on again


class NoModel(LookupError):
    """No match model was published yet."""


def published() -> Model:
    """The published model. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, label FROM matching_matchmodel WHERE state = 'published'")
        row = cursor.fetchone()
    if row is None:
        raise NoModel("Publish a match model first.")
    return known(*row)


def known(model_id: int, label: str) -> Model:
    """The model that somebody found in force. No query, 1 when it is not in memory yet."""
    return _load(model_id, label)


def by_label(label: str) -> Model:
    """The model that a decision names, or the published one when it is gone. 2 queries, once."""
    try:
        return _labelled(label)
    except MatchModel.DoesNotExist:
        return published()


@lru_cache(maxsize=8)
def _labelled(label: str) -> Model:
    return _load(MatchModel.objects.values_list("id", flat=True).get(label=label), label)


@lru_cache(maxsize=8)
def _load(model_id: int, label: str) -> Model:
    return Model.from_json(MatchModel.objects.values_list("content", flat=True).get(id=model_id))


@lru_cache(maxsize=4)
def _blocked(number: int, published_at: datetime) -> BlockedValues:
    return compile_blocked(schema.published(number).blocked)


def blocked_values(version: schema.Schema) -> BlockedValues:
    """Blocked values of a published schema, compiled."""
    return _blocked(version.number, version.published_at)


_with_sources: dict[tuple[int, int, datetime], tuple[Model, Model]] = {}


def with_sources(model: Model, version: schema.Schema) -> Model:
    """The model with the identifiers that sources declare as one per person, beside those it knows for all sources."""
    key = (id(model), version.number, version.published_at)
    if key not in _with_sources:
        if len(_with_sources) > 8:
            _with_sources.clear()
        own = {name: frozenset(spec.unique_fields) for name, spec in version.sources.items() if spec.unique_fields}
        told = {name: model.unique_by_source.get(name, model.unique_fields) | fields for name, fields in own.items()}
        widened = replace(model, unique_by_source={**model.unique_by_source, **told}) if told else model
        _with_sources[key] = (model, widened)  # kept together, so that the id stays the model's
    return _with_sources[key][1]


class PublishNotAllowed(Exception):
    """The model cannot be put in force; the message says why."""


def read_content(label: str, content: object) -> dict[str, Any]:
    """A content that is a model of this label; raises ModelInvalid with the place of the first fault."""
    if not isinstance(content, dict):
        raise ModelInvalid("A model is a JSON object.")
    kept = {OFF: content[OFF]} if OFF in content else {}
    return Model.from_json({**content, "label": label}).to_json() | kept


@transaction.atomic
def publish(*, model: MatchModel, by: User | None) -> MatchModel:
    """Put a draft (or, to roll back, a retired) model in force; the one before is retired. Their content never changes.

    A model that blocks otherwise than the one before is followed by a re-key job.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [schema.PUBLISH_LOCK])
    model = MatchModel.objects.select_for_update(of=("self",)).get(id=model.id)
    if model.state == MatchModel.State.PUBLISHED:
        raise PublishNotAllowed("This model is in force already.")
    new = Model.from_json(model.content)
    before = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).first()
    if before:
        before.state = MatchModel.State.RETIRED
        before.save(update_fields=["state"])
    model.state, model.published_at, model.published_by = MatchModel.State.PUBLISHED, timezone.now(), by
    model.save(update_fields=["state", "published_at", "published_by"])
    audit.record("model.published", obj=model, detail={"label": model.label})
    if before and Model.from_json(before.content).blocking != new.blocking:
        jobs.enqueue(kind="rekey", args={"model": model.label}, dedupe_key="model")
    return model

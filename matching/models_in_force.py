"""The match model in force, as the engine reads it."""

from functools import lru_cache

from django.db import transaction
from django.utils import timezone

from profiles import audit, schema
from profiles.models import User

from .engine.blocked import BlockedValues, compile_blocked
from .engine.model import Model
from .models import MatchModel


class NoModel(LookupError):
    """No match model was published yet."""


def published() -> Model:
    """The published model. 1 query."""
    row = MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).values_list("id", "label").first()
    if row is None:
        raise NoModel("Publish a match model first.")
    return _load(*row)


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


@lru_cache(maxsize=2)
def _blocked(number: int) -> BlockedValues:
    return compile_blocked(schema.published(number).blocked)


def blocked_values(version: schema.Schema) -> BlockedValues:
    """Blocked values of a published schema, compiled."""
    return _blocked(version.number)


@transaction.atomic
def publish(*, model: MatchModel, by: User | None) -> MatchModel:
    """Put a draft model in force; the one before is retired. Published models never change."""
    MatchModel.objects.filter(state=MatchModel.State.PUBLISHED).update(state=MatchModel.State.RETIRED)
    model.state, model.published_at, model.published_by = MatchModel.State.PUBLISHED, timezone.now(), by
    model.save()
    audit.record("model.published", obj=model, detail={"label": model.label})
    return model

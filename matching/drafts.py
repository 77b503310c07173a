"""Drafts of match models: copied, edited, discarded; refitted from what stewards decided. Never in force by themselves."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction

from profiles import audit, schema
from profiles.models import User

from . import models_in_force
from .engine.encode import encode
from .engine.measure import judged_pairs
from .engine.model import Model, ModelInvalid
from .engine.refit import SAME_PRIOR, Shift, refit, shifts
from .labels import from_decisions, usage_of
from .models import MatchModel, Publication
from .models_in_force import OFF

SWITCHED = ("rules", "vetoes", "blocking")


class DraftNotAllowed(Exception):
    """The draft cannot be made or changed; the message says why."""


@transaction.atomic
def copy(*, model: MatchModel, label: str, note: str, by: User) -> MatchModel:
    """A draft that begins as a copy of any version."""
    return create(model, label, deepcopy(model.content), note, by)


def create(model: MatchModel, label: str, content: dict[str, Any], note: str, by: User) -> MatchModel:
    content["label"] = label
    draft = MatchModel(label=label, content=content, note=note, based_on=model.label, created_by=by)
    try:
        with transaction.atomic():
            draft.save(force_insert=True)
    except IntegrityError as error:
        raise DraftNotAllowed(f"There is a version {label} already.") from error
    audit.record("model.drafted", obj=draft, detail={"label": label, "based_on": model.label})
    return draft


def next_label(model: MatchModel) -> str:
    """A label that is free, made from the model's: of default-1 default-2. 1 query."""
    stem, _, number = model.label.rpartition("-")
    if not number.isdecimal():
        stem, number = model.label, "1"
    stem = stem[:50]
    taken = set(MatchModel.objects.filter(label__startswith=f"{stem}-").values_list("label", flat=True))
    count = int(number) + 1
    while f"{stem}-{count}" in taken:
        count += 1
    return f"{stem}-{count}"


@transaction.atomic
def edit(*, draft: MatchModel, content: Mapping[str, Any], note: str, expected: int, by: User) -> MatchModel:
    """Replace the content of a draft. Raises DraftNotAllowed when it is none any more, or was edited in the meantime."""
    draft = MatchModel.objects.select_for_update().get(id=draft.id)
    check_editable(draft)
    if draft.revision != expected:
        raise DraftNotAllowed("Somebody else edited this draft in the meantime. Load it again.")
    content = {**content, "label": draft.label}
    read(content)
    draft.content, draft.note, draft.revision = content, note, draft.revision + 1
    draft.save(update_fields=["content", "note", "revision"])
    audit.record("model.edited", obj=draft, detail={"label": draft.label, "revision": draft.revision})
    return draft


def read(content: Mapping[str, Any]) -> Model:
    """The model that a content says. Raises DraftNotAllowed with the place of the first fault."""
    try:
        return Model.from_json(content)
    except ModelInvalid as error:
        raise DraftNotAllowed(str(error)) from error


def check_editable(model: MatchModel) -> None:
    """Raise DraftNotAllowed unless the model may be edited now. 1 query."""
    if model.state != MatchModel.State.DRAFT:
        raise DraftNotAllowed("This version was published: make a copy and edit that.")
    if model.publications.filter(state=Publication.State.REQUESTED).exists():
        raise DraftNotAllowed("Its publication was asked for. Withdraw that before you edit the draft.")


@transaction.atomic
def discard(*, draft: MatchModel, by: User) -> None:
    """Delete a draft that nobody ever asked to publish."""
    draft = MatchModel.objects.select_for_update().get(id=draft.id)
    check_editable(draft)
    if draft.publications.exists():
        raise DraftNotAllowed("Its publication was asked for before: it is kept, so that the answer can be understood.")
    audit.record("model.discarded", obj=draft, detail={"label": draft.label})
    draft.delete()


def switch(content: Mapping[str, Any], kind: str, names: set[str]) -> dict[str, Any]:
    """The content with exactly these of its rules (`rules`, `vetoes` or `blocking`) on.

    The others are kept as switched off, and the order of all, since the first named rule that holds decides.
    """
    every, off = all_rules(content, kind), content.get(OFF, {})
    kept = [rule for rule in every if name_of(rule) not in names]
    order = {**off.get("order", {}), kind: [name_of(rule) for rule in every]}
    found = {**content, kind: [rule for rule in every if name_of(rule) in names]}
    return {**found, OFF: {**off, kind: kept, "order": order}} if kept or off.get(kind) else found


def all_rules(content: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    """Rules that are on and rules that are off, in their order."""
    off = content.get(OFF, {})
    every, order = [*content[kind], *off.get(kind, [])], off.get("order", {}).get(kind, [])
    place = {name: number for number, name in enumerate(order)}
    return sorted(every, key=lambda rule: place.get(name_of(rule), len(place)))


def name_of(rule: Mapping[str, Any]) -> str:
    """What a rule is called; a veto by the reason that decisions give."""
    return str(rule.get("name") or rule["reason"])


@dataclass(frozen=True, slots=True)
class Refit:
    """What decisions would teach a model: pairs of each kind, and the levels whose weight moves."""

    same: int
    different: int
    shifts: list[Shift]
    fitted: Model


def refitted(*, model: MatchModel, prior: float = SAME_PRIOR) -> Refit:
    """The model refitted from decisions; nothing is stored. Raises NotLabelled before the first one. About 8 queries."""
    labelled, before = from_decisions(), read(model.content)
    table = encode(labelled.records, before, models_in_force.blocked_values(schema.published()))
    judged = judged_pairs(table, labelled.truth.left, labelled.truth.right, before, usage_of(table, before))
    levels, same = judged.scores.levels, labelled.truth.same
    after = refit(before, levels, same, judged.scores.household_probability, prior)
    return Refit(int(same.sum()), int((~same).sum()), shifts(before, after, levels, same), after)


@transaction.atomic
def copy_refitted(*, model: MatchModel, label: str, note: str, by: User, prior: float = SAME_PRIOR) -> MatchModel:
    """A draft with the probabilities that decisions teach; everything else is a copy."""
    found = refitted(model=model, prior=prior)
    content = {**deepcopy(model.content), "comparisons": found.fitted.to_json()["comparisons"]}
    said = note or f"Refitted from {found.same + found.different} decided pairs"
    return create(model, label, content, said, by)

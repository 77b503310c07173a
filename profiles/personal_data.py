"""Personal data, declared per field: what it is, how much it needs care, and what erasure does with it.

One registry that masking, export, erasure and log redaction read. Each app declares the fields of its own models in its
`classified.py`; a test fails on a field that nobody declared, with the line to write.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.apps import apps
from django.db import models

from .registry import Registry


class Category(models.TextChoices):
    """What a field says about a person."""

    IDENTIFIER = "identifier", "Identifier"
    CONTACT = "contact", "Contact"
    DEMOGRAPHIC = "demographic", "Demographic"
    BEHAVIOURAL = "behavioural", "Behavioural"
    FREE_TEXT = "free_text", "Free text"
    TECHNICAL = "technical", "Technical"
    NONE = "none", "None"


class Sensitivity(models.TextChoices):
    """Who may see it."""

    PUBLIC = "public", "Public"
    INTERNAL = "internal", "Internal"
    PERSONAL = "personal", "Personal"
    SENSITIVE = "sensitive", "Sensitive"


class Erasure(models.TextChoices):
    """What the erasure of a person does with it."""

    DELETE = "delete", "Delete the row"
    NULL = "null", "Empty it"
    REDACT = "redact", "Redact it"
    KEEP = "keep", "Keep it"


@dataclass(frozen=True, slots=True)
class Declared:
    """The declaration of one field."""

    category: Category
    sensitivity: Sensitivity
    erasure: Erasure
    reason: str = ""

    def __post_init__(self) -> None:
        if self.erasure == Erasure.KEEP and not self.reason:
            raise ValueError("What erasure keeps needs a reason.")


@dataclass(frozen=True, slots=True)
class Fields:
    """Fields of one model that share a declaration."""

    names: tuple[str, ...]
    declared: Declared


# "app.Model" → field → declaration
DECLARED: Registry[dict[str, Declared]] = Registry("personal data of models")


def say(names: str, category: str, sensitivity: str, erasure: str, reason: str = "") -> Fields:
    """Fields (names with spaces between) and what they are."""
    declared = Declared(Category(category), Sensitivity(sensitivity), Erasure(erasure), reason)
    return Fields(tuple(names.split()), declared)


def technical(names: str, erasure: str = Erasure.DELETE, reason: str = "") -> Fields:
    """Keys, states, counts and times of a row about a person: they say nothing alone, and go with the row."""
    return say(names, Category.TECHNICAL, Sensitivity.INTERNAL, erasure, reason)


def nothing(names: str) -> Fields:
    """Fields of a row that is about no customer."""
    return say(names, Category.NONE, Sensitivity.INTERNAL, Erasure.KEEP, "About no customer.")


def declare(label: str, *groups: Fields) -> None:
    """Declare the fields of a model; a field declared twice fails at start."""
    found: dict[str, Declared] = {}
    for group in groups:
        for name in group.names:
            if name in found:
                raise ValueError(f"{label}.{name} is declared twice")
            found[name] = group.declared
    DECLARED.register(label, found)


def declare_history(label: str) -> None:
    """Declare the history of a model (django-simple-history): its fields are what they are there, and who changed it."""
    app, _, name = label.partition(".")
    own = nothing("history_id history_date history_change_reason history_type")
    staff = say("history_user", Category.IDENTIFIER, Sensitivity.INTERNAL, Erasure.KEEP, "Who changed the set-up.")
    found = dict(DECLARED[label])
    found |= {name: group.declared for group in (own, staff) for name in group.names}
    DECLARED.register(f"{app}.Historical{name}", found)


def declared_for(model: type[models.Model]) -> dict[str, Declared]:
    """Declarations of a model's fields; none when nobody declared it."""
    return DECLARED.get(model._meta.label, {})


def concrete_fields() -> Iterable[tuple[type[models.Model], models.Field]]:
    """Every concrete field of every model, those that Django and others make included."""
    for model in sorted(apps.get_models(include_auto_created=True), key=lambda model: model._meta.label):
        if not model._meta.proxy:
            for field in model._meta.local_concrete_fields:
                yield model, field

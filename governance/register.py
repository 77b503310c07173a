"""The register of processing (GDPR Art. 30), generated from what the site goes by: purposes, declarations, windows, sources.

Nothing is written here by hand but the measures; so it says what is so, and changes with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from profiles.models import Source, User
from profiles.personal_data import DECLARED, Category, Erasure, Sensitivity
from profiles.schema import Schema

from .models import Purpose, RetentionRule

SUBJECTS = "Customers and people who may become customers; the staff who sign in"
MEASURES = (
    "TLS in transit; database and broker over TLS where a network lies between",
    "Rows as received, uploads and sensitive values encrypted with AES-256-GCM, keys outside the database",
    "Values masked by role; grants by source, confirmed each quarter; a second factor to sign in",
    "Every read of personal data in an append-only audit that is signed every ten seconds",
    "Backups encrypted; erasures done again after a restore, before the site opens",
)
NOT_ABOUT_PEOPLE = (Category.NONE, Category.TECHNICAL)
COLUMNS = (
    "activity", "purpose", "lawful basis", "people", "categories of data", "recipients", "channels", "time limits", "measures",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Activity:
    """One purpose that data is used for."""

    name: str
    purpose: str
    lawful_basis: str
    data: str
    recipients: str
    channels: str
    notice: str


@dataclass(frozen=True, slots=True)
class Kept:
    """A kind of data that is kept: how much care it needs, and which fields are of it."""

    category: str
    sensitivity: str
    fields: tuple[str, ...]
    kept_after_erasure: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The whole register."""

    activities: list[Activity]
    data: list[Kept]
    sources: list[tuple[str, str]]
    windows: list[str]

    def as_json(self) -> dict[str, Any]:
        """As it is taken along."""
        return {
            "people": SUBJECTS,
            "activities": [{name: getattr(one, name) for name in Activity.__dataclass_fields__} for one in self.activities],
            "data": [{name: getattr(one, name) for name in Kept.__dataclass_fields__} for one in self.data],
            "sources": [{"name": name, "owner": owner} for name, owner in self.sources],
            "time_limits": self.windows,
            "measures": list(MEASURES),
        }  # fmt: skip

    def rows(self) -> Iterator[tuple[str, ...]]:
        """One line for each activity, in the order of Art. 30 (1)."""
        kinds = ", ".join(dict.fromkeys(one.category for one in self.data))
        for one in self.activities:
            yield (
                one.name, one.purpose, one.lawful_basis, SUBJECTS, one.data or kinds, one.recipients or "none", one.channels,
                "; ".join(self.windows) or "until erased", "; ".join(MEASURES),
            )  # fmt: skip


def register(schema: Schema, user: User) -> Register:
    """The register as things are now, with the sources that its reader may know of. 4 queries."""
    sources = Source.objects.visible_to(user)
    rules = RetentionRule.objects.filter(Q(source=None) | Q(source__in=sources), is_active=True).select_related(
        "source"
    )
    return Register(
        activities=[_activity(purpose) for purpose in Purpose.objects.in_use()],
        data=_data(schema),
        sources=list(sources.filter(is_active=True).values_list("name", "owner")),
        windows=[f"{rule.source or 'All sources'}: {rule} ({rule.law})" for rule in rules],
    )


def _activity(purpose: Purpose) -> Activity:
    return Activity(
        purpose.name, purpose.description, purpose.get_lawful_basis_display(), purpose.data_categories,
        purpose.recipients, purpose.channels_in_words,
        " ".join(filter(None, (purpose.notice_version, purpose.notice_url))),
    )  # fmt: skip


def _data(schema: Schema) -> list[Kept]:
    """Fields of a customer and columns of all tables, by kind, the most sensitive first."""
    found: dict[tuple[str, str], dict[str, bool]] = {}
    for spec in schema.fields.values():
        found.setdefault((spec.category, spec.sensitivity), {})[spec.label] = spec.erasure == Erasure.KEEP
    for label, columns in DECLARED.items():
        for column, said in columns.items():
            if said.category not in NOT_ABOUT_PEOPLE:
                kind = found.setdefault((said.category, said.sensitivity), {})
                kind[f"{label}.{column}"] = said.erasure == Erasure.KEEP
    order = Sensitivity.values[::-1]
    kinds = sorted(found.items(), key=lambda item: (order.index(item[0][1]), item[0][0]))
    return [
        Kept(
            str(Category(category).label), str(Sensitivity(sensitivity).label), tuple(fields),
            tuple(name for name, kept in fields.items() if kept),
        )
        for (category, sensitivity), fields in kinds
        if category not in NOT_ABOUT_PEOPLE
    ]  # fmt: skip

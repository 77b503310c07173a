"""What one reader sees of a value: in clear, masked, or nothing, by how sensitive it is. Decided here and nowhere else.

Views and templates are handed values that went through a `Mask`. The sensitivity of a canonical field comes from the
schema, that of a column from the declaration of personal data; an attribute that nobody declared counts as sensitive.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from django.utils import timezone
from django.utils.crypto import salted_hmac

from . import permissions
from .masks import DOTS, mask
from .models import Reveal, SourceRecord, User
from .personal_data import DECLARED, Sensitivity
from .schema import Schema


class Sight(Enum):
    """How a value is seen."""

    CLEAR = "in clear"
    MASKED = "masked"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Mask:
    """How one reader sees personal and sensitive values; what is less is seen in clear."""

    personal: Sight
    sensitive: Sight

    @property
    def is_clear(self) -> bool:
        return self.personal is Sight.CLEAR and self.sensitive is Sight.CLEAR

    @property
    def has_masked(self) -> bool:
        """Whether a reveal would show more."""
        return Sight.MASKED in (self.personal, self.sensitive)

    def revealed(self) -> "Mask":
        """With what was masked in clear; what is withheld stays so."""
        return Mask(*(Sight.CLEAR if sight is Sight.MASKED else sight for sight in (self.personal, self.sensitive)))

    def sight(self, sensitivity: str) -> Sight:
        if sensitivity == Sensitivity.SENSITIVE:
            return self.sensitive
        return self.personal if sensitivity == Sensitivity.PERSONAL else Sight.CLEAR

    def of_field(self, key: str, schema: Schema) -> Sight:
        """How a canonical field is seen."""
        spec = schema.fields.get(key)
        return self.sight(spec.sensitivity if spec else Sensitivity.SENSITIVE)

    def of_column(self, label: str, column: str) -> Sight:
        """How a column of a table is seen."""
        return self.sight(DECLARED[label][column].sensitivity)

    def value(self, key: str, value: str, schema: Schema) -> str | None:
        """The value as it is seen; None when it is withheld."""
        return _seen(self.of_field(key, schema), schema.fields[key].kind if key in schema.fields else "text", value)

    def values(self, key: str, values: Iterable[str], schema: Schema) -> list[str]:
        """The values of a field as they are seen; none when they are withheld."""
        return [seen for value in values if (seen := self.value(key, value, schema)) is not None]

    def external_id(self, value: str) -> str:
        return _seen(self.of_column("profiles.SourceRecord", "external_id"), "identifier", value) or DOTS

    @property
    def sees_rows(self) -> bool:
        """Whether rows are shown as their sources sent them: anything may be in them."""
        return self.of_column("profiles.SourceRecord", "payload") is Sight.CLEAR

    def note(self, text: str) -> str:
        """What a person wrote, in which anything personal may be."""
        return text if self.personal is Sight.CLEAR else ""


CLEAR = Mask(Sight.CLEAR, Sight.CLEAR)


def _seen(sight: Sight, kind: str, value: str) -> str | None:
    if sight is Sight.CLEAR:
        return value
    return mask(kind, value) if sight is Sight.MASKED else None


def token(key: str, value: str, seen: str) -> str:
    """What two values are held equal by: the value itself where it is seen in clear, else a keyed hash of it."""
    return value if seen == value else salted_hmac("masked value", f"{key}\0{value}").hexdigest()[:20]


# ---- of a reader ---------------------------------------------------------------------------------------------------------


def mask_of(user: User) -> Mask:
    """The mask that a reader's roles give. No query of its own."""
    return Mask(
        _sight(user, permissions.SEE_PERSONAL, permissions.SEE_PERSONAL_MASKED),
        _sight(user, permissions.SEE_SENSITIVE, permissions.SEE_SENSITIVE_MASKED),
    )


def _sight(user: User, clear: str, masked: str) -> Sight:
    if user.has_perm(clear):
        return Sight.CLEAR
    return Sight.MASKED if user.has_perm(masked) else Sight.WITHHELD


@dataclass(frozen=True, slots=True)
class Masks:
    """The masks of one reader over some customers: what was revealed of one is seen in clear for a while."""

    usual: Mask
    revealed: frozenset[UUID]

    def of(self, profile_id: UUID | None) -> Mask:
        return self.usual.revealed() if profile_id in self.revealed else self.usual

    def together(self, profile_ids: Collection[UUID]) -> Mask:
        """Of customers shown as one: in clear when each was revealed."""
        return self.usual.revealed() if profile_ids and self.revealed.issuperset(profile_ids) else self.usual


def masks_for(user: User, profile_ids: Collection[UUID]) -> Masks:
    """The masks of a reader for these customers. 1 query for those who may reveal, none for others."""
    usual = mask_of(user)
    if not usual.has_masked or not user.has_perm(permissions.REVEAL):
        return Masks(usual, frozenset())
    open_ones = Reveal.objects.filter(user=user, profile__in=list(profile_ids), until__gt=timezone.now())
    return Masks(usual, frozenset(open_ones.values_list("profile_id", flat=True)))


def cover(records: Iterable[SourceRecord], mask: Mask) -> list[SourceRecord]:
    """Records as the reader may see them: id masked, values taken out unless all is seen in clear. Never to be saved."""
    records = list(records)
    for record in records if not mask.is_clear else ():
        record.external_id = mask.external_id(record.external_id)
        record.payload, record.attributes, record.problems = b"", {}, []
        record.is_covered = True
    return records

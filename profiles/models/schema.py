"""The canonical schema: which fields a customer has, how each survives, and what is not a value at all."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from profiles.personal_data import Category, Erasure, Sensitivity


class CanonicalField(models.Model):
    """One field of the canonical customer. These rows are the draft; a schema version freezes them."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        DATE = "date", "Date"
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        IDENTIFIER = "identifier", "Identifier"
        CATEGORY = "category", "Category"

    class Survivorship(models.TextChoices):
        TRUSTED = "trusted", "Most trusted source"
        RECENT = "recent", "Most recent"
        FREQUENT = "frequent", "Most frequent"
        LONGEST = "longest", "Longest"
        UNION = "union", "All values, most supported first"

    key = models.SlugField(max_length=60, unique=True)
    label = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.TEXT)
    group = models.SlugField(
        max_length=40, blank=True, help_text="Fields of one group survive together, from one record."
    )
    multi_valued = models.BooleanField(default=False)
    standardiser = models.CharField(max_length=40, default="text")
    survivorship = models.CharField(max_length=10, choices=Survivorship, default=Survivorship.TRUSTED)
    sensitivity = models.CharField(max_length=10, choices=Sensitivity, default=Sensitivity.PERSONAL)
    category = models.CharField(max_length=12, choices=Category, default=Category.DEMOGRAPHIC)
    erasure = models.CharField(
        max_length=6, choices=Erasure, default=Erasure.DELETE, help_text="What the erasure of a customer does with it."
    )
    erasure_reason = models.CharField(max_length=200, blank=True, help_text="Why it is kept; empty otherwise.")
    position = models.PositiveSmallIntegerField(default=100)

    history = HistoricalRecords()

    class Meta:
        ordering = ["position", "key"]
        constraints = [
            models.CheckConstraint(
                name="kept_field_has_reason",
                condition=~Q(erasure="keep") | ~Q(erasure_reason=""),
                violation_error_message="Say why erasure keeps the field.",
            )
        ]

    def __str__(self) -> str:
        return self.label


class BlockedValue(models.Model):
    """A value that says nothing about identity (a placeholder): matching ignores it, the record keeps it."""

    field = models.CharField(max_length=60, default="*", help_text="A canonical field, or * for every field.")
    pattern = models.CharField(max_length=200)
    is_regex = models.BooleanField(default=False, verbose_name="is a regular expression")
    note = models.CharField(max_length=200, blank=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["field", "pattern"]
        constraints = [models.UniqueConstraint(fields=["field", "pattern", "is_regex"], name="blocked_value_once")]

    def __str__(self) -> str:
        return f"{self.field}: {self.pattern}"


class SchemaVersion(models.Model):
    """An immutable, published copy of fields, sources, mappings and blocked values. Rows name its number.

    `content` has the keys `fields`, `sources` (with `mappings`) and `blocked`; see `profiles/schema.py`.
    """

    number = models.PositiveIntegerField(unique=True)
    content = models.JSONField()
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)

    class Meta:
        ordering = ["-number"]
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="schema_version_number_positive")]

    def __str__(self) -> str:
        return f"Schema version {self.number}"

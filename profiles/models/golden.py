"""Golden values, ranked and with provenance, and the folded rows that search reads. Derived; rebuilt, never edited."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Reverse

from profiles import sensitive
from profiles.encryption import Place

from .identity import Profile
from .record import SourceRecord
from .sealed import Sealed


class GoldenValue(Sealed):
    """One candidate value of one field of a profile. Rank 0 is the golden one; the rest are runners-up.

    A reader gets the lowest rank that a granted source supports, with no sign of others. These are most of all rows that
    are written: their references are checked once per statement (`guards.checked_at_once`), and one index finds them.
    """

    SEALS = ("value",)

    id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey(
        Profile, on_delete=models.CASCADE, related_name="golden_values", db_constraint=False, db_index=False
    )
    field = models.CharField(max_length=80)
    rank = models.PositiveSmallIntegerField()
    value = models.TextField()
    record = models.ForeignKey(
        SourceRecord,
        on_delete=models.CASCADE,
        related_name="+",
        db_constraint=False,
        db_index=False,
        help_text="The record it was taken from.",
    )
    source_ids = ArrayField(models.BigIntegerField(), help_text="Every source that supports the value.")
    record_ids = ArrayField(models.BigIntegerField(), help_text="Every record that supports the value.")
    rule = models.CharField(max_length=20, help_text="The survivorship rule that ranked it, or 'correction'.")
    observed_at = models.DateTimeField(help_text="When the chosen record last said so.")

    class Meta:
        ordering = ["profile", "field", "rank"]
        constraints = [models.UniqueConstraint(fields=["profile", "field", "rank"], name="golden_rank_once")]

    def sealed_place(self) -> Place:
        return sensitive.place_of_golden(self.profile_id, self.field)


class SearchEntry(models.Model):
    """One folded, searchable text of a profile with the sources that carry it; of a sealed number its blind index."""

    class Kind(models.TextChoices):
        NAME = "name", "Name"
        EMAIL = "email", "E-mail"
        PHONE = "phone", "Phone"
        IDENTIFIER = "identifier", "Number"
        ADDRESS = "address", "Address"
        SEALED = "sealed", "Number, sealed"

    id = models.BigAutoField(primary_key=True)
    profile = models.ForeignKey(Profile, on_delete=models.CASCADE, related_name="search_entries", db_constraint=False)
    kind = models.CharField(max_length=10, choices=Kind)
    text = models.CharField(max_length=300)
    source_ids = ArrayField(models.BigIntegerField())

    class Meta:
        ordering = ["id"]
        indexes = [
            # e-mail, phone and numbers, whole or by their beginning
            models.Index(OpClass("text", name="text_pattern_ops"), "kind", name="search_text_prefix"),
            # phone and numbers by their last digits
            models.Index(
                OpClass(Reverse("text"), name="text_pattern_ops"),
                name="search_text_ending",
                condition=Q(kind__in=["phone", "identifier"]),
            ),
            # names by their words, in any order, the last one perhaps unfinished
            GinIndex(
                Func(Value("simple"), F("text"), function="to_tsvector", output_field=SearchVectorField()),
                name="search_name_words",
                condition=Q(kind="name"),
            ),
            # names with several slips, when the words find nobody
            GinIndex(OpClass("text", name="gin_trgm_ops"), name="search_name_trigram", condition=Q(kind="name")),
        ]

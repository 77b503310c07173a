"""Legal holds: what must neither be erased nor pruned, by whom and why."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from profiles.models import Profile, User


class LegalHold(models.Model):
    """A hold on one customer: each of its records carries a mark until the hold is released."""

    class Reason(models.TextChoices):
        CLAIM = "claim", "A legal claim"
        INVESTIGATION = "inquiry", "An investigation by an authority"
        TAX = "tax", "A tax audit"
        FRAUD = "fraud", "A suspicion of fraud"

    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="holds")
    records = ArrayField(models.BigIntegerField(), help_text="The records that it was placed on.")
    reason = models.CharField(max_length=7, choices=Reason)
    matter = models.CharField(max_length=40, help_text="The case, as the legal department numbers it.")
    placed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    placed_at = models.DateTimeField()
    released_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["profile", "matter"], condition=Q(released_at__isnull=True), name="one_open_hold_per_matter"
            ),
            models.CheckConstraint(
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__gte=F("placed_at"), released_by__isnull=False),
                name="hold_released_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"Hold {self.pk}"

    @property
    def reference(self) -> str:
        """What its marks refer to."""
        return f"hold:{self.pk}"

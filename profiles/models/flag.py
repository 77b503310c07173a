"""Flags: a reader says that a value of a customer is wrong; a steward of its source answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .record import SourceRecord
from .sealed import Sealed


class Flag(Sealed):
    """One value of one record that a reader holds for wrong, and what a steward answered."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Waits for a steward"
        CORRECTED = "corrected", "Corrected here"
        TOLD = "told", "The source was told"
        RIGHT = "right", "The value is right"

    SEALS = ("value",)

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="flags")
    field = models.CharField(max_length=80)
    value = models.TextField(help_text="The value as it was shown.")
    note = models.CharField(max_length=500)
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="flags")
    created_at = models.DateTimeField(auto_now_add=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.OPEN)
    answer = models.CharField(max_length=500, blank=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("answer_flag", "Can answer flags")]
        constraints = [
            models.CheckConstraint(
                name="flag_answered_with_time",
                condition=Q(outcome="open", answered_at__isnull=True)
                | (~Q(outcome="open") & Q(answered_at__isnull=False)),
            )
        ]

    def __str__(self) -> str:
        return f"Flag {self.pk}"

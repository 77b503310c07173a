"""Reveals: a reader of masked values saw those of one customer for a purpose."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .identity import Profile


class Reveal(models.Model):
    """The masked values of one customer, shown to one reader for some minutes. Append-only."""

    class Purpose(models.TextChoices):
        CALLER = "caller", "To know that a caller is who they say"
        CONTACT = "contact", "To write or call on the customer's wish"
        COMPLAINT = "complaint", "To answer a complaint"
        FRAUD = "fraud", "To look into a fraud"
        QUALITY = "quality", "To check that a value is right"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="reveals")
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="reveals")
    purpose = models.CharField(max_length=10, choices=Purpose)
    ticket = models.CharField(max_length=40, help_text="The case that it is for, as another system numbers it.")
    at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        # what a reader may see now, and how many they revealed today
        indexes = [models.Index(fields=["user", "until"], name="reveal_user")]
        constraints = [models.CheckConstraint(name="reveal_ends_after_it_began", condition=Q(until__gt=F("at")))]

    def __str__(self) -> str:
        return f"Reveal {self.pk}"

"""Codes that prove who asks, and counts at the public doors. In PostgreSQL, since Redis may be wiped."""

from django.db import models
from django.db.models import Q

from profiles.models import Profile

from .request import PrivacyRequest


class VerificationCode(models.Model):
    """A code that was sent to a known contact point. Only its keyed hash is kept; its tries are counted here."""

    TRIES, MINUTES, PER_REQUEST = 5, 10, 3

    request = models.ForeignKey(PrivacyRequest, on_delete=models.CASCADE, related_name="codes")
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="+", help_text="Whose contact point.")
    digest = models.BinaryField(max_length=32)
    expires_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [models.CheckConstraint(condition=Q(tries__lte=5), name="code_tried_five_times_at_most")]

    def __str__(self) -> str:
        return f"Code of {self.request_id}"


class DoorCount(models.Model):
    """How often somebody came to a public door within a stretch of time; who, as a keyed hash."""

    key = models.BinaryField(max_length=32)
    since = models.DateTimeField()
    count = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "since"], name="door_count_once")]

    def __str__(self) -> str:
        return f"{self.count} since {self.since}"

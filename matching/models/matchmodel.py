"""Match models: versioned data, immutable once published (a trigger refuses it)."""

import hashlib
import json

from django.conf import settings
from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords


class MatchModel(models.Model):
    """One version of comparisons, weights, rules, thresholds and limits. Decisions name its label."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        RETIRED = "retired", "Retired"

    label = models.SlugField(max_length=60, unique=True)
    content = models.JSONField(help_text="See matching/engine/model.py.")
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    note = models.CharField(max_length=500, blank=True)
    based_on = models.SlugField(max_length=60, blank=True, help_text="The label of the version it began as a copy of.")
    revision = models.PositiveIntegerField(default=1, help_text="Grows with each edit of a draft.")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)

    history = HistoricalRecords()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("publish_matchmodel", "Can request and approve the publication of match models"),
            ("evaluate_matchmodel", "Can evaluate match models and run them in the shadow"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="published"), name="one_published_match_model")
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def digest(self) -> str:
        """The fingerprint of the content: what was tried and approved is what is published."""
        return hashlib.sha256(json.dumps(self.content, sort_keys=True).encode()).hexdigest()

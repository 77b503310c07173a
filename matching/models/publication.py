"""Publications of match models: asked for by one person, put in force by another."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from .matchmodel import MatchModel


class Publication(models.Model):
    """One request to put a version in force and what became of it. A version may be published again: that is a roll back.

    `decided_by` is empty where it was done on the server's command line, which takes access to the server.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "Waits for a second person"
        PUBLISHED = "published", "Published"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"

    model = models.ForeignKey(MatchModel, on_delete=models.PROTECT, related_name="publications")
    model_digest = models.CharField(max_length=64, help_text="Of the content as it was when this was asked for.")
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    reason = models.CharField(max_length=500)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    requested_at = models.DateTimeField(auto_now_add=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    replaced = models.SlugField(max_length=60, blank=True, help_text="The label of the version in force before.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(fields=["model"], condition=Q(state="requested"), name="one_open_publication"),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(decided_by__isnull=True) | ~Q(decided_by=F("requested_by")),
                name="publication_by_a_second_person",
                violation_error_message="A second person must publish it.",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True)
                | ~Q(state="requested") & Q(decided_at__isnull=False),
                name="publication_decided_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id}: {self.state}"

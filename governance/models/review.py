"""Access reviews: each quarter the managers of sources confirm every grant; what nobody confirms in time falls."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Case, Q, Value, When

from profiles.models import Source


class AccessReview(models.Model):
    """One campaign over the grants that there were at its start. At most one is open."""

    started_at = models.DateTimeField()
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty: the calendar.",
    )
    due_at = models.DateTimeField(help_text="What is not confirmed by then falls.")
    closed_at = models.DateTimeField(null=True)
    is_open = models.GeneratedField(
        expression=Case(When(closed_at__isnull=True, then=Value(True))),
        output_field=models.BooleanField(null=True),
        db_persist=True,
        unique=True,
    )

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Access review of {self.started_at:%B %Y}"


class ReviewedGrant(models.Model):
    """What one person or group may do with one source, as it stood at the start, and what its managers said."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Waits"
        CONFIRMED = "confirmed", "Confirmed"
        WITHDRAWN = "withdrawn", "Taken back"
        LAPSED = "lapsed", "Lapsed: nobody confirmed it"

    review = models.ForeignKey(AccessReview, on_delete=models.CASCADE, related_name="grants")
    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    verbs = ArrayField(models.CharField(max_length=10))
    outcome = models.CharField(max_length=9, choices=Outcome, default=Outcome.OPEN)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(user__isnull=True, group__isnull=False) | Q(user__isnull=False, group__isnull=True),
                name="reviewed_of_a_user_or_a_group",
            ),
            models.CheckConstraint(
                condition=Q(outcome="open", decided_at__isnull=True) | ~Q(outcome="open") & Q(decided_at__isnull=False),
                name="reviewed_decided_or_open",
            ),
            models.UniqueConstraint(fields=["review", "source", "user"], name="reviewed_user_once"),
            models.UniqueConstraint(fields=["review", "source", "group"], name="reviewed_group_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user or self.group} on {self.source}"

    @property
    def grantee(self) -> object:
        return self.user or self.group

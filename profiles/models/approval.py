"""Approvals: what takes a second person, asked for by one and approved by another."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class ApprovalQuerySet(models.QuerySet["Approval"]):
    def awaiting(self) -> "ApprovalQuerySet":
        """Those that wait for a second person, expired or not."""
        return self.filter(state=Approval.State.REQUESTED)


class Approval(models.Model):
    """One act that a person asked for, the plan it was asked for with, and what a second person said.

    Neither who asked nor who stands for the request since (its `owner`) can approve it: the database refuses that.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "Waits for a second person"
        APPROVED = "approved", "Approved and done"
        REJECTED = "rejected", "Rejected"
        WITHDRAWN = "withdrawn", "Withdrawn"
        OUTDATED = "outdated", "Out of date: what it would do changed"
        EXPIRED = "expired", "Expired"

    kind = models.CharField(max_length=40, help_text="From the registry of approval kinds.")
    subject_id = models.CharField(max_length=64, help_text="What it is about; one open request of a kind for each.")
    subject_ids = ArrayField(models.UUIDField(), default=list, help_text="Customers concerned, for the audit.")
    arguments = models.JSONField(help_text="What the act takes: ids and codes, never values.")
    plan = models.JSONField(help_text="What it would do, as it was when asked for: ids, codes and counts.")
    plan_hash = models.CharField(max_length=64, help_text="SHA-256 of the plan: another plan cannot be carried out.")
    summary = ArrayField(models.CharField(max_length=300), help_text="The plan in words, without values.")
    reason = models.CharField(max_length=500, blank=True)
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="approvals", help_text="Who stands for it now."
    )
    requested_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=500, blank=True)
    result_id = models.CharField(max_length=64, blank=True, help_text="Id of what came of it.")

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["expires_at"], name="approval_waiting", condition=Q(state="requested"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=Q(state="requested"), name="one_open_approval_per_subject"
            ),
            models.CheckConstraint(
                condition=~Q(state="approved")
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("requested_by")) & ~Q(decided_by=F("owner")),
                name="approved_by_a_second_person",
                violation_error_message="A second person must approve it.",
            ),
            models.CheckConstraint(
                condition=Q(state="requested", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="requested") & Q(decided_at__isnull=False),
                name="approval_decided_or_open",
            ),
        ]

    def __str__(self) -> str:
        return f"Approval {self.pk}"

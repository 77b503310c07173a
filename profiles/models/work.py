"""Work items: the one queue of everything that waits for a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .source import Source


class WorkItemQuerySet(models.QuerySet["WorkItem"]):
    def visible_to(self, user: object) -> "WorkItemQuerySet":
        """Items about one source that the user stewards. Items of no single source have a list of their own."""
        return self.filter(source__in=Source.objects.stewarded_by(user))


class WorkItem(models.Model):
    """Something a person must look at. A proposal, a limit, a correction conflict or a flag hangs on it."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "No longer needed"

    kind = models.CharField(max_length=40, help_text="From the registry of work-item kinds.")
    subject_id = models.CharField(max_length=64, help_text="Id of what it is about; its kind says of what type.")
    source = models.ForeignKey(
        Source, null=True, on_delete=models.PROTECT, related_name="work_items", help_text="Whose stewards it waits for."
    )
    reason = models.CharField(max_length=60, help_text="A code; the kind's presenter words it.")
    detail = models.JSONField(default=dict, help_text="Codes and ids only, never values.")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="work_items"
    )
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = WorkItemQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["kind", "id"], name="work_open", condition=Q(state="open"))]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=Q(state="open"), name="one_open_work_item_per_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"

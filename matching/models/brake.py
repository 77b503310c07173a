"""The run brake: how many customers that existed before an import or a full run it merged, and whether that stopped it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from profiles.models import Batch

from .fullrun import FullRun


class RunBrake(models.Model):
    """What one import or full run did to customers that existed before it. An import's is made with its first such merge.

    While it is on, what is left of it waits for a person: the import's records, the full run's publication.
    """

    class State(models.TextChoices):
        OFF = "off", "As usual"
        ON = "on", "Stopped: a person must look"
        RELEASED = "released", "Released by a person"

    batch = models.OneToOneField(Batch, null=True, on_delete=models.PROTECT, related_name="run_brake")
    full_run = models.OneToOneField(FullRun, null=True, on_delete=models.PROTECT, related_name="run_brake")
    state = models.CharField(max_length=8, choices=State, default=State.OFF)
    customers = models.PositiveIntegerField(help_text="How many there were when the first of them were merged.")
    merged = models.PositiveIntegerField(default=0, help_text="Customers of before that went into another one.")
    wanted = models.PositiveIntegerField(default=0, help_text="How many it would have been when it was stopped.")
    limit = models.PositiveIntegerField(default=0, help_text="How many would have been usual then.")
    examples = models.JSONField(default=list, help_text="Customers that would be one, by id: the first 20 groups.")
    stopped_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False
    )
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was released.")

    class Meta:
        ordering = ["-id"]
        permissions = [("release_runbrake", "Can let an import go on that the run brake stopped")]
        constraints = [
            models.CheckConstraint(
                name="run_brake_of_one",
                condition=Q(batch__isnull=False, full_run__isnull=True) | Q(batch__isnull=True, full_run__isnull=False),
            ),
            models.CheckConstraint(
                name="run_brake_times",
                condition=Q(state="off", stopped_at__isnull=True) | (~Q(state="off") & Q(stopped_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="run_brake_released",
                condition=Q(state="released", released_at__isnull=False)
                | (~Q(state="released") & Q(released_at__isnull=True)),
            ),
        ]

    def __str__(self) -> str:
        return f"Run brake of import {self.batch_id}" if self.batch_id else f"Run brake of full run {self.full_run_id}"

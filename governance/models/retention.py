"""Retention: how long each class of data of a source is kept, what a law keeps longer, and what went when."""

from django.db import models
from django.db.models import Q
from simple_history.models import HistoricalRecords

from profiles.models import Source, User


class RetentionRule(models.Model):
    """One window: data of a class that is older than so many days goes; or, as a duty, stays at least so long."""

    class DataClass(models.TextChoices):
        RECORD = "record", "Records"
        WITHDRAWN = "withdrawn", "Records withdrawn at the source"
        VERSION = "version", "Older versions of records"
        SET_ASIDE = "set_aside", "Rows that were set aside"

    class CountedFrom(models.TextChoices):
        INGEST = "ingest", "The day it came in"
        UPDATE = "update", "Its last change"
        ACTIVITY = "activity", "The last activity of the customer"

    class Act(models.TextChoices):
        PRUNE = "prune", "Goes after"
        KEEP = "keep", "Must be kept for"

    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="+", help_text="Empty: all.")
    data_class = models.CharField(max_length=9, choices=DataClass)
    act = models.CharField(max_length=5, choices=Act, default=Act.PRUNE)
    counted_from = models.CharField(max_length=8, choices=CountedFrom, default=CountedFrom.UPDATE)
    days = models.PositiveIntegerField()
    law = models.CharField(max_length=120, help_text="The law or policy that says so.")
    is_active = models.BooleanField(default=False, help_text="Only what is active prunes; try it first.")
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    history = HistoricalRecords()

    class Meta:
        ordering = ["source__name", "data_class", "id"]
        permissions = [("hold_customer", "Can place and release legal holds")]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "data_class", "act"], name="one_window_per_class", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(days__gt=0), name="window_has_days"),
            models.CheckConstraint(
                condition=~Q(act="keep") | Q(data_class="record", source__isnull=False), name="duty_is_of_a_source"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_data_class_display()}: {self.get_act_display().lower()} {self.days} days"


class RetentionRun(models.Model):
    """One round of pruning: what went under which window, and what holds and duties kept. Counts only."""

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    job_id = models.UUIDField()
    pruned = models.JSONField(default=dict, help_text="Rule id → rows that went.")
    kept = models.JSONField(default=dict, help_text="Rule id → rows that a hold, a duty or an open request kept.")
    rules = models.JSONField(default=dict, help_text="Rule id → the window as it was, in words.")

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"Retention run {self.pk}"

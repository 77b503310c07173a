"""Relations between records that are not identity: households and shared values."""

from django.db import models
from django.db.models import F, Q

from profiles.models import SourceRecord


class Relation(models.Model):
    """Two records of one household (or sharing a value). On records, so it survives merge and split; never evidence.

    References are checked once per statement; the unique key finds those of a left record.
    """

    class Kind(models.TextChoices):
        HOUSEHOLD = "household", "Same household"
        SHARED_VALUE = "shared_value", "Shares a value"

    left_record = models.ForeignKey(
        SourceRecord, on_delete=models.CASCADE, related_name="+", db_constraint=False, db_index=False
    )
    right_record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="+", db_constraint=False)
    kind = models.CharField(max_length=12, choices=Kind)
    pattern = models.JSONField(default=dict, help_text="Which fields agree, as levels.")
    model_label = models.CharField(max_length=60)
    run_id = models.UUIDField(null=True, help_text="The job that found it.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["left_record", "right_record", "kind"], name="relation_once"),
            models.CheckConstraint(condition=Q(left_record__lt=F("right_record")), name="relation_ordered"),
        ]

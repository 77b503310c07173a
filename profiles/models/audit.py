"""The audit: who did what to whom, written in the business transaction, never changed."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.expressions import RawSQL


class AuditEvent(models.Model):
    """One act or one read of personal data. Append-only, without foreign keys; codes and ids, never values."""

    class Outcome(models.TextChoices):
        DONE = "done", "Done"
        REFUSED = "refused", "Refused"

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    actor_id = models.BigIntegerField(null=True)
    actor_name = models.CharField(max_length=150, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    action = models.CharField(max_length=60, help_text="From the registry of audit events.")
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=64, blank=True)
    subject_ids = ArrayField(models.UUIDField(), default=list, help_text="Profiles of the people concerned.")
    detail = models.JSONField(default=dict, help_text="Codes, ids and counts, never values.")
    outcome = models.CharField(max_length=8, choices=Outcome, default=Outcome.DONE)
    txid = models.BigIntegerField(
        db_default=RawSQL("(pg_current_xact_id()::text::bigint)", ()),
        editable=False,
        help_text="The transaction that wrote it: sealing takes only those whose transactions have all ended.",
    )

    class Meta:
        ordering = ["-at", "-id"]
        permissions = [("read_audit", "Can read the audit")]
        indexes = [
            # each list of the audit is newest first, and may be narrowed to a time: one walk along an index
            models.Index(fields=["at", "id"], name="audit_at"),
            models.Index(fields=["actor_id", "at", "id"], name="audit_actor"),
            models.Index(fields=["action", "at", "id"], name="audit_action"),
            models.Index(fields=["at", "id"], name="audit_refused", condition=Q(outcome="refused")),
            models.Index(fields=["object_id", "at"], name="audit_object"),
            models.Index(fields=["request_id"], name="audit_request"),
            GinIndex(fields=["subject_ids"], name="audit_subjects"),
            # the sealer goes on behind the last event it sealed
            models.Index(fields=["txid", "id"], name="audit_sealing"),
        ]

"""Seals over the audit: each signs a run of events and the seal before it, so that later changes show."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class AuditSeal(models.Model):
    """A signed Merkle root over up to 1,000 audit events, chained to the seal before. Append-only.

    `leaves` holds the 32-byte hash of each event of `event_ids`, in that order, so that a changed row can be named.
    """

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    cluster = models.BigIntegerField(help_text="System identifier of the database server: transaction ids are its own.")
    last_txid = models.BigIntegerField(help_text="Transaction of the last event: the next seal goes on behind it.")
    event_ids = ArrayField(models.BigIntegerField())
    leaves = models.BinaryField()
    root = models.BinaryField(max_length=32)
    previous = models.BinaryField(max_length=32, help_text="Digest of the seal before; empty for the first.")
    digest = models.BinaryField(max_length=32)
    key_id = models.CharField(max_length=16)
    signature = models.BinaryField(max_length=64)

    class Meta:
        ordering = ["number"]
        constraints = [models.CheckConstraint(condition=Q(number__gt=0), name="seal_number_positive")]

    def __str__(self) -> str:
        return f"Seal {self.number}"

    @property
    def last_event(self) -> int:
        return self.event_ids[-1]

    def statement(self) -> bytes:
        """What is signed: everything that the seal says, in one fixed form."""
        ids = ",".join(map(str, self.event_ids))
        parts = (self.number, self.at.isoformat(), self.cluster, self.last_txid, ids, bytes(self.root).hex())
        return "|".join(map(str, (*parts, bytes(self.previous).hex(), self.key_id))).encode()

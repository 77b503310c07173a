"""Blocking keys: the narrow table through which a record finds those it might be."""

from django.db import models

from profiles.models import SourceRecord


class BlockKey(models.Model):
    """One key of one record under one blocking rule; the same 64-bit number in the database and in memory."""

    pk = models.CompositePrimaryKey("key", "record_id")
    key = models.BigIntegerField()
    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="block_keys", db_constraint=False)
    rule = models.SmallIntegerField()

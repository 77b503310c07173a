"""Blocking keys: the narrow table through which a record finds those it might be."""

from django.db import models


class BlockKey(models.Model):
    """One key of one record under one blocking rule; the same 64-bit number in the database and in memory."""

    pk = models.CompositePrimaryKey("key", "record_id")
    key = models.BigIntegerField()
    record_id = models.BigIntegerField(help_text="The source record; no constraint, this table is written by COPY.")
    rule = models.SmallIntegerField()

    class Meta:
        # a record's keys are replaced together
        indexes = [models.Index(fields=["record_id"], name="block_key_record")]

"""Records: one customer as one source knows them, the batches that brought them, and the rows set aside."""

from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from profiles import sensitive

from .sealed import Sealed
from .source import Source


class Batch(models.Model):
    """One delivery of a source: a file or a call. accepted + unchanged + superseded + quarantined + suppressed = received."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        UNDONE = "undone", "Undone"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches")
    file_name = models.CharField(max_length=255)
    file_hash = models.CharField(max_length=64, help_text="SHA-256 of the delivery as received.")
    file_size = models.BigIntegerField(default=0)
    stored_file = models.CharField(
        max_length=255, blank=True, help_text="Where the upload lies until the import closes."
    )
    import_mode = models.CharField(max_length=10, choices=Source.ImportMode)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    message = models.TextField(blank=True, help_text="Why it failed, in words.")
    schema_version = models.PositiveIntegerField(null=True)
    job_id = models.UUIDField(null=True)
    next_line = models.BigIntegerField(default=1, help_text="Where a resumed import goes on.")
    rows_total = models.BigIntegerField(null=True, help_text="Rows in the file, once counted.")
    received = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)
    created = models.BigIntegerField(default=0, help_text="Of the accepted: new records.")
    unchanged = models.BigIntegerField(default=0)
    superseded = models.BigIntegerField(default=0)
    quarantined = models.BigIntegerField(default=0)
    suppressed = models.BigIntegerField(default=0)
    withdrawn = models.BigIntegerField(default=0, help_text="Records that a snapshot no longer holds.")
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = "import"
        permissions = [("import_records", "Can import records"), ("undo_batch", "Can undo a whole import")]
        indexes = [models.Index(fields=["source", "file_hash"], name="batch_source_hash")]
        constraints = [
            models.CheckConstraint(
                name="batch_rows_add_up",
                condition=Q(
                    received=F("accepted") + F("unchanged") + F("superseded") + F("quarantined") + F("suppressed")
                ),
            )
        ]

    def __str__(self) -> str:
        return f"Import {self.pk}: {self.file_name}"


class SealedAttributes(models.Model):
    """A state of a record: once read, `attributes` holds those that are stored sealed as well."""

    class Meta:
        abstract = True

    def save(self, *args: Any, update_fields: Any = None, **kwargs: Any) -> None:
        if self.sealed and (update_fields is None or "attributes" in update_fields):
            raise TypeError("Sealed attributes would be stored in clear: profiles/storing.py writes them.")
        super().save(*args, update_fields=update_fields, **kwargs)

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        state = super().from_db(*args, **kwargs)
        held = state.__dict__
        if held.get("sealed") and "attributes" in held:
            state.attributes = sensitive.opened(
                state.attributes, state.sealed, sensitive.place_of_record(state.of_record)
            )
        return state

    @property
    def of_record(self) -> int:
        """The record that this is a state of."""
        raise NotImplementedError


class SourceRecord(SealedAttributes):
    """One customer as one source knows them. Unique on (source, external id), which never changes."""

    class State(models.TextChoices):
        RECEIVED = "received", "Received: waits to be resolved"
        RESOLVED = "resolved", "Resolved"
        WITHDRAWN = "withdrawn", "Withdrawn at the source"
        ERASED = "erased", "Erased"

    LIVE = (State.RECEIVED, State.RESOLVED)

    id = models.BigAutoField(primary_key=True)
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="records", db_index=False)
    external_id = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=State, default=State.RECEIVED)
    party_kind = models.CharField(max_length=12, default="person")
    payload = models.BinaryField(help_text="As received; only profiles/payloads.py reads and writes it.")
    payload_hash = models.BinaryField(max_length=16)
    attributes = models.JSONField(default=dict, help_text="Canonical field → list of standardised values.")
    sealed = models.BinaryField(null=True, help_text="Attributes that are sensitive; see profiles/sensitive.py.")
    problems = models.JSONField(default=list, help_text="Values set aside: field, column, code, message.")
    source_version = models.CharField(max_length=64, blank=True)
    schema_version = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="records", db_index=False)
    line = models.BigIntegerField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    resolve_seq = models.BigIntegerField(null=True, help_text="Order in which resolutions were applied.")

    class Meta:
        ordering = ["id"]
        permissions = [("correct_record", "Can correct values of a customer")]
        constraints = [models.UniqueConstraint(fields=["source", "external_id"], name="record_once_per_source")]
        indexes = [
            # the resolver takes what waits, oldest first
            models.Index(fields=["id"], name="record_received", condition=Q(state="received")),
            # a resolver looks up what was resolved since it read
            models.Index(fields=["resolve_seq"], name="record_resolve_seq"),
            # undo of an import, and "records of this import"
            models.Index(fields=["batch"], name="record_batch"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external_id}"

    is_covered = False  # values were masked for a reader: see profiles/masking.py

    def save(self, *args: object, **kwargs: object) -> None:
        if self.is_covered:
            raise TypeError("A record that was masked for a reader cannot be saved.")
        super().save(*args, **kwargs)

    @property
    def of_record(self) -> int:
        return self.pk

    def cells(self) -> dict[str, str]:
        """The row as the source sent it."""
        from profiles.payloads import place_of, unpack

        return {column: str(value) for column, value in unpack(self.payload, place=place_of(self.pk)).items()}


class RecordVersion(SealedAttributes):
    """An older state of a record, kept when a newer one replaced it (or the record was withdrawn)."""

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="versions")
    revision = models.PositiveIntegerField()
    state = models.CharField(max_length=10)
    party_kind = models.CharField(max_length=12)
    payload = models.BinaryField()
    payload_hash = models.BinaryField(max_length=16)
    attributes = models.JSONField()
    sealed = models.BinaryField(null=True, help_text="Attributes that are sensitive.")
    problems = models.JSONField(default=list)
    source_version = models.CharField(max_length=64, blank=True)
    schema_version = models.PositiveIntegerField()
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="+")
    line = models.BigIntegerField()
    updated_at = models.DateTimeField()
    replaced_by_batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="replaced_versions")
    replaced_at = models.DateTimeField()

    class Meta:
        ordering = ["record", "-revision"]
        constraints = [models.UniqueConstraint(fields=["record", "revision"], name="record_revision_once")]

    @property
    def of_record(self) -> int:
        return self.record_id


class QuarantinedRow(models.Model):
    """A row that could not become a record: line, field and reason say why; it can be mended and replayed."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        REPLAYED = "replayed", "Replayed"
        DISMISSED = "dismissed", "Dismissed"

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="quarantine")
    line = models.BigIntegerField()
    field = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=60)
    reason = models.CharField(max_length=500)
    payload = models.BinaryField(help_text="The row as received; only profiles/payloads.py reads and writes it.")
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    resolved_at = models.DateTimeField(null=True)
    replayed_in = models.ForeignKey(Batch, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["id"]
        permissions = [("mend_quarantinedrow", "Can mend and replay quarantined rows")]
        indexes = [models.Index(fields=["batch", "line"], name="quarantine_batch_line")]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.reason}"


class Correction(Sealed):
    """A steward's word on one field of one record (its anchor): set a value, or retract a wrong one.

    It moves, is visible, withheld and erased with its anchor. The latest open one per field wins; released ones stay.
    """

    class Act(models.TextChoices):
        SET = "set", "Set"
        RETRACT = "retract", "Retract"

    SEALS = ("values", "source_values")

    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="corrections")
    field = models.CharField(max_length=60)
    act = models.CharField(max_length=8, choices=Act)
    values = models.JSONField(default=list, help_text="What the field is now; empty for a retraction.")
    source_values = models.JSONField(default=list, help_text="What the source said when it was corrected.")
    reason = models.CharField(max_length=500)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    released_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    released_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["record", "field"], condition=Q(released_at__isnull=True), name="one_open_correction_per_field"
            )
        ]

"""Erasures: one person's records taken out of every store, target by target, with a certificate at the end."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from profiles.ids import new_id
from profiles.models import Approval, Job, Profile, Source, User


class Basis(models.TextChoices):
    """Why a person is erased."""

    REQUEST = "request", "The person asked for it"
    CONSENT = "consent", "Consent was withdrawn, and nothing else allows to keep it"
    OBJECTION = "objection", "The person objected"
    UNLAWFUL = "unlawful", "It should never have been kept"
    DUTY = "duty", "A law demands it"


class Erasure(models.Model):
    """The erasure of one customer: what was frozen when it was approved, and the certificate once all targets are done."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    profile = models.ForeignKey(
        Profile, null=True, on_delete=models.PROTECT, related_name="erasures",
        help_text="Empty where a restored database never knew it.",
    )  # fmt: skip
    profiles = ArrayField(models.UUIDField(), help_text="The customer and the ids that were merged into it.")
    records = ArrayField(models.BigIntegerField(), help_text="The records that go.")
    kept = ArrayField(
        models.BigIntegerField(), default=list, help_text="Records that a law keeps: they stay, restricted."
    )
    basis = models.CharField(max_length=9, choices=Basis)
    reference = models.CharField(max_length=64, blank=True, help_text="Id of the request that it answers.")
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")
    replayed_at = models.DateTimeField(null=True, help_text="When it was done again after a restore.")
    plan = models.JSONField(help_text="What was approved: ids, codes and counts.")
    plan_hash = models.CharField(max_length=64)
    started_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    certificate = models.JSONField(null=True)
    certificate_digest = models.CharField(max_length=64, blank=True)
    signature = models.CharField(
        max_length=128, blank=True, help_text="Of the digest, by the key that seals the audit."
    )
    key_id = models.CharField(max_length=16, blank=True)
    exported_at = models.DateTimeField(null=True, help_text="When it was written to the ledger outside the database.")

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("request_erasure", "Can plan erasures and ask a second person for them"),
            ("approve_erasure", "Can approve erasures as the second person"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["approval"], name="erasure_once_per_approval"),
            models.CheckConstraint(
                condition=Q(approval__isnull=False) | Q(replayed_at__isnull=False), name="erasure_approved_or_replayed"
            ),
            models.CheckConstraint(
                condition=Q(done_at__isnull=True, certificate__isnull=True)
                | Q(done_at__isnull=False, certificate__isnull=False),
                name="erasure_done_with_certificate",
            ),
        ]

    def __str__(self) -> str:
        return f"Erasure {self.short_id}"

    @property
    def short_id(self) -> str:
        """The random tail of the id: what people read to each other."""
        return self.id.hex[-8:]


class ErasureTarget(models.Model):
    """One kind of store that an erasure clears, by a job of its own."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="targets")
    name = models.CharField(max_length=40, help_text="From the registry of erasure targets.")
    job_id = models.UUIDField(null=True)
    waits_for = models.CharField(max_length=60, blank=True, help_text="A code: why it is not done yet.")
    cleared = models.JSONField(default=dict, help_text="Store → rows.")
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["erasure", "name"], name="erasure_target_once")]

    def job(self) -> Job | None:
        """The job that works, or last worked, on it. 1 query."""
        return Job.objects.filter(id=self.job_id).first() if self.job_id else None


class NoticeQuerySet(models.QuerySet["ErasureNotice"]):
    def waiting(self) -> "NoticeQuerySet":
        """Those that nobody was told yet."""
        return self.filter(told_at__isnull=True)


class ErasureNotice(models.Model):
    """A source or recipient that must be told of an erasure. It sees its own ids until it confirms, sealed."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="notices")
    source = models.ForeignKey(Source, null=True, on_delete=models.PROTECT, related_name="+")
    recipient = models.CharField(max_length=100, blank=True, help_text="Who received data, where it is no source.")
    external_ids = models.BinaryField(null=True, help_text="Its own ids of the person, sealed; gone once confirmed.")
    due_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    told_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    method = models.CharField(max_length=10, blank=True, help_text="A code: mail, person.")
    confirmed_at = models.DateTimeField(null=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["erasure", "source", "recipient"], name="notice_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(source__isnull=True) ^ Q(recipient=""), name="notice_to_a_source_or_a_recipient"
            ),
            models.CheckConstraint(
                condition=Q(confirmed_at__isnull=True) | Q(told_at__isnull=False, external_ids__isnull=True),
                name="notice_told_before_confirmed",
            ),
        ]

    def __str__(self) -> str:
        return self.recipient or str(self.source)

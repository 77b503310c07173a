"""Suppression: keyed hashes by which somebody who was erased is known again, without saying who it was."""

from django.db import models
from django.db.models import Q

from profiles.models import Approval, User

from .erasure import Basis, Erasure


class SuppressionQuerySet(models.QuerySet["SuppressionEntry"]):
    def in_force(self) -> "SuppressionQuerySet":
        """Those that were not lifted."""
        return self.filter(lifted_at__isnull=True)


class SuppressionEntry(models.Model):
    """One identifier of somebody who was erased, as HMAC-SHA-256 under a key outside the database. No names, no text."""

    class Kind(models.TextChoices):
        EXTERNAL_ID = "external_id", "Id at a source"
        EMAIL = "email", "E-mail"
        EMAIL_LIKE = "email_like", "E-mail without dots and tags"
        EMAIL_NAME = "email_name", "The same, with the surname"
        PHONE = "phone", "Phone"
        PHONE_NAME = "phone_name", "Phone with the name"
        BIRTH_NAME = "birth_name", "Birth date with the name"
        NATIONAL_ID = "national_id", "National id"
        LOYALTY_ID = "loyalty_id", "Loyalty id"
        CUSTOMER_NUMBER = "customer_number", "Customer number"
        DEVICE_ID = "device_id", "Device"

    class Scope(models.TextChoices):
        EVERYWHERE = "everywhere", "All sources"

    class Lift(models.TextChoices):
        NOT = "", "In force"
        CONSENT = "new_consent", "Signed up again, with new consent"
        MISTAKE = "mistake", "Two persons found it wrong"
        BEFORE = "before", "Lifted before the database was restored"

    digest = models.BinaryField(max_length=32)
    key_version = models.PositiveSmallIntegerField(help_text="Of the digest key, which lies outside the database.")
    kind = models.CharField(max_length=15, choices=Kind)
    is_unique = models.BooleanField(help_text="It is one person's alone: a hit is dropped. Else a steward is asked.")
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.EVERYWHERE)
    basis = models.CharField(max_length=9, choices=Basis)
    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="suppressions")
    created_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False)
    lift = models.CharField(max_length=11, choices=Lift, blank=True, default=Lift.NOT)
    approval = models.ForeignKey(Approval, null=True, on_delete=models.PROTECT, related_name="+")

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        permissions = [
            ("lift_suppression", "Can ask for a suppression to be lifted"),
            ("approve_lift", "Can approve as the second person that a suppression is lifted"),
        ]
        indexes = [
            # each chunk of an import asks for the digests of its rows
            models.Index(fields=["digest"], name="suppression_in_force", condition=Q(lifted_at__isnull=True)),
        ]
        constraints = [
            models.UniqueConstraint(fields=["erasure", "kind", "digest"], name="suppression_once_per_erasure"),
            models.CheckConstraint(
                condition=Q(lift="", lifted_at__isnull=True) | ~Q(lift="") & Q(lifted_at__isnull=False),
                name="suppression_lifted_when",
            ),
            models.CheckConstraint(
                condition=~Q(lift="mistake") | Q(approval__isnull=False), name="suppression_lifted_by_two"
            ),
        ]

    def __str__(self) -> str:
        return f"Suppression {self.pk}"

    @property
    def shown(self) -> str:
        """How the digest begins: what a list names it by."""
        return bytes(self.digest).hex()[:16]


class SuppressionClearance(models.Model):
    """A record, as keyed hash of source and external id, that a steward knows to be somebody else."""

    digest = models.BinaryField(max_length=32, unique=True)
    key_version = models.PositiveSmallIntegerField()
    cleared_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", db_constraint=False)
    cleared_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]

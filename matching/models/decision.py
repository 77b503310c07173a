"""Decisions of people, and the cannot-links that follow from them."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from profiles.models import IdentityOperation, Profile, SourceRecord

from .proposal import Proposal


class Decision(models.Model):
    """A judgement on two sets of records as they were. Append-only; a later one voids an earlier one."""

    class Verdict(models.TextChoices):
        SAME = "same", "The same"
        NOT_SAME = "not_same", "Not the same"
        UNSURE = "unsure", "Unsure"
        LATER = "later", "Later"

    verdict = models.CharField(max_length=8, choices=Verdict)
    proposal = models.ForeignKey(Proposal, null=True, on_delete=models.PROTECT, related_name="decisions")
    operation = models.OneToOneField(
        IdentityOperation,
        null=True,
        on_delete=models.PROTECT,
        related_name="decision",
        help_text="The merge or split it caused.",
    )
    left = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Profile, null=True, on_delete=models.PROTECT, related_name="+")
    left_records = models.JSONField(help_text="Record ids of the left side at the time.")
    right_records = models.JSONField(help_text="Record ids of the right side at the time.")
    probability = models.FloatField(null=True)
    model_label = models.CharField(max_length=60, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    until = models.DateTimeField(null=True, help_text="For 'later': when it comes back.")
    voids = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="voided_by")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, db_constraint=False, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]


class CannotLink(models.Model):
    """Two sets of records that must never end in one profile, directly or through a third, until revoked."""

    class Origin(models.TextChoices):
        DECISION = "decision", "A steward said: not the same"
        SPLIT = "split", "Written by a split"
        UNDO = "undo", "Written by the undo of an automatic merge"

    origin = models.CharField(max_length=8, choices=Origin)
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="cannot_links")
    operation = models.ForeignKey(IdentityOperation, null=True, on_delete=models.PROTECT, related_name="cannot_links")
    reason = models.CharField(max_length=500, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    revoked_at = models.DateTimeField(null=True)
    revoked_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-id"]
        permissions = [("revoke_cannotlink", "Can revoke a cannot-link")]


class CannotLinkRecord(models.Model):
    """One record on one side of a cannot-link."""

    cannot_link = models.ForeignKey(CannotLink, on_delete=models.CASCADE, related_name="ends")
    record = models.ForeignKey(SourceRecord, on_delete=models.CASCADE, related_name="cannot_links")
    side = models.SmallIntegerField(help_text="0 left, 1 right.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["cannot_link", "record"], name="record_once_per_cannot_link"),
            models.CheckConstraint(condition=Q(side__in=[0, 1]), name="cannot_link_side"),
        ]

"""Who is where: profiles, memberships, and the ledger of operations that moved records. Written by matching/operations.py only."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, When

from profiles.ids import new_id

from .record import SourceRecord
from .source import Source


class LinkClass(models.TextChoices):
    """How firmly a record belongs to its profile, weakest claim of a machine to the word of a human."""

    SYSTEM = "system", "System: founded its profile"
    RULE = "rule", "Rule: a named rule linked it"
    MODEL = "model", "Model: the match model linked it"
    VERIFIED = "verified", "Verified: a person confirmed it"


class ProfileQuerySet(models.QuerySet["Profile"]):
    def active(self) -> "ProfileQuerySet":
        return self.filter(state=Profile.State.ACTIVE)

    def visible_to(self, user: object) -> "ProfileQuerySet":
        """Profiles that have a record of a source the user may read. A merged one must have had one, and lead to one that
        has: an old id gives no access to what stands behind it."""
        granted = list(Source.objects.visible_to(user).values_list("id", flat=True))
        behind = Profile.objects.filter(id=OuterRef("canonical_id"), source_ids__overlap=granted)
        return self.filter(Q(canonical__isnull=True) | Exists(behind), source_ids__overlap=granted)

    def stewarded_by(self, user: object) -> "ProfileQuerySet":
        """Profiles of which every member's source is the user's to steward."""
        granted = list(Source.objects.stewarded_by(user).values_list("id", flat=True))
        return self.filter(source_ids__contained_by=granted)


class Profile(models.Model):
    """A person or organisation, as a set of records. The id is random, never reused."""

    class State(models.TextChoices):
        ACTIVE = "active", "Active"
        MERGED = "merged", "Merged into another"
        ERASED = "erased", "Erased"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    party_kind = models.CharField(max_length=12, default="person")
    version = models.PositiveIntegerField(default=1, help_text="Grows with every operation on it.")
    merged_into = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="absorbed",
        db_index=False,
        help_text="The hop as it was made.",
    )
    canonical = models.ForeignKey(
        "self",
        null=True,
        on_delete=models.PROTECT,
        related_name="tombstones",
        db_constraint=False,
        db_index=False,
        help_text="The active profile that stands for a merged one (foreign key to active_id).",
    )
    source_ids = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Sources of its records that are there; who may see it follows.",
    )
    record_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    active_id = models.GeneratedField(
        expression=Case(When(state="active", then=F("id"))),
        output_field=models.UUIDField(null=True),
        db_persist=True,
        unique=True,
    )

    objects = ProfileQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = "customer"
        permissions = [
            ("see_personal", "Can see personal values in clear"),
            ("see_personal_masked", "Can see personal values masked"),
            ("see_sensitive", "Can see sensitive values in clear"),
            ("see_sensitive_masked", "Can see sensitive values masked"),
            ("reveal_values", "Can reveal masked values for a purpose"),
            ("view_counts", "Can see counts of customers"),
        ]
        indexes = [
            GinIndex(fields=["source_ids"], name="profile_sources", opclasses=["array_ops"]),
            # those of merged customers: nearly all point nowhere
            models.Index(fields=["merged_into"], name="profile_merged_into", condition=Q(merged_into__isnull=False)),
            models.Index(fields=["canonical"], name="profile_canonical", condition=Q(canonical__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="merged_profile_has_canonical",
                condition=Q(state="merged", canonical__isnull=False, merged_into__isnull=False)
                | (~Q(state="merged") & Q(canonical__isnull=True)),
            )
        ]

    def __str__(self) -> str:
        return f"Customer {self.short_id}"

    @property
    def short_id(self) -> str:
        """The random tail of the id: what people read to each other."""
        return self.id.hex[-8:]


class IdentityOperation(models.Model):
    """One change of membership that ended in one profile, with who, why and what exactly moved. Append-only."""

    class Kind(models.TextChoices):
        JOIN = "join", "Join"
        MERGE = "merge", "Merge"
        SPLIT = "split", "Split"
        MOVE = "move", "Move"
        UNDO = "undo", "Undo"
        ERASE = "erase", "Erase"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=6, choices=Kind)
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="operations")
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    reason = models.CharField(max_length=500, blank=True)
    model_label = models.CharField(max_length=60, blank=True)
    run_id = models.UUIDField(null=True, help_text="The job that did it.")
    undoes = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="undone_by")
    expected_versions = models.JSONField(default=dict, help_text="Profile id → version it was decided on.")
    evidence = models.JSONField(default=dict, help_text="Record id → evidence of its link, as levels, never values.")
    redirects = models.JSONField(
        default=dict, help_text="Merged profile id → the profile that stood for it before, for each that it re-pointed."
    )
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["run_id"], name="operation_run", condition=Q(run_id__isnull=False))]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.id.hex[-8:]}"


class RecordMove(models.Model):
    """One record moved by one operation. Append-only; its references are checked once per statement."""

    id = models.BigAutoField(primary_key=True)
    operation = models.ForeignKey(
        IdentityOperation, on_delete=models.PROTECT, related_name="moves", db_constraint=False, db_index=False
    )
    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="moves", db_constraint=False)
    from_profile = models.ForeignKey(
        Profile, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False
    )
    to_profile = models.ForeignKey(Profile, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False)
    class_before = models.CharField(max_length=8, choices=LinkClass, blank=True)
    class_after = models.CharField(max_length=8, choices=LinkClass, blank=True)
    linked_before = models.CharField(
        max_length=80, blank=True, help_text="The rule or model version of the link before."
    )
    linked_after = models.CharField(max_length=80, blank=True, help_text="The rule or model version of the link made.")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["operation", "record"], name="record_moves_once_per_operation")]


class Membership(models.Model):
    """Where a record is now. At most one row per record; never on a merged or erased profile (guarded by the database).
    That record and operation exist is checked once per statement."""

    record = models.OneToOneField(
        SourceRecord, primary_key=True, on_delete=models.PROTECT, related_name="membership", db_constraint=False
    )
    profile = models.ForeignKey(Profile, on_delete=models.PROTECT, related_name="memberships", db_constraint=False)
    link_class = models.CharField(max_length=8, choices=LinkClass)
    linked_by = models.CharField(max_length=80, blank=True, help_text="The rule or model version, if one linked it.")
    operation = models.ForeignKey(
        IdentityOperation, null=True, on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    since = models.DateTimeField()

    class Meta:
        ordering = ["record"]

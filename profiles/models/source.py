"""Sources: the systems that records come from, how their columns map, and who may see their records."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, RegexValidator
from django.db import models
from django.utils import timezone
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from guardian.shortcuts import get_objects_for_user
from simple_history.models import HistoricalRecords


class SourceQuerySet(models.QuerySet["Source"]):
    def visible_to(self, user: object) -> "SourceQuerySet":
        """Sources whose records the user may read: by grant, or all for a superuser. 1 query when evaluated."""
        return self._granted(user, "view_source")

    def stewarded_by(self, user: object) -> "SourceQuerySet":
        """Sources whose records the user may decide about."""
        return self._granted(user, "steward_source")

    def managed_by(self, user: object) -> "SourceQuerySet":
        """Sources that the user answers for: grants are theirs to give, and to confirm."""
        return self._granted(user, "manage_source")

    def imported_by(self, user: object) -> "SourceQuerySet":
        """Sources into which the user may import: those they steward or manage."""
        return self._granted(user, "steward_source", "manage_source")

    def all_visible_to(self, user: object) -> bool:
        """Whether no source is hidden from the user: who may be told what is counted over all of them. 1 query."""
        return not self.exclude(pk__in=self.visible_to(user).values("pk")).exists()

    def _granted(self, user: object, *verbs: str) -> "SourceQuerySet":
        """By grant to the user or a group of theirs. The grants of an account that was switched off stay, without power."""
        if not user.is_active:
            return self.none()
        names = [f"profiles.{verb}" for verb in verbs]
        return get_objects_for_user(user, names, klass=self, any_perm=True, accept_global_perms=False)


class OverAllSources(models.QuerySet):
    """Rows whose figures count the records of all sources."""

    def visible_to(self, user: object) -> "OverAllSources":
        """All for who may see every source, none for others: a count would tell of what is hidden. 1 query."""
        return self if Source.objects.all_visible_to(user) else self.none()


class Source(models.Model):
    """One system that delivers customer records. These rows are the draft; a schema version freezes them."""

    class ImportMode(models.TextChoices):
        DELTA = "delta", "Delta: a file holds what changed"
        SNAPSHOT = "snapshot", "Snapshot: a file holds everything; what is missing was withdrawn"

    key = models.SlugField(max_length=40, unique=True, validators=[RegexValidator(r"^[a-z][a-z0-9_]*$")])
    name = models.CharField(max_length=100)
    owner = models.CharField(max_length=200, help_text="Who answers for this data: a team or a mailbox.")
    trust = models.PositiveSmallIntegerField(
        default=50, validators=[MaxValueValidator(100)], help_text="0 to 100: whose value wins when sources disagree."
    )
    region = models.CharField(
        max_length=2, default="GB", help_text="Country of phone numbers and addresses without one."
    )
    import_mode = models.CharField(max_length=10, choices=ImportMode, default=ImportMode.DELTA)
    id_column = models.CharField(max_length=200, help_text="The column with the source's own id of a customer.")
    version_column = models.CharField(
        max_length=200, blank=True, help_text="A number or time that grows with each change; older rows never win."
    )
    date_format = models.CharField(max_length=40, blank=True, help_text="For example %d/%m/%Y; empty means ISO dates.")
    delimiter = models.CharField(max_length=1, blank=True, help_text="Of CSV files; empty means: recognise it.")
    encoding = models.CharField(max_length=40, default="utf-8")
    default_party_kind = models.CharField(
        max_length=12, default="person", choices=[("person", "Person"), ("organisation", "Organisation")]
    )
    unique_fields = ArrayField(
        models.CharField(max_length=60),
        default=list,
        blank=True,
        help_text="Identifiers that one person has only one of in this source.",
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = SourceQuerySet.as_manager()
    history = HistoricalRecords()

    class Meta:
        ordering = ["name"]
        default_permissions = ("add", "change", "delete", "view")
        permissions = [
            ("steward_source", "Can decide about records of the source"),
            ("manage_source", "Can set up the source and import into it"),
        ]

    def __str__(self) -> str:
        return self.name


class GrantDetails(models.Model):
    """Who granted it and why, and who confirmed it last in an access review."""

    granted_at = models.DateTimeField(default=timezone.now, editable=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )
    reason = models.CharField(max_length=500, blank=True)
    confirmed_at = models.DateTimeField(null=True, editable=False)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", editable=False
    )

    class Meta:
        abstract = True


class SourceUserGrant(UserObjectPermissionBase, GrantDetails):
    """A grant on one source to one user (guardian, direct foreign key)."""

    content_object = models.ForeignKey(Source, on_delete=models.CASCADE)


class SourceGroupGrant(GroupObjectPermissionBase, GrantDetails):
    """A grant on one source to one group (guardian, direct foreign key)."""

    content_object = models.ForeignKey(Source, on_delete=models.CASCADE)


class FieldMapping(models.Model):
    """One column of a source and the canonical field (or composite) that it fills."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="mappings")
    column = models.CharField(max_length=200)
    target = models.CharField(max_length=80, help_text="A canonical field, full_name, address_line, or free:<name>.")
    standardiser = models.CharField(max_length=40, blank=True, help_text="Empty: the target's own.")
    separator = models.CharField(max_length=5, blank=True, help_text="Splits a cell that holds several values.")
    required = models.BooleanField(default=False, help_text="A row without a readable value is set aside.")

    history = HistoricalRecords()

    class Meta:
        ordering = ["source", "id"]
        constraints = [models.UniqueConstraint(fields=["source", "column", "target"], name="mapping_once")]

    def __str__(self) -> str:
        return f"{self.source.key}.{self.column} → {self.target}"

"""Service tokens: what another system shows at the API instead of a password."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q


class ServiceToken(models.Model):
    """A key of a service account: kept as a hash, narrowed to scopes, ends by itself, can be revoked, never deleted."""

    account = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="service_tokens")
    name = models.CharField(max_length=80, help_text="Where it is used, such as: nightly load of the shop.")
    key = models.CharField(max_length=16, unique=True, help_text="The part of the token that may be seen.")
    digest = models.CharField(max_length=64, help_text="SHA-256 of the part that may not.")
    scopes = ArrayField(models.CharField(max_length=40), help_text="From the registry of scopes.")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    used_at = models.DateTimeField(null=True)
    minute = models.DateTimeField(null=True, help_text="The minute of the last use.")
    uses = models.PositiveIntegerField(default=0, help_text="How often it was used in that minute.")
    refused_at = models.DateTimeField(null=True, help_text="When a refusal was last written to the audit.")

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="token_ends_after_it_began", condition=Q(expires_at__gt=F("created_at"))),
            models.CheckConstraint(name="token_has_a_scope", condition=Q(scopes__len__gt=0)),
            models.CheckConstraint(
                name="token_revoked_by_somebody",
                condition=Q(revoked_at=None, revoked_by=None) | Q(revoked_at__isnull=False, revoked_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.key}"

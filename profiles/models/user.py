"""The people who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q


class User(AbstractUser):
    """A person (or service) with an account here; what they may do comes from groups, which rows from grants."""

    is_service = models.BooleanField(
        default=False, editable=False, help_text="Another system: it comes with a service token and never signs in."
    )

    class Meta(AbstractUser.Meta):
        constraints = [
            models.CheckConstraint(
                name="services_have_no_password_and_no_mail",
                condition=Q(is_service=False) | Q(password__startswith="!", email="", is_superuser=False),
            )
        ]

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

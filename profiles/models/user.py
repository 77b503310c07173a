"""The people who sign in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person (or service) with an account here; what they may do comes from groups, which rows from grants."""

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username

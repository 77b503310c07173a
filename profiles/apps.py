"""What we know: users, sources, schema, records, profiles and golden values, and the ground that all apps share."""

from django.apps import AppConfig


class ProfilesConfig(AppConfig):
    name = "profiles"
    verbose_name = "Profiles"

    def ready(self) -> None:
        from . import classified, events, jobkinds, sealed_columns  # noqa: F401  (fill the registries)

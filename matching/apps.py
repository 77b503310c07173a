"""Who is who: the engine, match models, proposals and decisions, and the only code that changes memberships."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"
    verbose_name = "Matching"

    def ready(self) -> None:
        from . import (  # noqa: F401  (fill the registries)
            classified,
            deciding_together,
            events,
            jobkinds,
            sealed_columns,
            second_person,
            timeline,
        )

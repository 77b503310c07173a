"""What we may do: roles and the reading of the audit."""

from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "governance"
    verbose_name = "Governance"

    def ready(self) -> None:
        from . import classified, consent_wiring, events, jobkinds, request_kinds, restoring, roles, sign_in  # noqa: F401  (fill the registries, listen at the door)

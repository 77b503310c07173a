"""Where consent hooks into the flow of others: jobs, steps, panels."""

from matching.steps import STEPS
from profiles.corrections import AFTER_STORE
from profiles.golden import REBUILT
from profiles.jobs import KINDS, JobKind
from profiles.panels import PANELS, Panel

from . import consent, consent_import, consent_jobs, objections
from .consent_carry import carry
from .consent_store import after_golden
from .permissions import VIEW_CONSENT

KINDS.register(consent.SPREAD, JobKind("A NO on a contact value reaches all who hold it", consent_jobs.run_spread))
KINDS.register(consent_import.JOB, JobKind("Statements of consent in an import", consent_import.run_import))
STEPS.register("consent", carry)
AFTER_STORE.register("consent", consent_import.after_store)
REBUILT.register("consent", after_golden)
PANELS.register("consent", Panel("customer", "governance:consent", "Consent", VIEW_CONSENT, 5))
PANELS.register("merge_consent", Panel("merge", "governance:consent-preview", "Consent", VIEW_CONSENT, 5))
PANELS.register("split_consent", Panel("split", "governance:consent-preview", "Consent", VIEW_CONSENT, 5))

FILLED = (objections,)  # they fill the registries

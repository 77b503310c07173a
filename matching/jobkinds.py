"""Jobs of this app, and its steps in the flow of others."""

from profiles.corrections import AFTER_STORE
from profiles.jobs import KINDS, JobKind
from profiles.panels import PANELS, Panel

from . import permissions
from .blocking import after_store
from .evaluation import run_evaluation
from .proposals import follow_records
from .proposing import rescore_merged
from .run import run_resolve
from .steps import STEPS

KINDS.register("resolve", JobKind("Resolve", run_resolve))
KINDS.register("evaluate_model", JobKind("Evaluate match models", run_evaluation))
AFTER_STORE.register("keys", after_store)
STEPS.register("proposals", follow_records)
STEPS.register("rescore", rescore_merged)
PANELS.register(
    "links", Panel("customer", "matching:links", "Possible duplicates, household", permissions.VIEW_QUEUE, 10)
)

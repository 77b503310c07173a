"""Jobs of this app, and its steps in the flow of others."""

from profiles.corrections import AFTER_STORE
from profiles.jobs import KINDS, JobKind
from profiles.panels import PANELS, Panel
from profiles.rebuild import MATCHED
from profiles.schema import AFTER_PUBLISH

from . import matched_again, permissions, rekeying
from .blocking import after_store
from .evaluation import run_evaluation
from .fullrun.jobs import run_calculation, run_publication, run_undo
from .proposals import follow_records
from .proposing import rescore_merged
from .run import run_resolve
from .shadow import run_shadow
from .steps import STEPS

KINDS.register("resolve", JobKind("Resolve", run_resolve))
KINDS.register("match_again", JobKind("Match split records again", matched_again.run_match_again))
KINDS.register("evaluate_model", JobKind("Evaluate match models", run_evaluation))
KINDS.register("shadow_run", JobKind("Shadow run of a match model", run_shadow))
KINDS.register("rekey", JobKind("New keys", rekeying.run_rekey, rebuilds=True))
KINDS.register("full_run", JobKind("Full run", run_calculation))
KINDS.register("full_run_publish", JobKind("Publication of a full run", run_publication))
KINDS.register("full_run_undo", JobKind("Undo of a full run", run_undo))
AFTER_PUBLISH.register("keys", rekeying.after_publish)
MATCHED.register("engine", rekeying.matched_fields)
AFTER_STORE.register("keys", after_store)
STEPS.register("proposals", follow_records)
STEPS.register("rescore", rescore_merged)
PANELS.register(
    "links", Panel("customer", "matching:links", "Possible duplicates, household", permissions.VIEW_QUEUE, 10)
)

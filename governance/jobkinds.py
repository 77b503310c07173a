"""Jobs of this app, and the gates, targets and approvals that stand beside them."""

from profiles.jobs import KINDS, JobKind
from profiles.panels import PANELS, Panel

from . import fulfilment
from .erasure import kinds
from .permissions import VIEW_ERASURES
from .retention import pruning
from .suppression import gate, lifting

FILLED = (kinds, gate, lifting)  # they fill the registries

KINDS.register(fulfilment.JOB, JobKind("Fulfil a privacy request", fulfilment.run_fulfilment))
KINDS.register(pruning.JOB, JobKind("Retention", pruning.run_job))
PANELS.register("keeping", Panel("customer", "governance:keeping", "Erasure and holds", VIEW_ERASURES, order=80))

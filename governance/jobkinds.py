"""Jobs of this app."""

from profiles.jobs import KINDS, JobKind

from . import fulfilment

KINDS.register(fulfilment.JOB, JobKind("Fulfil a privacy request", fulfilment.run_fulfilment))

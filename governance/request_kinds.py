"""What privacy requests fill in: jobs, the step of operations, the panel of a customer's page, kinds of approval, handlers."""

from matching.steps import STEPS
from profiles.jobs import KINDS, JobKind
from profiles.panels import PANELS, Panel

from . import intake, messages, permissions, refusals, request_marks, rights

FILLED = (refusals, rights)  # they fill the registries

KINDS.register(intake.JOB, JobKind("Look who asks", intake.run_admission))
KINDS.register(messages.JOB, JobKind("Deliver a message", messages.run_delivery))
STEPS.register("privacy_requests", request_marks.follow_operations)
PANELS.register(
    "privacy_requests",
    Panel("customer", "governance:customer-requests", "Privacy requests", permissions.VIEW_REQUESTS, 40),
)

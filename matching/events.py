"""Audit events and work-item kinds of this app."""

from profiles.audit import EVENTS, EventKind
from profiles.work import KINDS, WorkKind

from . import brakes, other_work
from .engine.explain import REASON_SENTENCES

for _name, _kind in {
    "identity.joined": EventKind("Joined {records} records to a customer"),
    "identity.merged": EventKind("Merged {profiles} customers into one"),
    "identity.split": EventKind("Split {records} records off a customer"),
    "identity.moved": EventKind("Moved {records} records to another customer"),
    "identity.confirmed": EventKind("Confirmed that records belong to their customer"),
    "identity.erased": EventKind("Took {records} records of a customer out for good"),
    "identity.undone": EventKind("Undid an operation ({kind})"),
    "proposal.decided": EventKind("Decided a proposal: {verdict}"),
    "proposal.decided_together": EventKind("Decided {pairs} proposals together: {verdict}"),
    "pair.decided": EventKind("Decided about two customers: {verdict}"),
    "proposal.read": EventKind("Opened a proposal", is_read=True),
    "pair.compared": EventKind("Compared two customers", is_read=True),
    "cannot_link.revoked": EventKind("Revoked a cannot-link"),
    "records.resolved": EventKind(
        "Resolved {records} records: {founded} new customers, {joined} joined, {merged} merged"
    ),
    "run_brake.stopped": EventKind(
        "The run brake: {wanted} customers that existed before would be merged, and {limit} are usual"
    ),
    "run_brake.released": EventKind("Let go on what the run brake had stopped: {wanted} merges of customers"),
    "run_brake.read": EventKind("Looked at what a stopped import would merge", is_read=True),
    "records.rekeyed": EventKind("Wrote new keys; {records} records are resolved again"),
    "model.published": EventKind("Published match model {label}"),
    "model.drafted": EventKind("Made draft {label} of match model {based_on}"),
    "model.edited": EventKind("Edited draft match model {label}"),
    "model.discarded": EventKind("Discarded draft match model {label}"),
    "model.tested": EventKind("Tried match model {label} on two records", is_read=True),
    "model.evaluated": EventKind("Evaluated match model {label} on {set}"),
    "model.shadow_run": EventKind("Ran match model {label} in the shadow of {against}"),
    "model.publication_requested": EventKind("Asked to publish match model {label}"),
    "model.publication_rejected": EventKind("Rejected the publication of match model {label}"),
    "model.publication_withdrawn": EventKind("Withdrew the request to publish match model {label}"),
    "evaluation.read": EventKind("Read an evaluation with customers by name", is_read=True),
    "shadow_run.read": EventKind("Read a shadow run with customers by name", is_read=True),
    "full_run.started": EventKind("Started a full run under match model {label}"),
    "full_run.cancelled": EventKind("Stopped a full run: {step}"),
    "full_run.resumed": EventKind("Let a full run go on: {step}"),
    "full_run.discarded": EventKind("Discarded a full run under match model {label}"),
    "full_run.reported": EventKind("A full run under {label} would merge {merged} customers"),
    "full_run.published": EventKind("Published a full run under match model {label}"),
    "full_run.undone": EventKind("Undid a full run under match model {label}"),
    "full_run.read": EventKind("Read a full run with customers by name", is_read=True),
}.items():
    EVENTS.register(_name, _kind)

_REASONS = {str(reason): sentence for reason, sentence in REASON_SENTENCES.items()}
KINDS.register("proposal", WorkKind("Possible duplicate", "matching:proposal", _REASONS))
KINDS.register("split", WorkKind("Possible split", "matching:proposal", _REASONS))
KINDS.register(
    "cluster_stopped", WorkKind("Cluster too large", "profiles:customer", _REASONS, other_work.present_clusters)
)
KINDS.register(
    brakes.KIND,
    WorkKind(
        "Import stopped",
        "matching:brake",
        {"unusually_many": "It would merge unusually many customers that existed before it."},
        brakes.present,
        about_import=True,
        needs_answer=True,
    ),
)

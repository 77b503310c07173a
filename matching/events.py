"""Audit events and work-item kinds of this app."""

from profiles.audit import EVENTS, EventKind
from profiles.work import KINDS, WorkKind

from .engine.explain import REASON_SENTENCES

for _name, _kind in {
    "identity.joined": EventKind("Joined {records} records to a customer"),
    "identity.merged": EventKind("Merged {profiles} customers into one"),
    "identity.split": EventKind("Split {records} records off a customer"),
    "identity.moved": EventKind("Moved {records} records to another customer"),
    "identity.undone": EventKind("Undid an operation ({kind})"),
    "proposal.decided": EventKind("Decided a proposal: {verdict}"),
    "proposal.read": EventKind("Opened a proposal", is_read=True),
    "pair.compared": EventKind("Compared two customers", is_read=True),
    "cannot_link.revoked": EventKind("Revoked a cannot-link"),
    "records.resolved": EventKind(
        "Resolved {records} records: {founded} new customers, {joined} joined, {merged} merged"
    ),
    "model.published": EventKind("Published match model {label}"),
}.items():
    EVENTS.register(_name, _kind)

_REASONS = {str(reason): sentence for reason, sentence in REASON_SENTENCES.items()}
KINDS.register("proposal", WorkKind("Possible duplicate", "matching:proposal", _REASONS))
KINDS.register("split", WorkKind("Possible split", "matching:proposal", _REASONS))
KINDS.register("cluster_stopped", WorkKind("Cluster too large", "matching:queue", _REASONS))

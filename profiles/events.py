"""Audit events and work-item kinds of this app."""

from .approvals import APPROVAL
from .audit import EVENTS, EventKind
from .conflicts import CONFLICT
from .flags import FLAG
from .work import KINDS, WorkKind

for _name, _kind in {
    "batch.received": EventKind("Received {file_name} from {source}"),
    "batch.finished": EventKind("Finished an import: {accepted} accepted, {quarantined} set aside"),
    "batch.failed": EventKind("An import failed: {code}"),
    "batch.undo_asked": EventKind("Asked for the undo of an import from {source}"),
    "batch.undone": EventKind("Undid an import: {withdrawn} records withdrawn, {restored} restored"),
    "quarantine.replayed": EventKind("Mended and replayed {rows} set-aside rows"),
    "quarantine.dismissed": EventKind("Dismissed {rows} set-aside rows"),
    "quarantine.read": EventKind("Looked at set-aside rows of an import", is_read=True),
    "record.corrected": EventKind("Corrected {field}"),
    "record.correction_released": EventKind("Released the correction of {field}"),
    "record.correction_kept": EventKind("Kept the correction of {field} against a new value of the source"),
    "schema.published": EventKind("Published schema version {number}"),
    "schema.rebuilt": EventKind(
        "Took schema version {number} over: {records} records read again, {customers} chosen again"
    ),
    "schema.draft_restored": EventKind("Took the draft back to schema version {number}"),
    "source.changed": EventKind("Changed the set-up of source {source}"),
    "source.deleted": EventKind("Deleted source {source}"),
    "mapping.changed": EventKind("Changed the mapping {name}"),
    "mapping.deleted": EventKind("Deleted the mapping {name}"),
    "field.changed": EventKind("Changed the draft of field {name}"),
    "field.deleted": EventKind("Deleted the draft of field {name}"),
    "blocked_value.changed": EventKind("Changed the blocked value {name}"),
    "blocked_value.deleted": EventKind("Deleted the blocked value {name}"),
    "user.changed": EventKind("Changed the account of {user}"),
    "token.issued": EventKind("Issued a service token of {user} ({key}) for {scopes}, good for {days} days"),
    "token.revoked": EventKind("Revoked a service token of {user} ({key})"),
    "token.refused": EventKind("Refused a service token of {user} ({key}): {why}"),
    "source.granted": EventKind("Granted {permission} on {source} to {grantee}"),
    "source.grant_withdrawn": EventKind("Withdrew {permission} on {source} from {grantee}"),
    "approval.requested": EventKind("Asked a second person for: {what}"),
    "approval.approved": EventKind("Approved, and it was done: {what}"),
    "approval.rejected": EventKind("Rejected what another person asked for: {what}"),
    "approval.withdrawn": EventKind("Withdrew a request for a second person: {what}"),
    "approval.outdated": EventKind("A request for a second person was out of date: {what}"),
    "approval.expired": EventKind("A request for a second person expired: {what}"),
    "approval.handed_over": EventKind("Gave a request for a second person to {to}: {what}"),
    "approval.read": EventKind("Opened a request for a second person", is_read=True),
    "work.closed": EventKind("Closed a work item ({kind})"),
    "job.cancelled": EventKind("Cancelled a job ({kind})"),
    "job.retried": EventKind("Retried a job ({kind})"),
    "customer.read": EventKind("Opened a customer", is_read=True),
    "customer.searched": EventKind("Saw customers in a search ({hits} hits)", is_read=True),
    "customer.revealed": EventKind("Revealed masked values of a customer ({purpose}, {ticket})", is_read=True),
    "customer.flagged": EventKind("Flagged {field} of a customer as wrong"),
    "keys.rotated": EventKind("Wrapped {values} values anew under key version {version}"),
    "flag.answered": EventKind("Answered a flag of {field}: {outcome}"),
}.items():
    EVENTS.register(_name, _kind)

KINDS.register(
    CONFLICT,
    WorkKind(
        "Source contradicts a correction",
        "profiles:conflict",
        {"third_value": "The source sent a value that is neither the one corrected nor the correction."},
    ),
)
KINDS.register(APPROVAL, WorkKind("Waits for a second person", "profiles:approval"))
KINDS.register(FLAG, WorkKind("Value flagged as wrong", "profiles:flag", {"flagged": "A reader holds it for wrong."}))

"""Audit events of this app: name → sentence."""

from .audit import EVENTS, EventKind

for _name, _kind in {
    "batch.received": EventKind("Received {file_name} from {source}"),
    "batch.finished": EventKind("Finished an import: {accepted} accepted, {quarantined} set aside"),
    "batch.failed": EventKind("An import failed: {code}"),
    "batch.undone": EventKind("Undid an import: {withdrawn} records withdrawn, {restored} restored"),
    "quarantine.replayed": EventKind("Mended and replayed {rows} set-aside rows"),
    "quarantine.dismissed": EventKind("Dismissed {rows} set-aside rows"),
    "quarantine.read": EventKind("Looked at set-aside rows of an import", is_read=True),
    "record.corrected": EventKind("Corrected {field}"),
    "record.correction_released": EventKind("Released the correction of {field}"),
    "schema.published": EventKind("Published schema version {number}"),
    "source.changed": EventKind("Changed the set-up of source {source}"),
    "source.granted": EventKind("Granted {permission} on {source} to {grantee}"),
    "source.grant_withdrawn": EventKind("Withdrew {permission} on {source} from {grantee}"),
    "job.cancelled": EventKind("Cancelled a job ({kind})"),
    "job.retried": EventKind("Retried a job ({kind})"),
    "customer.read": EventKind("Opened a customer", is_read=True),
    "customer.searched": EventKind("Saw customers in a search ({hits} hits)", is_read=True),
    "customer.flagged": EventKind("Flagged {field} of a customer as wrong"),
}.items():
    EVENTS.register(_name, _kind)

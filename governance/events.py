"""Audit events of this app: name → sentence."""

from profiles.audit import EVENTS, EventKind
from profiles.work import KINDS, WorkKind

from . import consent_conflicts, request_watch
from .requests import DUE

for _name, _kind in {
    "site.backed_up": EventKind("Made a backup of {rows} rows ({backup})"),
    "site.restored": EventKind("Restored the backup made at {made_at}; opened the site"),
    "account.signed_in": EventKind("Signed in by {by}"),
    "account.signed_out": EventKind("Signed out"),
    "account.refused": EventKind("Was refused at the sign-in ({by})"),
    "account.factor_added": EventKind("Added a second factor ({factor})"),
    "account.factor_removed": EventKind("Removed a second factor ({factor})"),
    "account.password_changed": EventKind("Changed the password"),
    "audit.person_asked": EventKind("Asked the audit who saw a customer"),
    "audit.exported": EventKind("Exported {events} events of the audit"),
    "audit.exposure_asked": EventKind("Asked the audit who was exposed to {user}: {people} people"),
    "audit.exposure_exported": EventKind("Exported the {people} people who were exposed to {user}"),
    "audit.user_asked": EventKind("Asked the audit what a user did"),
    "user.invited": EventKind("Invited {user}"),
    "user.service_made": EventKind("Made the service account {user}"),
    "user.role_given": EventKind("Gave {user} the role {role}"),
    "user.role_taken": EventKind("Took the role {role} from {user}"),
    "user.factor_removed": EventKind("Removed a second factor of {user} ({factor})"),
    "user.deactivated": EventKind("Switched the account of {user} off"),
    "user.reactivated": EventKind("Switched the account of {user} on again"),
    "user.work_handed_over": EventKind("Handed the open work of {user} over to {to}"),
    "access_review.started": EventKind("Began an access review of {grants} grants"),
    "access_review.closed": EventKind(
        "Ended an access review: {confirmed} confirmed, {withdrawn} taken back, {lapsed} lapsed"
    ),
    "source.grant_confirmed": EventKind("Confirmed {permission} on {source} of {grantee}"),
    "request.received": EventKind("Received a privacy request ({kind})"),
    "request.moved": EventKind("Moved a privacy request from {was} to {state}"),
    "request.clock": EventKind("Wrote to the clock of a privacy request: {event}; due {due}"),
    "request.verified": EventKind("Took who asks for proven ({how})"),
    "request.started": EventKind("Began to carry out a privacy request for {records} records"),
    "request.task_done": EventKind("Did a task of a privacy request: {target}"),
    "request.task_failed": EventKind("Failed at a task of a privacy request: {target} ({error})"),
    "request.attached": EventKind("Attached a file to a privacy request: {purpose}"),
    "request.file_read": EventKind("Opened a file of a privacy request: {purpose}", is_read=True),
    "request.read": EventKind("Opened a privacy request", is_read=True),
    "request.escalated": EventKind("Told of the deadline of a privacy request: {stage}"),
    "request.restriction_lifted": EventKind("Lifted the restriction of {records} records"),
    "request.exported": EventKind("Exported the record of privacy requests"),
    "request.retried": EventKind("Had the failed tasks of a privacy request tried again"),
    "erasure.planned": EventKind("Looked at the plan of an erasure", is_read=True),
    "erasure.started": EventKind("Began to erase a customer: {records} records"),
    "erasure.cleared": EventKind("Erased from {target}: {rows} rows"),
    "erasure.retried": EventKind("Tried the erasure of a customer again"),
    "erasure.told": EventKind("Told {who} of an erasure"),
    "erasure.confirmed": EventKind("Noted that {who} has erased the customer, too"),
    "erasure.ids_read": EventKind("Looked at a source's own ids of an erased customer", is_read=True),
    "erasure.done": EventKind("Erased a customer: {records} records, with a certificate"),
    "erasure.replayed": EventKind("Erased a customer again after a restore: {records} records"),
    "suppression.lifted": EventKind("Lifted {entries} suppressed identifiers: {why}"),
    "suppression.cleared": EventKind("Took in {rows} rows of somebody else who shares something with an erased person"),
    "hold.placed": EventKind("Placed a legal hold on {records} records: {reason}"),
    "hold.released": EventKind("Released a legal hold: {reason}"),
    "retention.changed": EventKind("Changed a retention window: {window}"),
    "retention.run": EventKind("Pruned what was past its window: {rows} rows"),
    "retention.pruned": EventKind("Pruned {rows} rows ({window}); {kept} were kept"),
    "source.grant_lapsed": EventKind("Let {permission} on {source} of {grantee} lapse: nobody confirmed it"),
    "consent.read": EventKind("Looked at the consent of a customer", is_read=True),
    "consent.recorded": EventKind("Wrote down {act} for {purpose} by {channel} ({method})"),
    "consent.receipt_taken": EventKind("Took the receipt of a statement", is_read=True),
    "preferences.opened": EventKind("Opened the own choices"),
    "preferences.receipts_taken": EventKind("Took the own receipts"),
    "preferences.link_sent": EventKind("Sent somebody the link to their choices"),
    "purpose.saved": EventKind("Saved the purpose {purpose}"),
    "consent.carried": EventKind("Carried {restrictions} restrictions along with the records"),
}.items():
    EVENTS.register(_name, _kind)

KINDS.register(DUE, WorkKind("Privacy request due", "governance:request", request_watch.REASONS, request_watch.present))
KINDS.register(
    consent_conflicts.KIND,
    WorkKind(
        "Consent contradicts itself",
        "governance:consent",
        {"verified_against_model": "A verified record and one that a model linked say different things."},
        consent_conflicts.present,
        needs_answer=True,
    ),
)

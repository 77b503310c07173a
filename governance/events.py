"""Audit events of this app: name → sentence."""

from profiles.audit import EVENTS, EventKind

for _name, _kind in {
    "account.signed_in": EventKind("Signed in by {by}"),
    "account.signed_out": EventKind("Signed out"),
    "account.refused": EventKind("Was refused at the sign-in ({by})"),
    "account.factor_added": EventKind("Added a second factor ({factor})"),
    "account.factor_removed": EventKind("Removed a second factor ({factor})"),
    "account.password_changed": EventKind("Changed the password"),
    "audit.person_asked": EventKind("Asked the audit who saw a customer"),
    "audit.exported": EventKind("Exported {events} events of the audit"),
    "audit.user_asked": EventKind("Asked the audit what a user did"),
    "user.invited": EventKind("Invited {user}"),
    "user.service_made": EventKind("Made the service account {user}"),
    "user.role_given": EventKind("Gave {user} the role {role}"),
    "user.role_taken": EventKind("Took the role {role} from {user}"),
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
    "request.retried": EventKind("Had the failed tasks of a privacy request tried again"),
    "source.grant_lapsed": EventKind("Let {permission} on {source} of {grantee} lapse: nobody confirmed it"),
}.items():
    EVENTS.register(_name, _kind)

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
    "audit.user_asked": EventKind("Asked the audit what a user did"),
}.items():
    EVENTS.register(_name, _kind)

"""Permissions of this app, each with the sentence that says what it lets a person do. See profiles/permissions.py."""

from profiles.permissions import permission, permissions

# ---- privacy requests ----------------------------------------------------------------------------------------------------
VIEW_REQUESTS = permission(
    "governance.view_privacyrequest", "See privacy requests: those one filed, and those with a task for one's sources."
)
FILE_REQUESTS = permission("governance.add_privacyrequest", "File a privacy request for the person who asks.")
HANDLE_REQUESTS = permission(
    "governance.change_privacyrequest", "Work on all privacy requests: verify, plan, extend, refuse, answer."
)
APPROVE_REQUESTS = permission(
    "governance.approve_privacyrequest", "Be the second person who approves the plan of a privacy request."
)
OVERSEE_REQUESTS = permission(
    "governance.oversee_privacyrequest", "See of every privacy request who did what and when, without a value."
)
DO_REQUEST_TASKS = permission(
    "governance.change_requesttask", "Do what a privacy request asks for in the sources one stewards."
)

# ---- erasure -------------------------------------------------------------------------------------------------------------
VIEW_ERASURES = permission("governance.view_erasure", "See erasures, how far each is, and its certificate.")
REQUEST_ERASURE = permission("governance.request_erasure", "Plan the erasure of a customer and ask for it.")
APPROVE_ERASURE = permission("governance.approve_erasure", "Approve erasures as the second person.")
ANSWER_NOTICES = permission(
    "governance.change_erasurenotice",
    "Tell the sources one stewards of erasures, and confirm that they were done there.",
)
VIEW_SUPPRESSION = permission(
    "governance.view_suppressionentry", "See by which keyed hashes erased people are known again, never who they were."
)
LIFT_SUPPRESSION = permission("governance.lift_suppression", "Ask for a suppression to be lifted.")
APPROVE_LIFT = permission("governance.approve_lift", "Approve as the second person that a suppression is lifted.")
CLEAR_SUPPRESSED = permission(
    "governance.add_suppressionclearance",
    "Say that a row which only shares something with an erased person is another's.",
)

# ---- retention and holds -------------------------------------------------------------------------------------------------
VIEW_RETENTION = permission(
    "governance.view_retentionrule", "See how long data is kept, what went and why, and what is held."
)
SET_RETENTION = permissions(
    "governance", "add_retentionrule change_retentionrule", "Set how long each class of data of a source is kept."
)
HOLD_CUSTOMERS = permission("governance.hold_customer", "Place legal holds on customers, and release them.")

# ---- consent -----------------------------------------------------------------------------------------------------------
VIEW_CONSENT = permission(
    "governance.view_consentevent", "See what a customer agreed to, withdrew and objected to, with its evidence."
)
RECORD_CONSENT = permission(
    "governance.add_consentevent", "Write down what a customer said about a purpose, with its proof."
)
VIEW_PURPOSES = permission("governance.view_purpose", "Read what data may be used for, and on which basis.")
SET_UP_PURPOSES = permissions("governance", "add_purpose change_purpose", "Set up what data may be used for.")

"""Permissions of this app, each with the sentence that says what it lets a person do. See profiles/permissions.py."""

from profiles.permissions import permission

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

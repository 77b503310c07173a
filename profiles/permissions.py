"""Permissions of this app, each with the sentence that says what it lets a person do.

Code asks for these codenames, never for names of roles; which role holds which is in governance/roles.py. Which rows a
person may do it with is another question: grants on sources answer it.
"""

from .registry import Registry

# codename → what it lets a person do; upper apps declare theirs too
PERMISSIONS: Registry[str] = Registry("permissions")


def permission(codename: str, sentence: str) -> str:
    """Declare a permission."""
    PERMISSIONS.register(codename, sentence)
    return codename


def permissions(app: str, codenames: str, sentence: str) -> tuple[str, ...]:
    """Declare permissions (names with spaces between) that are only given together."""
    return tuple(permission(f"{app}.{name}", sentence) for name in codenames.split())


# ---- customers -----------------------------------------------------------------------------------------------------------
VIEW_CUSTOMERS = permission(
    "profiles.view_profile", "Find customers and look at them, each value as far as it may be seen."
)
SEE_PERSONAL = permission("profiles.see_personal", "See personal values in clear: names, contacts, addresses.")
SEE_PERSONAL_MASKED = permission("profiles.see_personal_masked", "See personal values masked, such as m•••@e•••.com.")
SEE_SENSITIVE = permission(
    "profiles.see_sensitive", "See sensitive values in clear: birth dates, national ids, rows as sent."
)
SEE_SENSITIVE_MASKED = permission(
    "profiles.see_sensitive_masked", "See sensitive values masked, such as their last digits."
)
REVEAL = permission(
    "profiles.reveal_values", "Reveal the masked values of one customer for a stated purpose; each time is audited."
)
VIEW_COUNTS = permission(
    "profiles.view_counts", "See how many customers there are and how they can be reached, never who."
)
CORRECT = permission("profiles.correct_record", "Correct a value of a record, and take a correction back.")
FLAG = permission("profiles.add_flag", "Flag a value as wrong, and read what the stewards answered.")
ANSWER_FLAGS = permission("profiles.answer_flag", "Answer what was flagged in the sources one stewards.")

# ---- imports and jobs ----------------------------------------------------------------------------------------------------
VIEW_IMPORTS = permission("profiles.view_batch", "See imports, their counts and why rows were set aside.")
IMPORT = permission("profiles.import_records", "Import files into the sources one stewards or manages.")
UNDO_IMPORT = permission("profiles.undo_batch", "Undo an import as a whole.")
MEND = permission("profiles.mend_quarantinedrow", "Mend rows that were set aside, replay them or leave them out.")
VIEW_JOBS = permission("profiles.view_job", "See background runs: one's own and those of one's sources.")
CONTROL_JOBS = permission("profiles.control_job", "See every background run, cancel it or try it again.")
VIEW_APPROVALS = permission(
    "profiles.view_approval", "Ask a second person for what takes two, and follow what became of it."
)

# ---- the audit and the set-up --------------------------------------------------------------------------------------------
READ_AUDIT = permission("profiles.read_audit", "Read the audit: who did what, who saw whom, and whether it is sealed.")
VIEW_DICTIONARY = permission(
    "profiles.view_canonicalfield", "Read the data dictionary: what is kept, and what erasure does."
)
PUBLISH_SCHEMA = permission("profiles.add_schemaversion", "Put the draft of sources, fields and rules in force.")
VIEW_SOURCES = permission("profiles.view_source", "See how every source is set up.")
SET_UP_SOURCES = permissions(
    "profiles", "add_source change_source view_fieldmapping add_fieldmapping change_fieldmapping delete_fieldmapping",
    "Set sources up: how their files are read and which column fills which field.",
)  # fmt: skip
SET_UP_FIELDS = permissions(
    "profiles", "add_canonicalfield change_canonicalfield view_blockedvalue add_blockedvalue change_blockedvalue"
    " delete_blockedvalue view_schemaversion",
    "Edit the draft of fields, of the rules that choose values, and of values that never count.",
)  # fmt: skip
GRANT_SOURCES = permissions(
    "profiles", "view_sourceusergrant add_sourceusergrant change_sourceusergrant delete_sourceusergrant"
    " view_sourcegroupgrant add_sourcegroupgrant change_sourcegroupgrant delete_sourcegroupgrant",
    "Grant sources to people and roles, and take grants back.",
)  # fmt: skip
MANAGE_PEOPLE = (
    *permissions("profiles", "view_user add_user change_user", "Make accounts, give them roles, end them."),
    *permissions("auth", "view_group", "Make accounts, give them roles, end them."),
)

"""What each field of this app's models, and of Django's and guardian's, is as personal data. See personal_data.py."""

from .personal_data import Fields, declare, declare_history, nothing, say, technical

LEDGER = "A ledger: ids and codes only; who the record was is gone with the record."
STAFF = "Who of the staff acted; not about a customer."


def staff(names: str) -> Fields:
    """Who of the staff did something."""
    return say(names, "identifier", "internal", "keep", STAFF)


# ---- what we know of a customer ----------------------------------------------------------------------------------------
declare(
    "profiles.SourceRecord",
    technical("id source state party_kind schema_version revision batch line created_at updated_at resolve_seq", "keep", "The empty record stands for what the ledgers name."),
    say("external_id", "identifier", "personal", "redact", "Becomes its suppression digest."),
    say("payload", "free_text", "sensitive", "redact", "As received: anything may be in it."),
    say("payload_hash", "identifier", "personal", "redact"),
    say("attributes", "identifier", "sensitive", "redact", "Field by field as the schema declares."),
    say("sealed", "identifier", "sensitive", "redact", "The sensitive ones of them, encrypted."),
    say("problems", "technical", "internal", "redact"),
    say("source_version", "technical", "internal", "redact"),
)  # fmt: skip
declare(
    "profiles.RecordVersion",
    technical("id record revision state party_kind problems source_version schema_version batch line updated_at replaced_by_batch replaced_at"),
    say("payload", "free_text", "sensitive", "delete"),
    say("payload_hash", "identifier", "personal", "delete"),
    say("attributes sealed", "identifier", "sensitive", "delete"),
)  # fmt: skip
declare(
    "profiles.QuarantinedRow",
    technical("id batch line field code reason state resolved_at replayed_in"),
    say("payload", "free_text", "sensitive", "delete"),
    say("resolved_by", "identifier", "internal", "delete"),
)
declare(
    "profiles.Correction",
    technical("id record field act created_at released_at"),
    say("values source_values sealed", "identifier", "sensitive", "delete"),
    say("reason", "free_text", "personal", "delete"),
    say("created_by released_by", "identifier", "internal", "delete"),
)
declare(
    "profiles.Flag",
    technical("id record field created_at outcome answered_at"),
    say("value sealed", "identifier", "sensitive", "delete"),
    say("note answer", "free_text", "personal", "delete"),
    say("reporter answered_by", "identifier", "internal", "delete"),
)
declare(
    "profiles.GoldenValue",
    technical("id profile field rank record source_ids record_ids rule observed_at"),
    say("value sealed", "identifier", "sensitive", "delete"),
)
declare(
    "profiles.SearchEntry",
    technical("id profile kind source_ids"),
    say("text", "identifier", "personal", "delete"),
)
declare(
    "profiles.Profile",
    technical(
        "id state party_kind version merged_into canonical source_ids record_count created_at updated_at active_id",
        "keep", "A random id without a person: others hold it, and are told 410.",
    ),
)  # fmt: skip
declare(
    "profiles.Reveal",
    technical("id profile purpose ticket at until", "keep", LEDGER),
    staff("user"),
)
declare("profiles.Membership", technical("record profile link_class linked_by operation since"))
declare(
    "profiles.Mark",
    technical("id record kind since until reference"),
    say("reason", "free_text", "personal", "delete"),
)

# ---- ledgers and the ground ----------------------------------------------------------------------------------------------
declare(
    "profiles.IdentityOperation",
    technical(
        "id kind profile model_label run_id undoes expected_versions evidence redirects created_at", "keep", LEDGER
    ),
    say("reason", "free_text", "personal", "redact"),
    staff("actor"),
)
declare(
    "profiles.RecordMove",
    technical(
        "id operation record from_profile to_profile class_before class_after linked_before linked_after",
        "keep",
        LEDGER,
    ),
)
declare(
    "profiles.AuditEvent",
    technical("id at request_id action object_type object_id detail outcome txid", "keep", LEDGER),
    say("subject_ids", "identifier", "internal", "keep", "Random ids, needed to answer who saw a person."),
    staff("actor_id actor_name"),
)
declare(
    "profiles.Approval",
    technical(
        "id kind subject_id arguments plan plan_hash summary state requested_at expires_at decided_at result_id",
        "keep", LEDGER,
    ),
    say("subject_ids", "identifier", "internal", "keep", "Random ids, needed to answer who acted on a person."),
    say("reason answer", "free_text", "personal", "redact"),
    staff("requested_by owner decided_by"),
)  # fmt: skip
declare(
    "profiles.WorkItem",
    technical("id kind subject_id source reason detail state lease_until due_at created_at closed_at", "keep", "Ids and codes; closed with what it was about."),
    staff("assignee closed_by"),
)  # fmt: skip
declare(
    "profiles.Batch",
    nothing(
        "id source file_name file_hash file_size stored_file import_mode state message schema_version job_id next_line"
        " rows_total received accepted created unchanged superseded quarantined suppressed withdrawn created_at"
        " started_at finished_at undone_at"
    ),
    staff("created_by"),
)
declare(
    "profiles.Job",
    nothing(
        "id kind args state dedupe_key fence lease_until tries progress message cancel_requested request_id created_at"
        " started_at finished_at"
    ),
    staff("created_by"),
)
declare("profiles.JobStep", nothing("id job n result created_at"))

# ---- the set-up ----------------------------------------------------------------------------------------------------------
declare(
    "profiles.Source",
    nothing(
        "id key name owner trust region import_mode id_column version_column date_format delimiter encoding"
        " default_party_kind unique_fields is_active created_at"
    ),
)
declare("profiles.FieldMapping", nothing("id source column target standardiser separator required"))
declare(
    "profiles.CanonicalField",
    nothing(
        "id key label kind group multi_valued standardiser survivorship sensitivity category erasure erasure_reason"
        " position"
    ),
)
declare("profiles.BlockedValue", nothing("id field pattern is_regex note"))
declare("profiles.SchemaVersion", nothing("id number content note published_at"), staff("published_by"))
for _label in ("Source", "FieldMapping", "CanonicalField", "BlockedValue"):
    declare_history(f"profiles.{_label}")

# ---- people who sign in, and what Django and guardian keep of them -------------------------------------------------------
declare(
    "profiles.User",
    nothing("id is_superuser is_staff is_active is_service"),
    staff("username first_name last_name last_login date_joined"),
    say("email", "contact", "internal", "keep", STAFF),
    say("password", "identifier", "sensitive", "keep", "Hashed; of the staff."),
)
declare(
    "profiles.ServiceToken",
    nothing("id name key scopes created_at expires_at revoked_at used_at minute uses refused_at"),
    staff("account created_by revoked_by"),
    say("digest", "technical", "sensitive", "keep", "Hash of a service's secret; not about a customer."),
)
declare("profiles.User_groups", nothing("id group"), staff("user"))
declare("profiles.User_user_permissions", nothing("id permission"), staff("user"))
declare(
    "profiles.SourceUserGrant",
    nothing("id permission content_object granted_at confirmed_at"),
    staff("user granted_by reason confirmed_by"),
)
declare(
    "profiles.SourceGroupGrant",
    nothing("id permission group content_object granted_at confirmed_at"),
    staff("granted_by reason confirmed_by"),
)
declare("auth.Group", nothing("id name"))
declare("auth.Group_permissions", nothing("id group permission"))
declare("auth.Permission", nothing("id name content_type codename"))
declare("contenttypes.ContentType", nothing("id app_label model"))
declare(
    "admin.LogEntry",
    nothing("id action_time content_type object_id object_repr action_flag change_message"),
    staff("user"),
)
declare("guardian.GroupObjectPermission", nothing("id permission content_type object_pk group"))
declare("guardian.UserObjectPermission", nothing("id permission content_type object_pk"), staff("user"))
declare(
    "sessions.Session",
    nothing("expire_date"),
    say("session_key session_data", "identifier", "sensitive", "keep", "Of the staff; ends with the session."),
)

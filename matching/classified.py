"""What each field of this app's models is as personal data. See profiles/personal_data.py."""

from profiles.classified import LEDGER, staff
from profiles.personal_data import declare, declare_history, nothing, say, technical

declare(
    "matching.BlockKey",
    say("key", "identifier", "personal", "delete"),
    technical("record_id rule"),
)
declare(
    "matching.Proposal",
    technical(
        "id kind state left right left_record right_record probability weight reasons model_label reopened_because"
        " run_id work_item created_at closed_at closed_because closed_by_job", "keep", "Ids and codes: decisions name it.",
    ),
    technical("evidence", "redact", "Levels, never values."),
    say("fingerprint", "identifier", "personal", "redact"),
)  # fmt: skip
declare(
    "matching.Decision",
    technical(
        "id verdict proposal operation left right left_records right_records probability model_label until voids"
        " created_at", "keep", LEDGER,
    ),
    say("fingerprint", "identifier", "personal", "redact"),
    say("reason", "free_text", "personal", "redact"),
    staff("actor"),
)  # fmt: skip
declare(
    "matching.CannotLink",
    technical("id origin decision operation created_at revoked_at"),
    say("reason revoked_reason", "free_text", "personal", "delete"),
    say("created_by revoked_by", "identifier", "internal", "delete"),
)
declare("matching.CannotLinkRecord", technical("id cannot_link record side"))
declare(
    "matching.Relation",
    technical("id left_record right_record model_label run_id created_at"),
    say("kind pattern", "behavioural", "personal", "delete"),
)
declare(
    "matching.RunBrake",
    technical(
        "id batch full_run state customers merged wanted limit examples stopped_at released_at",
        "keep",
        "Ids and counts.",
    ),
    say("reason", "free_text", "internal", "keep", "Why an import was let go on: about no customer."),
    staff("released_by"),
)
declare(
    "matching.MatchModel",
    nothing("id label content state note based_on revision created_at published_at"),
    staff("created_by published_by"),
)
declare_history("matching.MatchModel")
declare(
    "matching.Publication",
    nothing("id model model_digest state reason requested_at decided_at answer replaced"),
    staff("requested_by decided_by"),
)
declare(
    "matching.Evaluation",
    nothing("id model_label model_digest kind set_name figures created_at"),
    technical("errors", "keep", "Ids of records and customers, never values."),
    staff("created_by"),
)
declare(
    "matching.ShadowRun",
    nothing("id model_label model_digest against_label records figures job_id created_at finished_at"),
    technical("changes", "keep", "Ids of records and customers, never values."),
    staff("created_by"),
)
declare(
    "matching.FullRun",
    nothing("id model_label model_digest train state step parts records profiles figures job_ids created_at"
            " reported_at published_at undone_at"),
    say("reason", "free_text", "internal", "keep", "Why a run was published: about no customer."),
    staff("created_by published_by undone_by"),
)  # fmt: skip
declare("matching.FullRunPart", nothing("id run step number job_id figures done_at"))
declare(
    "matching.FullRunPiece",
    technical("id run number"),
    say("content", "identifier", "personal", "delete"),
)
declare(
    "matching.FullRunEdge",
    technical("run_id left_record right_record rule weight home", "delete"),
    technical("pattern", "delete", "Levels, never values."),
)
declare("matching.FullRunUsage", technical("run_id held"), say("key", "identifier", "personal", "delete"))
declare("matching.FullRunMember", technical("run_id record_id group cluster", "delete"))
declare("matching.FullRunChange", technical("id run kind customers records weight", "delete"))

"""What each field of this app's models, and of those behind the sign-in, is as personal data. See profiles/personal_data.py."""

from profiles.classified import LEDGER, STAFF, staff
from profiles.personal_data import declare, declare_history, nothing, say, technical

declare(
    "governance.AuditSeal",
    nothing("number at cluster last_txid event_ids leaves root previous digest key_id signature"),
)
declare("governance.CheckpointDelivery", nothing("id number delivered_at failing_since failure"))

declare("governance.AccessReview", nothing("id started_at due_at closed_at is_open"), staff("started_by"))
declare(
    "governance.ReviewedGrant",
    nothing("id review source group verbs outcome decided_at"),
    staff("user decided_by"),
)

# ---- privacy requests: the record of what was asked and answered is kept, what was written is not ------------------------
ANSWERED = "That a request was answered, and how, must be shown for years; whom it was about is gone with the records."
declare(
    "governance.PrivacyRequest",
    technical(
        "id kind state blocked door profile records requester authority_at verified verified_at regime regime_version"
        " received_at due_at is_paused duplicate_of approval plan_hash started_at refusal closed_at",
        "keep", ANSWERED,
    ),
    technical("escalated external_id", "keep", ANSWERED),
    say("claim refusal_text", "free_text", "sensitive", "null"),
    say("claim_digest token_digest", "identifier", "personal", "redact"),
    staff("filed_by authority_by verified_by closed_by reviewed_by"),
)  # fmt: skip
declare("governance.RequestClock", technical("id request kind at recorded_at reason", "keep", ANSWERED), staff("actor"))
declare(
    "governance.RequestTask",
    technical("id request target title source by_hand state tries due_at last_error result done_at", "keep", ANSWERED),
    staff("done_by"),
)
declare(
    "governance.RequestAttachment",
    technical("id request purpose content_type size added_at"),
    say("name", "free_text", "personal", "delete"),
    say("sealed", "free_text", "sensitive", "delete"),
    say("added_by", "identifier", "internal", "delete"),
)
# ---- erasure, suppression, retention, holds ---------------------------------------------------------------------------------
PROOF = "The proof that somebody was erased: ids, codes and counts."
declare(
    "governance.Erasure",
    technical(
        "id profile profiles records kept basis reference approval replayed_at plan plan_hash started_at done_at"
        " certificate certificate_digest signature key_id exported_at", "keep", PROOF,
    ),
)  # fmt: skip
declare("governance.ErasureTarget", technical("id erasure name job_id waits_for cleared done_at", "keep", PROOF))
declare(
    "governance.ErasureNotice",
    technical("id erasure source recipient due_at told_at method confirmed_at", "keep", PROOF),
    say(
        "external_ids", "identifier", "sensitive", "keep", "Sealed, for the source alone; empty once it has confirmed."
    ),
    staff("told_by"),
)
declare(
    "governance.SuppressionEntry",
    technical("id key_version kind is_unique scope basis erasure created_at lifted_at lift approval", "keep", PROOF),
    say("digest", "identifier", "internal", "keep", "A keyed hash, so that the person does not come back unasked."),
    staff("lifted_by"),
)
declare(
    "governance.SuppressionClearance",
    technical("id key_version cleared_at", "keep", "So that somebody else is not asked about again."),
    say("digest", "identifier", "internal", "keep", "A keyed hash of a record that is somebody else's."),
    staff("cleared_by"),
)
declare(
    "governance.LegalHold",
    technical("id profile records reason matter placed_at released_at", "keep", LEDGER),
    staff("placed_by released_by"),
)
declare(
    "governance.RetentionRule",
    nothing("id source data_class act counted_from days law is_active changed_at"),
    staff("changed_by"),
)
declare_history("governance.RetentionRule")
declare("governance.RetentionRun", nothing("id started_at finished_at job_id pruned kept rules"))

# ---- consent -----------------------------------------------------------------------------------------------------------
declare(
    "governance.Purpose",
    nothing(
        "id key name description lawful_basis needs_consent channels expires_after_days confirms_twice honours_gpc"
        " notice_version notice_url data_categories recipients is_active created_at"
    ),
)
declare_history("governance.Purpose")
declare(
    "governance.ConsentEvent",
    technical(
        "id record purpose channel act at recorded_at method awaits_confirmation until notice_version language"
        " jurisdiction site batch line lifts carried_from lifted_by operation_id", "keep", LEDGER,
    ),
    say("contact", "identifier", "internal", "keep", "A keyed hash: a NO outlives the erasure of who said it."),
    staff("actor"),
)  # fmt: skip
declare(
    "governance.ConsentNote",
    technical("event"),
    say("contact_value", "contact", "personal", "delete"),
    say("proof reason", "free_text", "personal", "delete"),
)
declare("governance.ConsentState", technical("id profile purpose channel contact state event since valid_until"))

declare(
    "governance.VerificationCode",
    technical("id request profile expires_at tries used_at created_at"),
    say("digest", "identifier", "sensitive", "delete"),
)
declare("governance.DoorCount", technical("id since count"), say("key", "identifier", "internal", "delete"))
declare(
    "governance.OutgoingMessage",
    technical("id request channel template subject state tries last_error created_at sent_at"),
    say("recipient", "contact", "personal", "delete"),
    say("body", "free_text", "sensitive", "delete"),
)

# ---- the sign-in (allauth): about the staff, never about a customer --------------------------------------------------------
declare(
    "account.EmailAddress",
    nothing("id verified primary"),
    staff("user"),
    say("email", "contact", "internal", "keep", STAFF),
)
declare(
    "account.EmailConfirmation",
    nothing("id email_address created sent"),
    say("key", "identifier", "sensitive", "keep", "Of the staff; ends in days."),
)
declare(
    "mfa.Authenticator",
    nothing("id type created_at last_used_at"),
    staff("user"),
    say("data", "identifier", "sensitive", "keep", "Of the staff: the secret of a second factor."),
)
declare(
    "socialaccount.SocialAccount",
    nothing("id provider"),
    staff("user uid last_login date_joined"),
    say("extra_data", "identifier", "internal", "keep", STAFF),
)
declare(
    "socialaccount.SocialApp",
    nothing("id provider provider_id name client_id settings"),
    say("secret key", "technical", "sensitive", "keep", "Of the organisation's provider."),
)
declare(
    "socialaccount.SocialToken",
    nothing("id app expires_at"),
    staff("account"),
    say("token token_secret", "identifier", "sensitive", "keep", "Of the staff; ends by itself."),
)
declare(
    "usersessions.UserSession",
    nothing("id created_at last_seen_at"),
    staff("user ip user_agent"),
    say("session_key data", "identifier", "sensitive", "keep", "Of the staff; ends with the session."),
)

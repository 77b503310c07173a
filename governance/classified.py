"""What each field of this app's models, and of those behind the sign-in, is as personal data. See profiles/personal_data.py."""

from profiles.classified import STAFF, staff
from profiles.personal_data import declare, nothing, say

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

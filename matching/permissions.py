"""Permission codenames of this app."""

REVIEW = "matching.review_proposal"
VIEW_QUEUE = "matching.view_proposal"
CHANGE_IDENTITY = "matching.change_identity"
REVOKE_CANNOT_LINK = "matching.revoke_cannotlink"
PUBLISH_MODEL = "matching.publish_matchmodel"

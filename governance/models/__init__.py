from .delivery import CheckpointDelivery
from .erasure import Basis, Erasure, ErasureNotice, ErasureTarget
from .hold import LegalHold
from .message import OutgoingMessage
from .request import PrivacyRequest, RequestAttachment, RequestClock, RequestTask
from .retention import RetentionRule, RetentionRun
from .review import AccessReview, ReviewedGrant
from .seal import AuditSeal
from .suppression import SuppressionClearance, SuppressionEntry
from .verification import DoorCount, VerificationCode

__all__ = [
    "AccessReview",
    "AuditSeal",
    "Basis",
    "CheckpointDelivery",
    "Erasure",
    "ErasureNotice",
    "ErasureTarget",
    "LegalHold",
    "DoorCount",
    "OutgoingMessage",
    "PrivacyRequest",
    "RequestAttachment",
    "RequestClock",
    "RequestTask",
    "RetentionRule",
    "RetentionRun",
    "ReviewedGrant",
    "SuppressionClearance",
    "SuppressionEntry",
    "VerificationCode",
]

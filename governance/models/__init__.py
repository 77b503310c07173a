from .consent import (
    CONTACT_FIELDS,
    Channel,
    ConsentEvent,
    ConsentNote,
    ConsentState,
    LawfulBasis,
    Purpose,
)
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
    "CONTACT_FIELDS",
    "Channel",
    "CheckpointDelivery",
    "ConsentEvent",
    "ConsentNote",
    "ConsentState",
    "DoorCount",
    "Erasure",
    "ErasureNotice",
    "ErasureTarget",
    "LawfulBasis",
    "LegalHold",
    "OutgoingMessage",
    "PrivacyRequest",
    "Purpose",
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

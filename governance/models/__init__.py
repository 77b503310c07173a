from .delivery import CheckpointDelivery
from .request import PrivacyRequest, RequestAttachment, RequestClock, RequestTask
from .review import AccessReview, ReviewedGrant
from .seal import AuditSeal

__all__ = [
    "AccessReview",
    "AuditSeal",
    "CheckpointDelivery",
    "PrivacyRequest",
    "RequestAttachment",
    "RequestClock",
    "RequestTask",
    "ReviewedGrant",
]

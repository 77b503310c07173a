from .delivery import CheckpointDelivery
from .review import AccessReview, ReviewedGrant
from .seal import AuditSeal

__all__ = ["AccessReview", "AuditSeal", "CheckpointDelivery", "ReviewedGrant"]

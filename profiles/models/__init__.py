"""One module per noun; import models from here."""

from .approval import Approval
from .audit import AuditEvent
from .flag import Flag
from .golden import GoldenValue, SearchEntry
from .identity import IdentityOperation, Membership, Profile, RecordMove
from .job import Job, JobStep
from .mark import Mark
from .record import Batch, Correction, QuarantinedRow, RecordVersion, SourceRecord
from .reveal import Reveal
from .schema import BlockedValue, CanonicalField, SchemaVersion
from .source import FieldMapping, Source, SourceGroupGrant, SourceUserGrant
from .token import ServiceToken
from .user import User
from .work import WorkItem

__all__ = [
    "Approval",
    "AuditEvent",
    "Batch",
    "BlockedValue",
    "CanonicalField",
    "Correction",
    "FieldMapping",
    "Flag",
    "GoldenValue",
    "IdentityOperation",
    "Job",
    "JobStep",
    "Mark",
    "Membership",
    "Profile",
    "QuarantinedRow",
    "RecordMove",
    "RecordVersion",
    "Reveal",
    "SchemaVersion",
    "SearchEntry",
    "ServiceToken",
    "Source",
    "SourceGroupGrant",
    "SourceRecord",
    "SourceUserGrant",
    "User",
    "WorkItem",
]

"""How rows without a foreign key to a record or a customer are found."""

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.expressions import RawSQL

from matching.models import CannotLinkRecord
from profiles.bulk import array

from .stores import LINKS, Subject, moved_by

DECIDED_ON = (
    "EXISTS (SELECT FROM jsonb_array_elements_text(matching_decision.left_records || matching_decision.right_records) e"
    " WHERE e::bigint = ANY(%s::bigint[]))"
)
NAMES_BOTH = "(matching_fullrunchange.records && %s::bigint[] OR matching_fullrunchange.customers && %s::uuid[])"


def _true(sql: str, *given: object) -> Q:
    return Q(RawSQL(sql, given, output_field=models.BooleanField()))  # noqa: S611


def _pair(subject: Subject) -> Q:
    return Q(left_record__in=subject.records) | Q(right_record__in=subject.records)


def _one_sided(subject: Subject) -> Q:
    """Cannot-links of which a side would be, or is, without records: those about others stay."""
    ends = CannotLinkRecord.objects.filter(cannot_link=OuterRef("pk")).exclude(record__in=subject.records)
    return ~Q(Exists(ends.filter(side=0))) | ~Q(Exists(ends.filter(side=1)))


for _label, _where in {
    "profiles.SourceRecord": lambda s: Q(id__in=s.records),
    "profiles.IdentityOperation": lambda s: Q(id__in=moved_by(s)),
    "profiles.Approval": lambda s: Q(subject_ids__overlap=list(s.profiles)),
    "profiles.Mark": lambda s: Q(record__in=s.records),
    "profiles.Membership": lambda s: Q(record__in=s.records),
    "profiles.GoldenValue": lambda s: Q(record__in=s.records),
    # a value that is set aside has no record yet: it is found by what it holds, see set_aside.py
    "profiles.QuarantinedRow": lambda s: Q(pk__in=[]),
    # the request that is being answered keeps the address for its answer until it is closed; see requests.py
    "governance.PrivacyRequest": lambda s: Q(profile__in=s.profiles, closed_at__isnull=False),
    "governance.RequestAttachment": lambda s: Q(request__profile__in=s.profiles, request__closed_at__isnull=False),
    "governance.OutgoingMessage": lambda s: Q(
        request__profile__in=s.profiles, request__closed_at__isnull=False, state="sent"
    ),
    # who came to the public doors, as keyed hashes; gone in two days
    "governance.DoorCount": lambda s: Q(pk__in=[]),
    "matching.BlockKey": lambda s: Q(record_id__in=s.records),
    "matching.Proposal": _pair,
    "matching.Relation": _pair,
    "matching.Decision": lambda s: _true(DECIDED_ON, array(s.records)),
    "matching.CannotLink": _one_sided,
    "matching.FullRunEdge": _pair,
    "matching.FullRunMember": lambda s: Q(record_id__in=s.records),
    "matching.FullRunChange": lambda s: _true(NAMES_BOTH, array(s.records), array(s.profiles)),
    # what a full run holds of everybody, in pieces; see running.py
    "matching.FullRunPiece": lambda s: Q(pk__in=[]),
    "matching.FullRunUsage": lambda s: Q(pk__in=[]),
}.items():
    LINKS.register(_label, _where)

"""Duties to keep: records that a law keeps for a time, whatever else would let them go. They stay, restricted."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from profiles.models import SourceRecord

from .models import RetentionRule


@dataclass(frozen=True, slots=True)
class Kept:
    """A record that stays, under which rule, because of which law, and until when."""

    record_id: int
    rule_id: int
    law: str
    until: datetime


def kept(records: Collection[SourceRecord]) -> Sequence[Kept]:
    """Those of the records that a duty keeps today. 1 query."""
    duties = {rule.source_id: rule for rule in in_force()}
    now, found = timezone.now(), []
    for record in records:
        rule = duties.get(record.source_id)
        if rule and (until := _begins(record, rule) + timedelta(days=rule.days)) > now:
            found.append(Kept(record.pk, rule.pk, rule.law, until))
    return found


def in_force() -> Collection[RetentionRule]:
    """The duties to keep. 1 query when evaluated."""
    return RetentionRule.objects.filter(act=RetentionRule.Act.KEEP, is_active=True)


def _begins(record: SourceRecord, rule: RetentionRule) -> datetime:
    return record.created_at if rule.counted_from == RetentionRule.CountedFrom.INGEST else record.updated_at

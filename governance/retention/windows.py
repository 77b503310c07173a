"""Which rows a window concerns: past it, and kept nevertheless by a hold, a duty or an open request. Reads only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce, Greatest

from governance import duties
from governance.models import RetentionRule
from profiles.models import Correction, Mark, QuarantinedRow, RecordVersion, Reveal, SourceRecord
from profiles.models.mark import kinds_that_stop

DataClass, CountedFrom = RetentionRule.DataClass, RetentionRule.CountedFrom


@dataclass(frozen=True, slots=True)
class Counts:
    """What a window would do now: rows that would go, and rows past it that something keeps."""

    going: int
    kept: int


def counts(rule: RetentionRule, now: datetime) -> Counts:
    """The dry run of one window. 2 queries and the duties."""
    past = due(rule, now)
    going = free(rule, past, now).count()
    return Counts(going, past.count() - going)


def due(rule: RetentionRule, now: datetime) -> QuerySet[Any]:
    """Rows past the window, whatever keeps them."""
    before = now - timedelta(days=rule.days)
    if rule.data_class == DataClass.SET_ASIDE:
        return _of(rule, QuarantinedRow.objects.all(), "batch__source").filter(batch__created_at__lt=before)
    if rule.data_class == DataClass.VERSION:
        at = "updated_at" if rule.counted_from == CountedFrom.INGEST else "replaced_at"
        return _of(rule, RecordVersion.objects.all(), "record__source").filter(**{f"{at}__lt": before})
    states = [SourceRecord.State.WITHDRAWN]
    if rule.data_class == DataClass.RECORD:
        states += SourceRecord.LIVE
    records = _of(rule, SourceRecord.objects.filter(state__in=states), "source")
    return records.annotate(clock=clock(rule.counted_from)).filter(clock__lt=before)


def _of(rule: RetentionRule, rows: QuerySet[Any], source: str) -> QuerySet[Any]:
    return rows.filter(**{source: rule.source_id}) if rule.source_id else rows


def clock(counted_from: str) -> Any:
    """The time that a record's window is counted from."""
    if counted_from == CountedFrom.INGEST:
        return F("created_at")
    if counted_from == CountedFrom.UPDATE:
        return F("updated_at")
    corrected = Correction.objects.filter(record=OuterRef("pk")).order_by("-created_at").values("created_at")[:1]
    shown = Reveal.objects.filter(profile=OuterRef("membership__profile")).order_by("-at").values("at")[:1]
    return Greatest(
        F("updated_at"),
        Coalesce(F("membership__profile__updated_at"), F("updated_at")),
        Coalesce(Subquery(corrected), F("updated_at")),
        Coalesce(Subquery(shown), F("updated_at")),
    )


def free(rule: RetentionRule, rows: QuerySet[Any], now: datetime) -> QuerySet[Any]:
    """Those of the rows that nothing keeps. 1 query for the duties."""
    if rule.data_class == DataClass.SET_ASIDE:
        return rows
    prefix = "record__" if rule.data_class == DataClass.VERSION else ""
    stops = Mark.objects.filter(kind__in=kinds_that_stop("pruning"), until__isnull=True)
    here = stops.filter(record=OuterRef(f"{prefix}pk"))
    beside = stops.filter(record__membership__profile=OuterRef(f"{prefix}membership__profile"))
    rows = rows.filter(~Exists(here), ~Exists(beside))
    for duty in duties.in_force():
        at = "created_at" if duty.counted_from == CountedFrom.INGEST else "updated_at"
        since = now - timedelta(days=duty.days)
        rows = rows.exclude(Q(**{f"{prefix}source": duty.source_id, f"{prefix}{at}__gt": since}))
    return rows

"""Pruning: the job that lets go what is past its window, batch by batch, and the report of what went and why."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from governance.erasure import targets
from governance.erasure.kinds import clear_others
from governance.erasure.stores import Subject
from governance.models import RetentionRule, RetentionRun
from profiles import audit, jobs
from profiles.models import QuarantinedRow, RecordVersion, User

from . import windows

JOB = "prune"
RECORDS, ROWS = 100, 2_000  # in one transaction


def queue() -> jobs.Job | None:
    """A round, when there is any window in force. 1 query without one."""
    if not rules().exists():
        return None
    return jobs.enqueue(kind=JOB, args={}, dedupe_key="all")


def rules() -> QuerySet[RetentionRule]:
    """The windows in force."""
    return RetentionRule.objects.filter(act=RetentionRule.Act.PRUNE, is_active=True).order_by("id")


def run_job(claim: jobs.Claim) -> None:
    """One round over all windows; a second try goes on with the same report."""
    run, _ = RetentionRun.objects.get_or_create(job_id=claim.job_id, defaults={"started_at": timezone.now()})
    for rule in rules().select_related("source"):
        while _batch(claim, run, rule):
            claim.beat(pruned=sum(run.pruned.values()))
        _report(claim, run, rule)
    with claim.effect():
        run.finished_at = timezone.now()
        run.save()
        audit.record("retention.run", obj=run, detail={"rows": sum(run.pruned.values())})


def _batch(claim: jobs.Claim, run: RetentionRun, rule: RetentionRule) -> int:
    """One transaction. Returns how many rows went."""
    with claim.effect():
        done = prune(rule, timezone.now())
        run.pruned[str(rule.pk)] = run.pruned.get(str(rule.pk), 0) + done
        run.save(update_fields=["pruned"])
    return done


def _report(claim: jobs.Claim, run: RetentionRun, rule: RetentionRule) -> None:
    kept = windows.counts(rule, timezone.now()).kept
    with claim.effect():
        run.kept[str(rule.pk)] = kept
        run.rules[str(rule.pk)] = f"{rule.source or 'All sources'}: {rule} ({rule.law})"
        run.save(update_fields=["kept", "rules"])
        if run.pruned.get(str(rule.pk)):
            audit.record(
                "retention.pruned",
                obj=rule,
                detail={"rows": run.pruned[str(rule.pk)], "window": str(rule), "kept": kept},
            )


def prune(rule: RetentionRule, now: datetime) -> int:
    """Let one batch of what is past a window go. Returns how many rows. Caller is in a transaction."""
    rows = windows.free(rule, windows.due(rule, now), now).order_by("pk")
    if rule.data_class == RetentionRule.DataClass.SET_ASIDE:
        return QuarantinedRow.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:ROWS])).delete()[0]
    if rule.data_class == RetentionRule.DataClass.VERSION:
        return RecordVersion.objects.filter(pk__in=list(rows.values_list("pk", flat=True)[:ROWS])).delete()[0]
    return erase_records(list(rows.values_list("pk", flat=True)[:RECORDS]), {"retention": rule.pk})


def erase_records(record_ids: Collection[int], evidence: dict[str, object]) -> int:
    """Take records out of every store, as an erasure does, without suppression: the source may send them again."""
    if not record_ids:
        return 0
    emptied = targets.leave(record_ids, evidence)
    subject = Subject(tuple(emptied), tuple(record_ids))
    for clear in (targets.clear_records, targets.clear_derived, targets.clear_notes, clear_others):
        clear(None, subject)
    return len(record_ids)


@transaction.atomic
def set_window(*, rule: RetentionRule, by: User) -> RetentionRule:
    """Write a window down; it is not in force until it is switched on."""
    rule.changed_by, rule.is_active = by, False
    rule.save()
    audit.record("retention.changed", obj=rule, detail={"window": f"{rule}, not in force"})
    return rule


@transaction.atomic
def switch(*, rule: RetentionRule, on: bool, by: User) -> RetentionRule:
    """Put a window in force, or out of it."""
    rule.changed_by, rule.is_active = by, on
    rule.save()
    audit.record("retention.changed", obj=rule, detail={"window": f"{rule}, {'in force' if on else 'not in force'}"})
    return rule

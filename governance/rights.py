"""Correction and restriction: how these rights are carried out.

A correction is made where any is (a steward's word on a record); the request sees to it that the source is told. A
restriction marks the records, which stops matching, golden values and every use, and has each source told.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from profiles import audit
from profiles.approvals import Plan
from profiles.jobs import Claim
from profiles.locks import lock_profiles
from profiles.models import Correction, Mark, Source, User

from .fulfilment import HANDLERS, Handler, Target, each_task, members
from .models import PrivacyRequest, RequestTask
from .requests import RequestNotAllowed

MARKS = "store:marks"
RESTRICTED = "Restricted at the request of the person."


def _sources(record_ids: Sequence[int]) -> list[Source]:
    """The sources of records. 1 query."""
    return list(Source.objects.filter(records__in=record_ids).distinct().order_by("key"))


def _tell(sources: Sequence[Source], what: str) -> list[Target]:
    """A task for the stewards of each source."""
    return [Target(f"source:{source.key}", f"{source.name}: {what}", source.pk, by_hand=True) for source in sources]


# ---- correction ----------------------------------------------------------------------------------------------------------


def _corrections(request: PrivacyRequest) -> list[Correction]:
    """What was corrected on its records since it came in, and is in force. 2 queries."""
    rows = Correction.objects.filter(record__in=members(request), created_at__gte=request.received_at)
    return list(rows.filter(released_at__isnull=True).select_related("record__source").order_by("id"))


def _plan_correction(request: PrivacyRequest) -> Plan:
    found = _corrections(request)
    if not found:
        raise RequestNotAllowed("Nothing was corrected yet: correct the values on the records first.")
    lines = [f"{one.field.replace('_', ' ').capitalize()} corrected in {one.record.source.name}." for one in found]
    return Plan({"corrections": [one.pk for one in found]}, lines)


def _correction_targets(request: PrivacyRequest) -> list[Target]:
    sources = {one.record.source.key: one.record.source for one in _corrections(request)}
    return _tell([sources[key] for key in sorted(sources)], "take the correction over")


def _nothing(request: PrivacyRequest, held: Claim) -> None:
    """All its tasks are people's."""


# ---- restriction ---------------------------------------------------------------------------------------------------------


def _plan_restriction(request: PrivacyRequest) -> Plan:
    found = members(request)
    return Plan(
        {"restricted": len(found)},
        [
            f"{len(found)} record{'' if len(found) == 1 else 's'} would be stored only:"
            " no matching, no new golden values, no export, no use.",
            *(f"{source.name} would be told." for source in _sources(found)),
        ],
    )


def _restriction_targets(request: PrivacyRequest) -> list[Target]:
    return [Target(MARKS, "Mark the records as restricted"), *_tell(_sources(members(request)), "restrict the use")]


def _restrict(request: PrivacyRequest, held: Claim) -> None:
    each_task(request, held, lambda task: _mark(request, task))


def _mark(request: PrivacyRequest, task: RequestTask) -> dict[str, int]:
    lock_profiles([request.profile_id])
    rows = [
        Mark(
            record_id=pk, kind=Mark.Kind.RESTRICTED, reason=RESTRICTED, since=timezone.now(), reference=str(request.pk)
        )
        for pk in request.records
    ]
    Mark.objects.bulk_create(rows, ignore_conflicts=True)
    return {"records": len(rows)}


def restricted(request: PrivacyRequest) -> int:
    """How many records it restricts now. 1 query."""
    return _marks(request).count()


def _marks(request: PrivacyRequest) -> QuerySet[Mark]:
    return Mark.objects.filter(kind=Mark.Kind.RESTRICTED, reference=str(request.pk), until__isnull=True)


@transaction.atomic
def lift(*, request: PrivacyRequest, by: User) -> int:
    """End a restriction. The law wants the person told before: the letter is the officer's to send. Returns how many."""
    lock_profiles([request.profile_id])
    lifted = _marks(request).update(until=timezone.now())
    if not lifted:
        raise RequestNotAllowed("It restricts nothing (any more).")
    audit.record(
        "request.restriction_lifted", obj=request, subjects=[request.profile_id], detail={"records": lifted}
    )  # fmt: skip
    return lifted


HANDLERS.register("correction", Handler("Correction", _plan_correction, _correction_targets, _nothing, takes_two=False))
HANDLERS.register(
    "restriction",
    Handler("Restriction", _plan_restriction, _restriction_targets, _restrict, takes_two=False, at_once=True),
)

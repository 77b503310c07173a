"""An objection by a privacy request: the person as a whole says no to every purpose that is theirs to refuse, at once."""

from collections.abc import Iterator

from profiles.approvals import Plan
from profiles.jobs import Claim

from . import consent
from .fulfilment import HANDLERS, Handler, Target, each_task, members
from .models import ConsentEvent, PrivacyRequest, Purpose, RequestTask
from .preferences import OPEN_TO_CHANGE
from .requests import RequestNotAllowed

LEDGER = "store:consent"


def _cells() -> Iterator[tuple[Purpose, str]]:
    """Every purpose and channel that one may object to. 1 query."""
    for purpose in Purpose.objects.in_use().filter(lawful_basis__in=OPEN_TO_CHANGE):
        yield from ((purpose, channel) for channel in purpose.channels)


def _plan(request: PrivacyRequest) -> Plan:
    names = list(dict.fromkeys(purpose.name for purpose, _ in _cells()))
    if not names:
        raise RequestNotAllowed("No purpose is set up that one could object to.")
    return Plan({"purposes": names}, [f"Objected to by every channel: {', '.join(names)}."])


def _targets(request: PrivacyRequest) -> list[Target]:
    return [Target(LEDGER, "Write the objection down")]


def _execute(request: PrivacyRequest, held: Claim) -> None:
    each_task(request, held, lambda task: _object(request, task))


def _object(request: PrivacyRequest, task: RequestTask) -> dict[str, int]:
    """One statement for each purpose and channel, about the whole person; those written down already are not repeated."""
    record_id, proof = members(request)[0], f"Privacy request {request.short_id}"
    done = ConsentEvent.objects.filter(
        record=record_id, method=consent.Method.REQUEST, recorded_at__gte=request.started_at
    )
    known = set(done.values_list("purpose_id", "channel"))
    said = [
        consent.Statement(
            purpose=purpose, channel=channel, act=consent.Act.OBJECT, method=consent.Method.REQUEST, record_id=record_id,
            at=request.received_at, proof=proof,
        )
        for purpose, channel in _cells()
        if (purpose.pk, channel) not in known
    ]  # fmt: skip
    return {"statements": len(consent.record_all(said, by=None)) if said else 0}


HANDLERS.register("objection", Handler("Objection", _plan, _targets, _execute, takes_two=False, at_once=True))

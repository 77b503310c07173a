"""Refusing a request: one person says why, with a code and the text that the requester will read; a second one looks."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from profiles import approvals
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.encryption import digest
from profiles.models import Approval, User

from . import claims, letters
from .fulfilment import present
from .models import PrivacyRequest
from .models.request import State
from .permissions import APPROVE_REQUESTS
from .requests import REFUSAL, RequestNotAllowed, check_may_become, close, locked


@transaction.atomic
def ask(*, request: PrivacyRequest, code: str, text: str, by: User) -> Approval:
    """Ask a second person to look at a refusal; the text is kept sealed with the request."""
    request = locked(request)
    _check(request)
    if code not in PrivacyRequest.Refusal.values or not code or not text.strip():
        raise RequestNotAllowed("A refusal needs its reason and the text that the person will read.")
    claims.seal_refusal(request, text.strip())
    request.save(update_fields=["refusal_text"])
    arguments = {"request": str(request.pk), "code": code}
    return approvals.request(kind=REFUSAL, subject_id=str(request.pk), arguments=arguments, by=by, reason="")


def asked_for(request: PrivacyRequest) -> Approval | None:
    """The refusal that waits for a second person. 1 query."""
    return Approval.objects.awaiting().filter(kind=REFUSAL, subject_id=str(request.pk)).first()


def _check(request: PrivacyRequest) -> None:
    if request.is_under_way:
        raise RequestNotAllowed("Its plan is being carried out already.")
    check_may_become(request, State.REFUSED)


def _plan(arguments: Mapping[str, Any]) -> Plan:
    """The reason, and the hash of the text: another text is another plan."""
    request = _request(arguments)
    try:
        _check(request)
    except RequestNotAllowed as refused:
        raise ApprovalNotAllowed(str(refused)) from refused
    label = PrivacyRequest.Refusal(arguments["code"]).label
    content = {**arguments, "text": digest(claims.refusal_of(request), purpose="refusal").hex()}
    summary = [f"{request} would be refused: {label.lower()}.", "The text that the person will read is on its page."]
    return Plan(content, summary, (request.profile_id,) if request.profile_id else ())


def _carry_out(approval: Approval) -> PrivacyRequest:
    request = locked(_request(approval.arguments))
    close(
        request, State.REFUSED, by=approval.requested_by, refusal=approval.arguments["code"],
        reviewed_by=approval.decided_by,
    )  # fmt: skip
    letters.send(request=request, letter="refusal", by=approval.requested_by, reason=claims.refusal_of(request))
    return request


def _request(arguments: Mapping[str, Any]) -> PrivacyRequest:
    return PrivacyRequest.objects.get(pk=arguments["request"])


approvals.KINDS.register(
    REFUSAL,
    ApprovalKind(
        "Refusal of a privacy request", APPROVE_REQUESTS, lambda arguments: None, _plan, _carry_out,
        lambda approval, user: "", present,
    ),
)  # fmt: skip

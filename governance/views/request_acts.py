"""What is done with a privacy request: one address per act, each for who works on requests."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required, permission_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from governance import attachments, fulfilment, intake, letters, permissions, refusals, request_page, requests, rights
from governance.models import PrivacyRequest
from governance.request_forms import AttachForm, ClockForm, LetterForm, RefuseForm, VerifyForm
from governance.requests import RequestNotAllowed
from profiles.approvals import ApprovalNotAllowed
from profiles.locks import Busy

from .requests import get_request

Act = Callable[[HttpRequest, PrivacyRequest], str]


def act(do: Act) -> Callable[..., HttpResponse]:
    """A view that has one thing done with a request and says what became of it."""

    @login_required
    @permission_required(permissions.HANDLE_REQUESTS, raise_exception=True)
    @require_POST
    @wraps(do)
    def view(request: HttpRequest, pk: UUID) -> HttpResponse:
        found = get_request(request, pk)
        try:
            messages.success(request, do(request, found))
        except (RequestNotAllowed, ApprovalNotAllowed, Busy) as refused:
            messages.error(request, str(refused))
        return redirect("governance:request", pk=pk)

    return view


def _checked(form: Any) -> dict[str, Any]:
    if not form.is_valid():
        raise RequestNotAllowed(" ".join(error for errors in form.errors.values() for error in errors))
    return form.cleaned_data


@act
def verify(request: HttpRequest, found: PrivacyRequest) -> str:
    """Staff take who asks for proven; evidence must lie with the request."""
    profile = _checked(VerifyForm(request.POST))["customer"]
    if not found.attachments.filter(purpose="identity").exists():
        raise RequestNotAllowed("Attach the evidence of identity first.")
    if (
        found.requester != PrivacyRequest.Requester.SUBJECT
        and not found.attachments.filter(purpose="authority").exists()
    ):
        raise RequestNotAllowed("Attach the proof of authority first.")
    intake.let_in(request=found, profile=profile, how=PrivacyRequest.Verified.STAFF, by=request.user)
    return "Who asks is taken for proven."


@act
def send_code(request: HttpRequest, found: PrivacyRequest) -> str:
    """Send a (further) code to the contact point, when it is known here."""
    return (
        "Sent, if the contact point is known."
        if intake.send_again(request=found)
        else "No code can be sent (any more)."
    )


@act
def clock(request: HttpRequest, found: PrivacyRequest) -> str:
    """Write down what came back."""
    requests.tick(request=found, kind=_checked(ClockForm(request.POST))["event"], by=request.user)
    return "The clock goes on."


@act
def letter(request: HttpRequest, found: PrivacyRequest) -> str:
    """Write and send a letter."""
    data = _checked(LetterForm(request.POST))
    letters.send(request=found, letter=data["letter"], by=request.user, reason=data["reason"].strip())
    return "The letter is written; it lies with the files."


@act
def attach(request: HttpRequest, found: PrivacyRequest) -> str:
    """Add a file."""
    data = _checked(AttachForm(request.POST, request.FILES))
    upload = data["file"]
    if upload.size > attachments.LARGEST:
        raise RequestNotAllowed("A file may have 10 MB at most.")
    attachments.attach(
        request=found, purpose=data["purpose"], name=upload.name, content=upload.read(),
        content_type=upload.content_type or "", by=request.user,
    )  # fmt: skip
    return "Attached."


@act
def ask(request: HttpRequest, found: PrivacyRequest) -> str:
    """Ask a second person to approve the plan, or begin where it takes none."""
    done = fulfilment.ask(request=found, by=request.user, reason=request.POST.get("reason", "").strip()[:500])
    return "It is being carried out." if done.started_at else "A second person is asked to approve the plan."


@act
def refuse(request: HttpRequest, found: PrivacyRequest) -> str:
    """Ask a second person to look at a refusal."""
    data = _checked(RefuseForm(request.POST))
    refusals.ask(request=found, code=data["code"], text=data["text"], by=request.user)
    return "A second person is asked to look at the refusal."


@act
def cancel(request: HttpRequest, found: PrivacyRequest) -> str:
    """The person took the request back, or it repeats another."""
    requests.cancel(request=found, by=request.user)
    return "The request is cancelled."


@act
def retry(request: HttpRequest, found: PrivacyRequest) -> str:
    """Have failed tasks tried again."""
    fulfilment.try_again(request=found, by=request.user)
    return "What failed is tried again."


@act
def lift(request: HttpRequest, found: PrivacyRequest) -> str:
    """End a restriction."""
    return f"The restriction of {rights.lift(request=found, by=request.user)} records is lifted."


@login_required
@permission_required(permissions.DO_REQUEST_TASKS, raise_exception=True)
@require_POST
def do_task(request: HttpRequest, pk: UUID, task: int) -> HttpResponse:
    """Whoever stewards the source, or works on requests, says that a task is done."""
    found = get_request(request, pk)
    one = get_object_or_404(found.tasks, pk=task)
    if not dict(request_page.tasks_of(found, request.user)).get(one):
        raise PermissionDenied("This task is for the stewards of its source.")
    try:
        fulfilment.do_by_hand(task=one, by=request.user)
        messages.success(request, "Done.")
    except RequestNotAllowed as refused:
        messages.error(request, str(refused))
    return redirect("governance:request", pk=pk)

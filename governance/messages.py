"""Sending: a message is written with what it belongs to, and a job hands it to its adapter until that has taken it.

Adapters: SMTP for e-mail, a webhook for text messages. In the demo the outbox page shows what was written.
"""

import json
import urllib.request
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import send_mail
from django.utils import timezone

from profiles import jobs
from profiles.encryption import Place, decrypt, encrypt
from profiles.jobs import Claim as Held
from profiles.jobs import JobFailed

from . import claims
from .models import OutgoingMessage, PrivacyRequest

JOB = "deliver_message"
TABLE = "governance_outgoingmessage"
CODE = "code"
TIMEOUT = 10  # seconds that an adapter may take
Channel, State = OutgoingMessage.Channel, OutgoingMessage.State


@dataclass(frozen=True, slots=True)
class Opened:
    """A message, readable."""

    message: OutgoingMessage
    recipient: str
    body: str


def write(
    *, channel: str, recipient: str, template: str, subject: str, body: str, request: PrivacyRequest | None = None
) -> OutgoingMessage:
    """Write a message and have it delivered when the transaction commits."""
    message = OutgoingMessage(request=request, channel=channel, template=template, subject=subject)
    message.recipient = encrypt(recipient.encode(), place=Place(TABLE, "recipient", message.pk))
    message.body = encrypt(body.encode(), place=Place(TABLE, "body", message.pk))
    message.save(force_insert=True)
    jobs.enqueue(kind=JOB, args={"message": str(message.pk)})
    return message


def send_to_requester(
    request: PrivacyRequest, *, template: str, subject: str, body: str
) -> OutgoingMessage | None:  # fmt: skip
    """To the contact point that the requester named; nothing without one. Who was not proven to be the person, and was
    not let in by staff, is sent nothing: it could be anybody's address."""
    if not request.verified and request.door != PrivacyRequest.Door.STEWARD:
        return None
    claim = claims.unseal(request)
    recipient, channel = (claim.email, Channel.EMAIL) if claim.email else (claim.phone, Channel.SMS)
    if not recipient:
        return None
    return write(
        channel=channel, recipient=recipient, template=template, subject=subject, body=body, request=request
    )  # fmt: skip


def unsealed(message: OutgoingMessage) -> Opened:
    """Whom a message goes to and what it says."""
    recipient = decrypt(bytes(message.recipient), place=Place(TABLE, "recipient", message.pk)).decode()
    body = "" if message.body is None else decrypt(bytes(message.body), place=Place(TABLE, "body", message.pk)).decode()
    return Opened(message, recipient, body)


def run_delivery(held: Held) -> None:
    """The job: hand a message to its adapter. It may be delivered twice when the worker dies in between, never lost."""
    message = OutgoingMessage.objects.filter(pk=held.args["message"]).first()
    if message is None or message.state == State.SENT:
        return
    opened = unsealed(message)
    try:
        ADAPTERS[message.channel](opened)
    except NoAdapter as missing:
        _note(held, message, state=State.FAILED, last_error="NoAdapter")
        raise JobFailed(str(missing)) from missing
    except Exception as error:
        _note(held, message, state=State.FAILED, last_error=type(error).__name__[:80])
        raise
    is_spent = message.template == CODE and not settings.DEMO_HINTS
    changes = {"body": None} if is_spent else {}
    _note(held, message, state=State.SENT, sent_at=timezone.now(), last_error="", **changes)


def _note(held: Held, message: OutgoingMessage, **changes: object) -> None:
    with held.effect():
        OutgoingMessage.objects.filter(pk=message.pk).update(tries=message.tries + 1, **changes)


class NoAdapter(Exception):
    """Nothing is set up that could send this; the message says what to set."""


def by_smtp(opened: Opened) -> None:
    """E-mail as Django is set up for it."""
    send_mail(opened.message.subject, opened.body, None, [opened.recipient])


def by_webhook(opened: Opened) -> None:
    """A text message: {"to", "text"} as JSON to the operator's gateway, with its token."""
    if not settings.SMS_WEBHOOK:
        if settings.DEMO_HINTS:
            return  # the outbox page shows it
        raise NoAdapter("No gateway for text messages is set up (CDV_SMS_WEBHOOK).")
    body = json.dumps({"to": opened.recipient, "text": opened.body, "id": str(opened.message.pk)}).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_WEBHOOK_TOKEN}"}
    call = urllib.request.Request(settings.SMS_WEBHOOK, body, headers)  # noqa: S310  (settings allow http and https only)
    with urllib.request.urlopen(call, timeout=TIMEOUT):  # noqa: S310  # nosec B310
        pass


ADAPTERS = {Channel.EMAIL: by_smtp, Channel.SMS: by_webhook}

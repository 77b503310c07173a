"""Letters: texts with a fixed set of fields, so that nothing else of a person can get into them."""

from dataclasses import dataclass
from string import Template

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.formats import date_format

from profiles.models import User

from . import claims, messages
from .attachments import attach
from .models import PrivacyRequest, RequestAttachment, RequestClock
from .requests import tick

FIELDS = frozenset({"name", "kind", "reference", "received", "due", "today", "reason", "organisation"})


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: its title on screen, its subject and its text, which may name FIELDS only."""

    title: str
    subject: str
    text: str


GREETING = "Dear $name,\n\n"
END = "\n\nYour reference is $reference.\n\n$organisation\n$today\n"
LETTERS = {
    "acknowledgement": Letter(
        "Acknowledgement", "We have received your request",
        GREETING + "we received your request ($kind) on $received. You will have our answer by $due." + END,
    ),
    "identity": Letter(
        "Proof of identity", "Your request: please show us who you are",
        GREETING + "we received your request ($kind) on $received. Before we answer it, we must be sure that it is you who"
        " asks: we have reasonable doubts. Please reply with what shows who you are; cover everything that this does not"
        " take." + END,
    ),
    "clarification": Letter(
        "Question what is meant", "Your request: what do you mean?",
        GREETING + "we received your request ($kind) on $received. Please tell us which information or which use of it you"
        " mean.\n\n$reason" + END,
    ),
    "extension": Letter(
        "Notice of extension", "Your request takes longer",
        GREETING + "your request ($kind) of $received takes longer than the usual time. The reason: $reason\n\nYou will"
        " have our answer by $due." + END,
    ),
    "refusal": Letter(
        "Refusal", "Your request cannot be fulfilled",
        GREETING + "we cannot fulfil your request ($kind) of $received. The reason: $reason\n\nYou can complain to the"
        " supervisory authority where you live, and go to court." + END,
    ),
    "completion": Letter(
        "Completion", "Your request has been fulfilled",
        GREETING + "your request ($kind) of $received has been fulfilled. Everybody who was given the data concerned has"
        " been told, as far as the law demands it." + END,
    ),
}  # fmt: skip
# what sending a letter writes to the clock
CLOCK = {
    "acknowledgement": RequestClock.Kind.ACKNOWLEDGED,
    "identity": RequestClock.Kind.IDENTITY_ASKED,
    "clarification": RequestClock.Kind.CLARIFICATION_ASKED,
    "extension": RequestClock.Kind.EXTENDED,
}
NEEDS_REASON = {"clarification", "extension"}


def render(request: PrivacyRequest, letter: Letter, reason: str = "") -> str:
    """The text of a letter to the requester."""
    values = {
        "name": claims.unseal(request).name or "Sir or Madam",
        "kind": request.get_kind_display().lower(),
        "reference": request.short_id,
        "received": _day(request.received_at),
        "due": _day(request.due_at),
        "today": _day(timezone.now()),
        "reason": reason,
        "organisation": settings.ORGANISATION,
    }
    return Template(letter.text).substitute(values)


def _day(moment: object) -> str:
    return date_format(moment, "j F Y")


@transaction.atomic
def send(*, request: PrivacyRequest, letter: str, by: User | None, reason: str = "") -> RequestAttachment:
    """Write a letter, keep it with the request, send it where the requester can be reached; the clock is told.

    Without a contact point it is only kept: to be printed and posted.
    """
    if letter in CLOCK and request.is_open:
        request = tick(request=request, kind=CLOCK[letter], by=by)
    found = LETTERS[letter]
    text = render(request, found, reason)
    kept = attach(
        request=request, purpose=RequestAttachment.Purpose.LETTER, name=f"{letter}.txt", content=text.encode(),
        content_type="text/plain; charset=utf-8", by=by,
    )  # fmt: skip
    messages.send_to_requester(request, template=letter, subject=found.subject, body=text)
    return kept

"""Verbs about privacy requests: filed, verified, carried out, refused, closed."""

from collections.abc import Callable

from django.utils import timezone

from governance import attachments, fulfilment, intake, letters, refusals, requests, rights
from governance.claims import Claim
from governance.intake import Asked
from governance.models import PrivacyRequest, RequestTask
from profiles.models import Mark, Profile
from tests.cast import Cast, profile_of, record

ASKED = Asked("restriction", "eu", Claim(email="ada@post.example"))


def ada(cast: Cast) -> Profile:
    return profile_of(cast.shop, "1")


def received(cast: Cast) -> PrivacyRequest:
    return requests.receive(kind="restriction", door="steward", regime="eu", by=cast.ada, profile=ada(cast))


def verified(cast: Cast) -> PrivacyRequest:
    return requests.verify(request=received(cast), profile=ada(cast), how="staff", by=cast.ada)


def started(cast: Cast) -> PrivacyRequest:
    return fulfilment.ask(request=verified(cast), by=cast.ada, reason="r")


def on(before: Callable[[Cast], PrivacyRequest], act: Callable, **given: object) -> Callable:
    """A verb on a request that got so far."""

    def prepared(cast: Cast) -> Callable:
        request = before(cast)
        return lambda: act(request=request, by=cast.ada, **given)

    return prepared


def on_a_task(act: Callable, **given: object) -> Callable:
    def prepared(cast: Cast) -> Callable:
        task = RequestTask.objects.filter(request=started(cast), by_hand=True).earliest("pk")
        return lambda: act(task=task, by=cast.ada, **given)

    return prepared


def verify(cast: Cast) -> Callable:
    request, profile = received(cast), ada(cast)
    return lambda: requests.verify(request=request, profile=profile, how="staff", by=cast.ada)


def let_in(cast: Cast) -> Callable:
    request, profile = intake.file(asked=Asked("access", "eu", Claim()), by=cast.ada, profile=ada(cast)), ada(cast)
    return lambda: intake.let_in(request=request, profile=profile, how="staff", by=cast.ada)


def close(cast: Cast) -> Callable:
    request = received(cast)
    return lambda: requests.close(requests.locked(request), PrivacyRequest.State.CANCELLED, by=cast.ada)


def finish(cast: Cast) -> Callable:
    task = RequestTask.objects.filter(request=started(cast)).earliest("pk")
    return lambda: fulfilment.finish(task, by=cast.ada, result={})


def lift(cast: Cast) -> Callable:
    request = started(cast)
    Mark.objects.create(
        record_id=record(cast.shop, "1").pk, kind=Mark.Kind.RESTRICTED, reason="r", since=timezone.now(),
        reference=str(request.pk),
    )  # fmt: skip
    return lambda: rights.lift(request=request, by=cast.ada)


FILE = {"purpose": "evidence", "name": "n.txt", "content": b"t", "content_type": "text/plain"}
VERBS: list[tuple[str, Callable, list[str]]] = [
    (
        "governance.requests.receive",
        lambda cast: lambda: received(cast),
        ["request.received"],
    ),
    ("governance.intake.file", lambda cast: lambda: intake.file(asked=ASKED, by=cast.ada), ["request.received"]),
    (
        "governance.intake.file_by_service",
        lambda cast: lambda: intake.file_by_service(asked=ASKED, by=cast.ada, external_id="7"),
        ["request.received"],
    ),
    ("governance.intake.let_in", let_in, ["request.moved", "request.verified"]),
    ("governance.requests.verify", verify, ["request.moved", "request.verified"]),
    ("governance.requests.tick", on(received, requests.tick, kind="acknowledged"), ["request.clock"]),
    ("governance.requests.cancel", on(received, requests.cancel), ["request.moved"]),
    ("governance.requests.close", close, ["request.moved"]),
    ("governance.attachments.attach", on(received, attachments.attach, **FILE), ["request.attached"]),
    ("governance.letters.send", on(received, letters.send, letter="completion"), ["request.attached"]),
    ("governance.refusals.ask", on(verified, refusals.ask, code="unfounded", text="t"), ["approval.requested"]),
    ("governance.fulfilment.ask", on(verified, fulfilment.ask, reason="r"), ["request.started"]),
    ("governance.fulfilment.start", on(verified, fulfilment.start), ["request.started"]),
    ("governance.fulfilment.try_again", on(started, fulfilment.try_again), ["request.retried"]),
    ("governance.fulfilment.finish", finish, ["request.task_done"]),
    ("governance.fulfilment.do_by_hand", on_a_task(fulfilment.do_by_hand), ["request.task_done"]),
    ("governance.rights.lift", lift, ["request.restriction_lifted"]),
]

"""Who acts, and under which request: set by the middleware and the job runner, read by the audit."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse

from .models import User

REQUEST_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


@dataclass(frozen=True, slots=True)
class Actor:
    """The acting user (None: the system) and the request or job on whose behalf."""

    user_id: int | None = None
    name: str = "system"
    request_id: str = ""
    job_id: uuid.UUID | None = None

    @property
    def automatic(self) -> "Actor":
        """The system, on behalf of whoever had a job run: what an engine decides is nobody's word."""
        name = f"system for {self.name}"[:150] if self.user_id else self.name
        return replace(self, user_id=None, name=name)


SYSTEM = Actor()
_actor: ContextVar[Actor | None] = ContextVar("actor", default=None)


def current_actor() -> Actor:
    return _actor.get() or SYSTEM


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Run a block on behalf of `actor`."""
    token = _actor.set(actor)
    try:
        yield
    finally:
        _actor.reset(token)


def actor_of(user: User | None, *, request_id: str = "", job_id: uuid.UUID | None = None) -> Actor:
    if user is None or not user.is_authenticated:
        return Actor(request_id=request_id, job_id=job_id)
    return Actor(user.pk, user.username, request_id, job_id)


def act_as(user: User) -> None:
    """From here to the end of the request, `user` acts: whom the API knows by a token only when its route is reached."""
    _actor.set(actor_of(user, request_id=current_actor().request_id))


class ActorMiddleware:
    """Sets the actor and the request id of a request; the id is taken from X-Request-ID when well formed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request.request_id = given if REQUEST_ID.match(given) else uuid.uuid4().hex
        with acting(actor_of(request.user, request_id=request.request_id)):
            response = self.get_response(request)
        response["X-Request-ID"] = request.request_id
        return response

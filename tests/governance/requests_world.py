"""What tests of privacy requests share: a handler that counts what it does, people of the staff, the public form."""

import io
import re

from django.test import Client
from django.urls import reverse

from governance import fulfilment, messages
from governance.fulfilment import Handler, Target
from governance.models import OutgoingMessage, PrivacyRequest, RequestTask
from profiles import jobs
from profiles.approvals import Plan
from profiles.jobs import Claim
from profiles.models import Job, User
from tests.cast import Cast, send

ADA = {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "tel": "+44 20 7946 0018"}


class Shelf:
    """A handler of two stores and a source, whose first store can be broken; it counts what was really done."""

    def __init__(self) -> None:
        self.broken, self.weight, self.done = False, 1, []

    def handler(self) -> Handler:
        return Handler("Deletion", self.plan, self.targets, self.execute)

    def plan(self, request: PrivacyRequest) -> Plan:
        return Plan({"rows": self.weight}, [f"{self.weight} rows would go."])

    def targets(self, request: PrivacyRequest) -> list[Target]:
        return [Target("store:a", "Store A"), Target("store:b", "Store B"), Target("source:crm", "CRM", by_hand=True)]

    def execute(self, request: PrivacyRequest, held: Claim) -> None:
        fulfilment.each_task(request, held, self.do)

    def do(self, task: RequestTask) -> dict[str, int]:
        if self.broken and task.target == "store:a":
            raise OSError("the shelf is stuck")
        self.done.append(task.target)
        return {"rows": 1}


class Office:
    """The cast with a customer, two privacy officers, an auditor and a person of support."""

    def __init__(self) -> None:
        self.cast = Cast()
        send(self.cast.shop, ADA)
        self.olga, self.omar = self.person("olga", "privacy officer"), self.person("omar", "privacy officer")
        self.audrey, self.sam = self.person("audrey", "auditor"), self.person("sam", "support")

    def person(self, name: str, role: str) -> User:
        user = self.cast._user(name, role, self.cast.shop, self.cast.crm)
        user.email = f"{name}@office.example"
        user.save()
        return user


def client_of(user: User | None) -> Client:
    client = Client()
    if user:
        client.force_login(user)
    return client


def ask_publicly(client: Client, **fields: str) -> str:
    """Send the public form; the address of the request's page."""
    given = {"kind": "access", "regime": "eu", "requester": "subject", "email": "ada@post.example", **fields}
    response = client.post(reverse("governance:privacy"), given)
    assert response.status_code == 302, response.content.decode()
    return response.url


def run_jobs(*, deliver: bool = True) -> None:
    """Do what waits, as a worker would, until nothing does; without `deliver` the post stays, so that codes can be read."""
    waiting = Job.objects.filter(state="queued").exclude(kind="" if deliver else "deliver_message")
    while job := waiting.order_by("created_at").first():
        jobs.run(job.pk)
        job.refresh_from_db()
        assert job.state in ("done", "failed"), (job.kind, job.message)


def sent(template: str) -> list[messages.Opened]:
    """Messages of a template, newest first."""
    return [messages.unsealed(row) for row in OutgoingMessage.objects.filter(template=template).order_by("-created_at")]


def code_sent() -> str:
    """The newest code, read from the outbox."""
    return re.search(r"\d{6}", sent("code")[0].body).group()


def evidence() -> io.BytesIO:
    file = io.BytesIO(b"a scan of a passport")
    file.name = "passport.png"
    return file

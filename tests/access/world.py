"""A world in which everything about source A is marked, so that a leak of it shows: who sees what is crawled and compared."""

import re
from collections.abc import Iterable, Iterator
from html import unescape
from urllib.parse import parse_qs, urljoin, urlsplit
from uuid import uuid4

from django.contrib.auth.models import Group
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve
from django.utils import timezone
from guardian.shortcuts import assign_perm

from cdv_site.demo.loading import GRANTS
from governance import consent
from governance.models import Purpose
from governance.roles import BY_NAME, ROLES
from matching import constraints, review, second_person
from matching.engine.explain import evidence_to_json
from matching.evidence import explain_pair
from matching.models import CannotLink, Proposal
from profiles import conflicts, corrections, flags, tokens, work
from profiles.context import acting, actor_of
from profiles.models import Batch, Job, Profile, Source, User
from profiles.scopes import SCOPES
from tests.cast import Cast, profile_of, record, send

# what is personal, sensitive, and neither, of the customers of source A; lower case, parts that nothing else contains
PERSONAL = ("kanar", "79460777", "7946 0777")
SENSITIVE = ("1971-11-07", "nid77", "7711")
NEITHER = ("loyal77",)
OF_THE_SOURCE = ("onlya",)  # its name, its files, who answers for it
ROW = {
    "id": "kanar-1", "name": "Kanaria Kanarow", "mail": "kanaria@kanarow.example", "tel": "020 7946 0777",
    "born": "1971-11-07", "addr": "77 Kanarstreet", "zip": "EC1A 1BB", "town": "Kanarville", "card": "loyal77",
    "nid": "NID77AB7711",
}  # fmt: skip
OTHER = {"id": "9", "name": "Berta Beispiel", "mail": "berta@beispiel.example", "born": "1965-02-03"}


class World:
    """Source A (the cast's shop) and source B (crm), customers of one and of both, and something of everything on them."""

    def __init__(self) -> None:
        self.cast = cast = Cast()
        self.a, self.b, self.ada = cast.shop, cast.crm, cast.ada
        send(
            self.a,
            ROW,
            {**ROW, "id": "kanar-2", "name": "Kanarin Kanarow"},
            {"name": "Kanar Kanarow"},
            name="onlya.jsonl",
            resolve=False,
        )
        send(self.b, OTHER, {"id": "8", "name": "Kurt Beispiel"}, {"name": "Nobody"}, name="crm.jsonl")
        send(self.a, {"id": "kanar-3", "name": "Kanarius Odd"}, name="onlya3.jsonl")
        Source.objects.filter(pk=self.a.pk).update(name="Onlyashop", owner="onlya@owner.example")
        with acting(actor_of(self.ada)):
            self._merge()
            self._say()
            self._agree()
        self.users = {role.name: self.member(role.name) for role in ROLES}
        self.stranger = self._user("stranger", "lead steward", [self.b], GRANTS["lead steward"])
        self.service = self._user("service", "support", [self.a], ["view"], is_service=True)
        self.token = self.issue(self.service).token

    def _merge(self) -> None:
        """The first customer is of both sources: merged by hand; its record of B had an id of its own."""
        left, right = profile_of(self.a, "kanar-1"), profile_of(self.b, "9")
        self.operation = review.compare_decide(
            left=left.id, right=right.id, verdict="same", by=self.ada, reason="kanar reason", survivor=left.id
        ).operation
        self.both, self.tombstone = left, right
        self.only_a, self.only_b = profile_of(self.a, "kanar-3"), profile_of(self.b, "8")

    def _say(self) -> None:
        """A proposal within A, one across, a correction contradicted, a flag, a cannot-link, a stopped cluster."""
        self.record = record(self.a, "kanar-3")
        self.own, self.across = self._propose(self.only_a, self.both), self._propose(self.only_a, self.only_b)
        self.correction = corrections.correct(
            record=self.record, field="city", values=["Kanarton"], reason="kanar reason", by=self.ada
        )
        conflicts._ask(self.correction)
        self.flag = flags.flag(record=self.record, field="city", value="Kanarton", note="kanar note", by=self.ada)
        ends = {"left": [self.record.id], "right": [record(self.b, "8").id]}
        self.cannot_link = constraints.write(
            **ends, origin=CannotLink.Origin.DECISION, by=self.ada, reason="kanar reason"
        )
        self.item = work.open_item(
            kind="cluster_stopped", subject_id=self.only_a.id, reason="stopped", detail={"size": 60}
        )
        self.batch = Batch.objects.filter(source=self.a, quarantined__gt=0).get()
        self.row = self.batch.quarantine.get()
        self.job = Job.objects.get(pk=self.batch.job_id)
        self.approval = second_person.ask_for_merge(
            left=self.only_a.id, right=self.both.id, survivor=None, confirmed=[], by=self.ada, reason="kanar reason"
        )
        self.erased = Profile.objects.create(
            state=Profile.State.ERASED, source_ids=[self.a.id], created_at=timezone.now(), updated_at=timezone.now()
        )

    def _agree(self) -> None:
        """Both of A said something about a purpose."""
        self.purpose = Purpose.objects.create(
            key="newsletter", name="News", description="d", channels=["email", "post"]
        )
        said = {"purpose": self.purpose, "channel": "email", "method": "written", "proof": "kanar proof"}
        for one, act in ((record(self.a, "kanar-1"), "grant"), (self.record, "withdraw")):
            self.statement = consent.record(
                consent.Statement(**said, record_id=one.pk, act=act, contact=ROW["mail"], reason="kanar reason"),
                by=self.ada,
            )

    def _propose(self, one: Profile, other: Profile) -> Proposal:
        left, right = sorted((one, other), key=lambda profile: profile.id)
        ends = [profile.memberships.order_by("record_id").first().record_id for profile in (left, right)]
        made = Proposal.objects.create(
            left=left, right=right, left_record_id=ends[0], right_record_id=ends[1], probability=0.8, weight=2,
            evidence=evidence_to_json(explain_pair(*sorted(ends))), reasons=["unsure"], model_label="default-1",
            fingerprint=uuid4().hex,
        )  # fmt: skip
        made.work_item = work.open_item(kind="proposal", subject_id=made.id, reason="unsure")
        made.save()
        return made

    def issue(self, account: User, *scopes: str) -> tokens.Issued:
        """A token of an account, for these scopes or for all there are."""
        return tokens.issue(
            account=account,
            name="kanar load",
            scopes=scopes or list(SCOPES),
            days=1,
            by=self.cast.root,
            now=timezone.now(),
        )

    def member(self, role: str) -> User:
        """Somebody of a role, with both sources as far as the demo grants them to it."""
        return self._user(role.replace(" ", "-"), role, [self.a, self.b], GRANTS.get(role, ()))

    @staticmethod
    def _user(
        name: str, role: str, sources: Iterable[Source], verbs: Iterable[str], *, is_service: bool = False
    ) -> User:
        user = User.objects.create_user(name, is_staff=BY_NAME[role].is_staff, is_service=is_service)
        user.groups.add(Group.objects.get(name=role))
        for source in sources:
            for verb in verbs:
                assign_perm(f"profiles.{verb}_source", user, source)
        return user


def signed_in(user: User | None) -> Client:
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    return client


LINK = re.compile(r'(?:href|hx-get)="([^"]*)"')
SKIPPED = ("/static/", "/accounts/", "/admin/jsi18n/")


def crawl(client: Client, *starts: str) -> Iterator[tuple[str, HttpResponse]]:
    """Every page that can be reached by links, one of each view and set of parameters; of the set-up what is linked to."""
    waiting, seen = [("", start) for start in starts or ("/",)], set()
    while waiting:
        came_from, address = waiting.pop(0)
        if address.startswith(SKIPPED) or (kind := kind_of(address)) in seen:
            continue
        seen.add(kind)
        answer = client.get(address)
        yield f"{came_from} -> {address}", answer
        if not address.startswith("/admin/") and "text/html" in answer.headers.get("Content-Type", ""):
            found = (unescape(link) for link in LINK.findall(answer.content.decode()))
            waiting += [(address, local(address, link)) for link in found if is_local(link)]


def kind_of(address: str) -> object:
    """A view with the names of its parameters: what is visited once. An address that leads nowhere is itself."""
    parts = urlsplit(address)
    try:
        found = resolve(parts.path)
    except Resolver404:
        return address
    kept = tuple(sorted(parse_qs(parts.query)))
    return found.view_name, kept, parse_qs(parts.query).get("tab", [""])[0]


def is_local(link: str) -> bool:
    return bool(link) and not link.startswith(("#", "http:", "https:", "mailto:", "data:"))


def local(page: str, link: str) -> str:
    return urljoin(page, link).partition("#")[0]


# ids and their ends, times, digests, and the tokens of forms and scripts, in lower case
BY_CHANCE = re.compile(
    r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|class=\"id\">[0-9a-f]{8}(?=<)|\b[0-9a-f]{32,}\b|\d\d\.\d{6}\b"
    r"|csrfmiddlewaretoken\" value=\"\w+|nonce(?:=\"|-)[^\"']*"
)


def text_of(answer: HttpResponse) -> str:
    """What a browser is sent, in lower case: body, and headers that may carry a name or an address. Without what is
    made by chance, which may look like a canary."""
    return BY_CHANCE.sub("", (answer.content.decode("utf-8", "replace") + str(answer.headers)).lower())


def found_in(text: str, canaries: Iterable[str]) -> list[str]:
    return [canary for canary in canaries if canary in text]

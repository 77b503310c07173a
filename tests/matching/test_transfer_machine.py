"""A merge is a transfer of access: whatever is granted, merged, split, undone or revoked in whatever order, everybody's
rights are those that follow from where the records are and from who holds which grant, and from nothing else."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from uuid import UUID

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule

from governance import people
from matching import identity
from matching.models import Proposal
from profiles import grants
from profiles.models import IdentityOperation, Membership, Profile, Source, SourceRecord, User
from profiles.search import find
from tests.cast import Cast, profile_of, record, send
from tests.databases import TestDatabase
from tests.matching.machine import MASK, NUMBER, WorldMachine, renewing, run
from tests.matching.world import World

VERB = st.sampled_from(["view", "steward", "manage"])
CHANGING = ("bob", "vera", "eve", "viewer")  # whose grants come and go; the last is a role
SEARCHED = "gauss@uni.example"


class Expected:
    """Who may see what, worked out in plain sets from the grants that were given and from where each record is."""

    def __init__(self) -> None:
        shop, crm = (Source.objects.get(key=key).id for key in ("shop", "crm"))
        both = {(verb, source) for verb in ("view", "steward") for source in (shop, crm)}
        self.grants: dict[str, set[tuple[str, int]]] = {
            "ada": set(both), "root": set(both), "bob": {("view", shop), ("steward", shop)},
            "vera": {("view", shop), ("view", crm)}, "eve": set(), "viewer": set(),
        }  # fmt: skip
        self.off: set[str] = set()
        self.source_of = dict(SourceRecord.objects.values_list("id", "source_id"))
        rows = SourceRecord.objects.values_list("id", "attributes__email")
        self.addressed = {pk for pk, emails in rows if SEARCHED in (emails or [])}
        self.home: dict[int, UUID] = {}
        self.held: dict[UUID, set[int]] = {}  # what each customer holds, or held last
        self.stands: dict[UUID, UUID] = {}  # merged → who stands for it

    def look(self) -> None:
        """Where the records are now."""
        self.home = dict(Membership.objects.values_list("record_id", "profile_id"))
        now: dict[UUID, set[int]] = {}
        for pk, profile in self.home.items():
            now.setdefault(profile, set()).add(pk)
        self.held |= now
        self.stands = dict(Profile.objects.filter(canonical__isnull=False).values_list("id", "canonical_id"))

    def give(self, name: str, verb: str, source: int) -> None:
        self.grants[name] |= {("view", source), (verb, source)}

    def take(self, name: str, verb: str, source: int) -> None:
        falling = {(each, source) for each in ("view", "steward", "manage")} if verb == "view" else {(verb, source)}
        self.grants[name] -= falling

    def sources(self, name: str, verb: str) -> set[int]:
        """By own grant, or by that of the viewers' role."""
        if name in self.off:
            return set()
        mine = self.grants[name] | (self.grants["viewer"] if name in ("vera", "eve") else set())
        return {source for each, source in mine if each == verb}

    def readable(self, name: str) -> set[int]:
        return {pk for pk, source in self.source_of.items() if source in self.sources(name, "view")}

    def customers(self, name: str) -> set[UUID]:
        """Active ones with a readable record."""
        return {self.home[pk] for pk in self.readable(name)}

    def visible(self, name: str) -> set[UUID]:
        """Those, and old ids that held a readable record and lead to one of them."""
        seen, readable = self.customers(name), self.readable(name)
        return seen | {old for old, now in self.stands.items() if now in seen and self.held[old] & readable}

    def stewarded(self, name: str) -> set[UUID]:
        mine = self.sources(name, "steward")
        return {pid for pid in set(self.home.values()) if {self.source_of[pk] for pk in self.held[pid]} <= mine}

    def found(self, name: str) -> set[UUID]:
        return {self.home[pk] for pk in self.addressed & self.readable(name)}


class TransferMachine(WorldMachine):
    """Grants and customers change hands; after each act everybody's rights are held against the expected ones."""

    @initialize()
    def begin(self) -> None:
        self.renew()
        self.world, self.expected, self.turn = World(), Expected(), 0
        self.users = {name: User.objects.get(username=name) for name in ("ada", "bob", "vera", "eve", "root")}
        self.clients = {name: Client() for name in self.users}
        for name, client in self.clients.items():
            client.force_login(self.users[name])

    # ---- rights change hands -------------------------------------------------------------------------------------------

    def grantee(self, name: str) -> grants.Grantee:
        return Group.objects.get(name=name) if name == "viewer" else User.objects.get(username=name)

    @rule(name=st.sampled_from(CHANGING), verb=VERB, source=NUMBER)
    def grant(self, name: str, verb: str, source: int) -> None:
        chosen = self.world.sources[source % 2]
        with suppress(grants.GrantNotAllowed):
            grants.grant(source=chosen, verb=verb, to=self.grantee(name), by=self.world.root, reason="test")
            self.expected.give(name, verb, chosen.id)

    @rule(name=st.sampled_from(CHANGING), verb=VERB, source=NUMBER)
    def revoke(self, name: str, verb: str, source: int) -> None:
        chosen = self.world.sources[source % 2]
        with suppress(grants.GrantNotAllowed):
            grants.revoke(source=chosen, verb=verb, grantee=self.grantee(name), by=self.world.root, reason="test")
            self.expected.take(name, verb, chosen.id)

    @rule(name=st.sampled_from(CHANGING[:3]))
    def switch(self, name: str) -> None:
        act = people.reactivate if name in self.expected.off else people.deactivate
        act(user=self.grantee(name), by=self.world.root, reason="test")
        self.expected.off ^= {name}
        if name not in self.expected.off:
            self.clients[name].force_login(self.grantee(name))

    # ---- records change hands ------------------------------------------------------------------------------------------

    @rule(one=NUMBER, other=NUMBER)
    def merge(self, one: int, other: int) -> None:
        with self.attempt():
            self.world.merge(one, other, False)

    @rule(which=NUMBER, mask=MASK)
    def split(self, which: int, mask: int) -> None:
        with self.attempt():
            self.world.split(which, mask, False)

    @rule(one=NUMBER, other=NUMBER, mask=MASK)
    def merge_and_split(self, one: int, other: int, mask: int) -> None:
        """Records leave the customer that they just came to: their old id must not lead them, or others, back."""
        with self.attempt():
            self.world.merge(one, other, False)
            self.world.split(one, mask, False)

    @rule(which=NUMBER, mask=MASK, to=NUMBER)
    def move(self, which: int, mask: int, to: int) -> None:
        with self.attempt():
            self.world.move(which, mask, to)

    @rule(which=NUMBER)
    def undo(self, which: int) -> None:
        with self.attempt():
            self.world.undo(which, False)

    # ---- what everybody may see ----------------------------------------------------------------------------------------

    @invariant()
    def rights_follow_the_records(self) -> None:
        self.expected.look()
        self.turn += 1
        whose = list(self.users)[self.turn % len(self.users)]
        for name in {*CHANGING[:3], whose}:
            self.check(name, User.objects.get(username=name))
        self.search(whose, User.objects.get(username=whose))
        self.knock(whose)

    def check(self, name: str, user: User) -> None:
        """Customers and old ids, what may be decided, and what waits."""
        visible = self.expected.visible(name)
        assert set(Profile.objects.visible_to(user).values_list("id", flat=True)) == visible
        stewarded = Profile.objects.stewarded_by(user).active().filter(record_count__gt=0)
        assert set(stewarded.values_list("id", flat=True)) == self.expected.stewarded(name)
        for left, right in Proposal.objects.awaiting_review().visible_to(user).values_list("left", "right"):
            assert {left, right} - {None} <= visible

    def search(self, name: str, user: User) -> None:
        """An address finds exactly the customers that it is readable of; a name none that may not be seen."""
        assert {hit.profile_id for hit in find(SEARCHED, user)} == self.expected.found(name)
        assert {hit.profile_id for hit in find("Byron", user)} <= self.expected.customers(name)

    def knock(self, name: str) -> None:
        """One person tries the addresses of all old ids, of two customers and of the last two operations."""
        client, readable = self.clients[name], self.expected.readable(name)
        visible, active = self.expected.visible(name), set(self.expected.home.values())
        for pk in [*self.expected.stands, *sorted(active)[self.turn % 2 :: 3][:2]]:
            answer = client.get(reverse("profiles:customer", args=[pk]))
            here = (200 if pk in active else 410) if pk in visible else 404
            assert answer.status_code == (302 if name in self.expected.off else here), (name, pk)
            if answer.status_code == 410:
                assert answer["X-Canonical-Id"] == str(self.expected.stands[pk])
        for operation in IdentityOperation.objects.order_by("-id")[:2]:
            moved = set(operation.moves.values_list("record_id", flat=True))
            answer = client.get(reverse("matching:operation", args=[operation.pk]))
            here = 200 if moved & readable else 404
            assert answer.status_code == (302 if name in self.expected.off else here), (name, operation)


@pytest.fixture
def renew_world(fresh_database: Callable[[], None], django_db_setup: TestDatabase) -> Iterator[Callable[[], None]]:
    """Back to a database in which two sources know some of the same people; half of them are joined."""
    Cast()
    world = World()
    world.begin()
    for which in range(2):
        world.split(which, 1, False)
    yield from renewing(django_db_setup, "transfer")


@pytest.mark.django_db
def test_an_old_id_gives_no_access_to_what_stands_behind_it() -> None:
    """What bob could read has left: the merged id leads to a customer of the other source alone."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    send(cast.crm, {"id": "8", "name": "Carl Gauss"}, {"id": "9", "name": "Emmy Noether"})
    old, kept, other = profile_of(cast.shop, "1"), profile_of(cast.crm, "8"), profile_of(cast.crm, "9")
    identity.merge(survivor=old.id, losers=[other.id], by=cast.ada, reason="r")
    identity.merge(survivor=kept.id, losers=[old.id], by=cast.ada, reason="r")
    assert {old, kept} <= set(Profile.objects.visible_to(cast.bob))
    identity.split(profile=kept.id, record_ids=[record(cast.shop, "1").id], by=cast.ada, reason="r")
    assert set(Profile.objects.visible_to(cast.bob)) == {profile_of(cast.shop, "1")}
    assert {old, kept} <= set(Profile.objects.visible_to(cast.ada))
    client = Client()
    client.force_login(cast.bob)
    answer = client.get(reverse("profiles:customer", args=[old.pk]))
    assert answer.status_code == 404 and str(kept.pk) not in answer.content.decode() + str(answer.headers)


def test_rights_follow_the_records_whatever_happens(renew_world: Callable[[], None], long: bool) -> None:
    examples, steps = (100, 40) if long else (5, 16)
    run(TransferMachine, renew_world, examples, steps)

"""Every address x method x role, and who is nobody, and who stewards another source, held against one table."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from cdv_site.demo.loading import GRANTS
from governance.roles import BY_NAME, ROLES
from profiles import permissions
from tests.access.matrix import API, MATRIX, OPEN, Rule
from tests.access.whole import WholeWorld
from tests.access.world import World, signed_in

pytestmark = pytest.mark.django_db


def names(resolver: URLResolver | None = None, prefix: str = "") -> Iterator[str]:
    """The name of every address that the site answers to, but for allauth's own below accounts/: about oneself only."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{prefix}{entry.name or entry.pattern}"
        elif str(entry.pattern) != "accounts/":
            yield from names(entry, f"{prefix}{entry.namespace}:" if entry.namespace else prefix)


def test_every_address_is_in_the_table() -> None:
    found = {name for name in names() if not name.startswith("admin:")} - API.keys()
    assert found - MATRIX.keys() == set(), "say in tests/access/matrix.py who may open it"
    assert MATRIX.keys() - found == set()


@dataclass(frozen=True, slots=True)
class Case:
    """One request and what must come of it."""

    who: str
    name: str
    method: str
    status: int

    def __str__(self) -> str:
        return f"{self.who}: {self.method} {self.name} answered {self.status}"


def address(world: World, name: str, rule: Rule) -> str:
    """The address, about the world's object of source A."""
    if not rule.about:
        return reverse(name)
    if name == "profiles:flag-value":
        return reverse(name, args=[world.record.pk]) + "?field=city"
    if rule.about == "cell":
        return reverse(name, args=[world.only_a.pk, "newsletter", "email"])
    if rule.about == "a":
        return reverse(name, args=[world.a.key, *(["nobody"] if "revoke" in name else [])])
    thing = {"model": "default-1", "draft": "draft"}.get(rule.about) or getattr(
        getattr(world, rule.about, None), "pk", 987654
    )
    for args in ([thing], [UUID(int=1)], [UUID(int=1), 1], []):
        with contextlib.suppress(NoReverseMatch):
            return reverse(name, args=args)
    raise NoReverseMatch(name)


def answer(client: Client, method: str, url: str) -> int:
    """The status; whatever the request did is taken back."""
    with transaction.atomic():
        status = getattr(client, method.lower())(url).status_code
        transaction.set_rollback(True)
    return status


def asked(
    world: World, who: str, client: Client, known: set[tuple[str, str]] = frozenset()
) -> Iterator[tuple[Case, Rule]]:
    """Every address by the methods it has, but for those that are known to open."""
    for name, rule in MATRIX.items():
        url = address(world, name, rule)
        for method in ("GET", "POST"):
            if takes(rule, method) is not False and (name, method) not in known:
                yield Case(who, name, method, answer(client, method, url)), rule


def takes(rule: Rule, method: str) -> object:
    return rule.get if method == "GET" else rule.post


def test_each_role_may_do_what_the_table_says_and_nothing_else() -> None:
    """What a role may not do is tried by that role; what may be done, by the first who may (each is shown its pages in
    tests/access/test_leaks.py)."""
    world = WholeWorld()
    wrong, opened = [], set()
    for role in ROLES:
        held = set(role.permissions)
        known = {key for key in opened if held >= set(takes(MATRIX[key[0]], key[1]) or ())}
        for case, rule in asked(world, role.name, signed_in(world.users[role.name]), known):
            wanted = takes(rule, case.method)
            if wanted is OPEN:
                right = is_open(rule, case)
            elif rule.manages and not manages(role.name, held):
                right = case.status in (403, 404)  # 404: a source that it does not know of
            elif held >= set(wanted):
                right = case.status in (200, 302, 404, 410, 422) and (case.status != 404 or is_missing(rule, case))
            else:
                right = case.status == 403
            wrong += [] if right else [str(case)]
            if case.status in (200, 302, 422) and not rule.manages:
                opened.add((case.name, case.method))
    assert wrong == []


def is_open(rule: Rule, case: Case) -> bool:
    """Whether whoever asks was let in: shown the page, or told what the empty form lacks."""
    return case.status == 404 if rule.about == "-" else case.status in (200, 422)


def manages(role: str, held: set[str]) -> bool:
    return "manage" in GRANTS.get(role, ()) or held >= set(permissions.GRANT_SOURCES)


def is_missing(rule: Rule, case: Case) -> bool:
    """Whether 404 is right for somebody with the permission: it is not there, or it takes a grant that the role lacks."""
    grants = GRANTS.get(case.who, ())
    return rule.about == "-" or case.name in MISSING or "steward" not in grants


MISSING = {  # named by parameters, none given; the approval of somebody else
    "matching:compare", "matching:decide-pair", "matching:evaluate-both", "profiles:revoke-grant", "profiles:approval",
    "profiles:answer-approval", "matching:asked-together",
}  # fmt: skip


def test_nobody_comes_in_without_signing_in() -> None:
    world = WholeWorld()
    found = [
        str(case)
        for case, rule in asked(world, "nobody", signed_in(None))
        if not (is_open(rule, case) if takes(rule, case.method) is OPEN else case.status == 302)
    ]
    assert found == []


def test_of_another_source_there_is_nothing_to_open_or_to_do() -> None:
    """A lead steward of source B, who holds most permissions, asks for the objects of source A; in each state."""
    world = WholeWorld()
    client = signed_in(world.stranger)
    hidden = hidden_from_strangers(world, client)
    assert hidden == ["stranger: GET matching:operation answered 200", "stranger: POST matching:undo answered 403"]
    world.publish_the_run()
    assert hidden_from_strangers(world, client) == hidden
    over_all = {f"matching:{name}" for name in ("publish-model", "answer-publication", "start-shadow", "full-runs")}
    told = {
        (case.name, case.method): case.status for case, _ in asked(world, "stranger", client) if case.name in over_all
    }
    assert told == {
        ("matching:publish-model", "GET"): 403, ("matching:publish-model", "POST"): 403,
        ("matching:answer-publication", "POST"): 403, ("matching:start-shadow", "POST"): 403,
        ("matching:full-runs", "GET"): 200, ("matching:full-runs", "POST"): 403,
    }  # fmt: skip
    assert states(world, client, world.only_a) == {404}
    assert states(world, client, world.erased) == {404}


OF_NO_SOURCE = ("", "-", "model", "draft", "publication", "ada", "service", "token", "review", "event", "purpose")


def hidden_from_strangers(world: World, client: Client) -> list[str]:
    """What about the objects of source A is not answered as if there were none, although the role would allow it."""
    held = set(BY_NAME["lead steward"].permissions)
    found = []
    for case, rule in asked(world, "stranger", client):
        wanted = takes(rule, case.method)
        if rule.about not in OF_NO_SOURCE and wanted and held >= set(wanted) and case.status != 404:
            found.append(str(case))
    return found


def test_merged_and_erased_customers_are_told_and_not_acted_on() -> None:
    world = World()
    client = signed_in(world.users["lead steward"])
    for gone in (world.tombstone, world.erased):
        url = reverse("profiles:customer", args=[gone.pk])
        assert client.get(url).status_code == 410
        assert states(world, client, gone) <= {302, 403, 404, 410, 422, 200}
        assert answer(client, "POST", reverse("profiles:reveal", args=[gone.pk])) in (403, 404)
    assert (
        signed_in(world.users["marketing"]).get(reverse("profiles:customer", args=[world.erased.pk])).status_code == 403
    )


def states(world: World, client: Client, profile: object) -> set[int]:
    """What all addresses of a customer answer."""
    found = set()
    for name in ("profiles:customer", "matching:split", "matching:move", "matching:links"):
        url = reverse(name, args=[profile.pk])
        found |= {answer(client, "GET", url)} | ({answer(client, "POST", url)} if MATRIX[name].post else set())
    found.add(answer(client, "GET", f"{reverse('matching:compare')}?a={profile.pk}&b={world.only_b.pk}"))
    return found


def test_other_methods_are_refused_whoever_asks() -> None:
    world = WholeWorld()
    client = signed_in(world.cast.root)
    found = [
        f"{method} {name}"
        for name, rule in MATRIX.items()
        if rule.get is not OPEN
        for method in ("PUT", "DELETE", "PATCH", *others(rule))
        if answer(client, method, address(world, name, rule)) not in (403, 405)
    ]
    assert found == []


def others(rule: Rule) -> list[str]:
    """Of reading and acting what the address does not have."""
    return [method for method in ("GET", "POST") if takes(rule, method) is False]


def test_the_set_up_is_for_administrators() -> None:
    """Every address of the set-up: the door is shown to who may not set up, whatever else they may do."""
    world = World()
    addresses = sorted({url for name in names() if name.startswith("admin:") and (url := of_the_set_up(name))})
    assert len(addresses) > 30
    outside = [user for role, user in world.users.items() if not BY_NAME[role].is_staff]
    opened = [
        f"{user.username}: {url} answered {status}"
        for n, user in enumerate(outside)
        for client in [signed_in(user)]
        for url in (addresses if not n else addresses[n :: len(outside)])  # all with one, each once more with another
        if (status := client.get(url).status_code) not in (302, 403, 404)
    ]
    assert opened == []


def of_the_set_up(name: str) -> str:
    if name in ("admin:jsi18n", "admin:None"):  # words for its scripts
        return ""
    for arguments in ([], ["1"], [1], ["profiles"]):
        try:
            return reverse(name, args=arguments)
        except NoReverseMatch:
            continue
    return ""

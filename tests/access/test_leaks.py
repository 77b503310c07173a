"""Nobody is shown what is not theirs: no dead link, no value above the role, nothing of another source."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import assign_perm

from governance.roles import ROLES, Role
from matching import identity
from matching.models import Proposal
from matching.run import resolve_all
from profiles import corrections, permissions, reveals
from profiles.customers import show, show_members
from profiles.golden import members_of
from profiles.masking import CLEAR, cover, mask_of
from profiles.models import AuditEvent, Membership, Reveal, Source, User
from profiles.schema import published
from tests.access.whole import WholeWorld
from tests.access.world import (
    NEITHER,
    OF_THE_SOURCE,
    OTHER,
    PERSONAL,
    SENSITIVE,
    World,
    crawl,
    found_in,
    signed_in,
    text_of,
)
from tests.cast import profile_of, record, send

pytestmark = pytest.mark.django_db
GOOD = {200, 302, 410}  # 410: a merged id, with the way on
SEARCHES = ("kanaria", "kanaria@kanarow.example", "02079460777", "loyal77", "nid77ab7711", "kanarstreet")


def hidden_from(role: Role) -> tuple[str, ...]:
    """The canaries that a role never sees."""
    held = set(role.permissions)
    if permissions.VIEW_CUSTOMERS not in held:
        return (*PERSONAL, *SENSITIVE, *NEITHER)
    personal = () if permissions.SEE_PERSONAL in held else PERSONAL
    return (*personal, *(() if permissions.SEE_SENSITIVE in held else SENSITIVE))


def starts(world: World) -> list[str]:
    """Where a crawl begins: home, each tab, and what is found by typing."""
    here = reverse("profiles:customer", args=[world.both.pk])
    tabs = [f"{here}?tab={tab}" for tab in ("records", "timeline", "then")]
    pages = [reverse("matching:links", args=[world.both.pk]), reverse("profiles:record", args=[world.record.pk])]
    flagging = reverse("profiles:flag-value", args=[world.record.pk]) + "?field=city"
    trial = reverse("matching:try-model", args=["default-1"])
    first, second = world.record.pk, record(world.a, "kanar-1").pk
    side_by_side = [
        f"{reverse('matching:compare')}?a={world.both.pk}&b={world.only_a.pk}",
        f"{trial}?a={first}&b={second}", f"{trial}?q=beispiel",
    ]  # fmt: skip
    return ["/", here, *tabs, *pages, flagging, *side_by_side]


def test_a_record_that_was_masked_is_never_saved() -> None:
    world = World()
    (covered,) = cover([world.record], mask_of(world.users["support"]))
    assert (covered.external_id, covered.attributes, bytes(covered.payload)) == ("•••-3", {}, b"")
    with pytest.raises(TypeError, match="cannot be saved"):
        covered.save()
    assert cover([record(world.a, "kanar-3")], CLEAR)[0].external_id == "kanar-3"


def test_no_role_is_shown_a_dead_link_or_a_value_that_it_may_not_see() -> None:
    world = World()
    dead, leaks, visited = {}, {}, {}
    for role in ROLES:
        client, hidden = signed_in(world.users[role.name]), hidden_from(role)
        pages = list(crawl(client))
        visited[role.name] = len(pages)
        dead |= {f"{role.name}: {where}": page.status_code for where, page in pages if page.status_code not in GOOD}
        if hidden:
            pages += [(address, client.get(address)) for address in starts(world)]
            pages += [(text, client.get(reverse("profiles:customers"), {"q": text})) for text in SEARCHES]
        for where, page in pages:
            if leak := found_in(text_of(page).replace(where, ""), hidden):
                leaks[f"{role.name}: {where}"] = leak
    assert dead == {}
    assert leaks == {}
    assert min(visited.values()) >= 3 and visited["steward"] > 20, visited


def test_who_stewards_another_source_finds_nothing_of_this_one() -> None:
    world = World()
    client = signed_in(world.stranger)
    everything = (*PERSONAL, *SENSITIVE, *NEITHER, *OF_THE_SOURCE)
    pages = list(crawl(client))
    pages += [(text, client.get(reverse("profiles:customers"), {"q": text})) for text in SEARCHES]
    pages += [(text, client.get(reverse("matching:try-model", args=["default-1"]), {"q": text})) for text in SEARCHES]
    assert {where: page.status_code for where, page in pages if page.status_code not in GOOD} == {}
    assert {
        where: leak for where, page in pages if (leak := found_in(text_of(page).replace(where, ""), everything))
    } == {}
    assert {text: len(client.get(reverse("profiles:customers"), {"q": text}).context["rows"]) for text in SEARCHES} == (
        dict.fromkeys(SEARCHES, 0)
    )
    assert_only_what_b_supports(world)


def assert_only_what_b_supports(world: World) -> None:
    """The customer of both sources as who sees B only: B's values, its one record, nothing withheld that would show."""
    shown = show([world.both.id], world.stranger)[world.both.id]
    assert (shown.name, shown.record_count, shown.first("email")) == ("Berta Beispiel", 1, "berta@beispiel.example")
    assert [value.value for values in shown.runners_up.values() for value in values] == []
    page = signed_in(world.stranger).get(reverse("profiles:customer", args=[world.both.pk]))
    text = page.content.decode()
    assert "1 record ·" in text
    assert "you may not see" not in text
    queue = signed_in(world.stranger).get(reverse("matching:queue"))
    assert queue.context["total"] == 0
    assert all(not options for _, _, options in queue.context["filters"])


def test_a_value_is_chosen_as_if_there_were_no_other_source() -> None:
    """Two records of B and one of A, which is trusted more, newer, and corrected: who sees B only gets what B says, in
    the order in which B would say it, and nothing of why A's won."""
    world = World()
    mail, rare = "berta@beispiel.example", "b.beispiel@beispiel.example"
    Source.objects.filter(pk=world.a.pk).update(trust=99)
    send(world.b, {**OTHER, "id": "7", "mail": rare}, name="crm7.jsonl", resolve=False)
    resolve_all()
    newer = profile_of(world.b, "7")
    if newer != world.both:
        identity.merge(survivor=world.both.id, losers=[newer.id], by=world.ada, reason="r")
    own = record(world.a, "kanar-1")
    corrections.correct(record=own, field="email", values=[mail, "kanaria@kanarow.example"], reason="r", by=world.ada)
    corrections.correct(record=own, field="birth_date", values=["1965-02-03"], reason="r", by=world.ada)
    resolve_all()
    everything = show([world.both.id], world.ada)[world.both.id]
    assert everything.golden["birth_date"][0].rule == "correction"
    seen = show([world.both.id], world.stranger)[world.both.id]
    alone = show_members(world.both.id, [one for one in members_of([world.both.id], published())[world.both.id]
                                         if one.source_id == world.b.id], published(), CLEAR)  # fmt: skip
    assert (seen.golden, seen.runners_up) == (alone.golden, alone.runners_up)
    rules = {value.rule for values in (*seen.golden.values(), *seen.runners_up.values()) for value in values}
    assert "correction" not in rules and {value.value for value in seen.golden["email"]} == {mail, rare}
    theirs = set(Membership.objects.filter(record__source=world.b).values_list("record_id", flat=True))
    assert {pk for values in seen.golden.values() for value in values for pk in value.record_ids} <= theirs
    page = text_of(signed_in(world.stranger).get(reverse("profiles:customer", args=[world.both.pk])))
    assert found_in(page, ("correction", "corrected by", *OF_THE_SOURCE, "kanar")) == []


def test_figures_over_all_sources_are_for_who_sees_every_source() -> None:
    world = WholeWorld()
    half, whole = signed_in(world.stranger), signed_in(world.users["lead steward"])
    pages = {
        reverse("matching:models"): "precision", reverse("matching:model", args=["draft"]): "decisions of stewards",
        reverse("matching:compare-models") + "?a=default-1&b=draft": "shadow run</a>", reverse("matching:full-runs"): "run ",
    }  # fmt: skip
    for page, told in pages.items():
        hidden, shown = text_of(half.get(page)), text_of(whole.get(page))
        assert told in shown and "not all figures are shown" not in shown, page
        assert "not all figures are shown" in hidden, page
        for address in (
            reverse("matching:evaluation", args=[world.evaluation.pk]), reverse("matching:full-run", args=[world.full_run.pk]),
            reverse("matching:shadow-run", args=[world.shadow_run.pk]), "precision 1", "precision 0",
        ):  # fmt: skip
            assert address not in hidden, (page, address)
    one_more = Source.objects.create(key="third", name="Third", owner="o", id_column="id")
    assert whole.get(reverse("matching:full-run", args=[world.full_run.pk])).status_code == 404
    assign_perm("profiles.view_source", world.users["lead steward"], one_more)
    assert whole.get(reverse("matching:full-run", args=[world.full_run.pk])).status_code == 200


def test_a_pair_is_decided_by_who_stewards_both_ends_and_unknown_to_who_sees_one() -> None:
    world = World()
    half = World._user("half", "steward", [world.b], ["view", "steward"])
    client, url = signed_in(half), reverse("matching:proposal", args=[world.across.pk])
    assert client.get(url).status_code == 404
    assert world.across not in Proposal.objects.visible_to(half)
    assign_perm("profiles.view_source", half, world.a)  # sees both ends now, stewards one
    page = client.get(url).content.decode()
    assert "You may look, but not decide" in page
    assert client.post(reverse("matching:decide", args=[world.across.pk]), {"verdict": "not_same"}).status_code == 403
    world.across.refresh_from_db()
    assert world.across.state == Proposal.State.OPEN
    pair = {"a": world.both.pk, "b": world.only_b.pk}
    compared = signed_in(world.stranger).get(reverse("matching:compare"), pair)  # by what B's records say alone
    assert compared.context["told"] is not None
    assert found_in(text_of(compared), (*PERSONAL, *SENSITIVE, *OF_THE_SOURCE, "you may not see")) == []


def test_masked_values_are_revealed_for_a_purpose_so_often_a_day(settings: object) -> None:
    world = World()
    user = world.users["support"]
    client, page = signed_in(user), reverse("profiles:customer", args=[world.both.pk])
    act = reverse("profiles:reveal", args=[world.both.pk])
    masked = client.get(page).content.decode()
    assert "k•••@k•••.example" in masked
    assert "•••77" in masked
    assert client.post(act, {"purpose": "caller", "ticket": "it is Kanaria"}).status_code == 422
    assert client.post(act, {"purpose": "caller", "ticket": "CALL-7"}).status_code == 302
    clear = client.get(page).content.decode()
    assert "kanaria@kanarow.example" in clear
    assert found_in(clear.lower(), SENSITIVE) == []  # withheld, not masked
    event = AuditEvent.objects.filter(action="customer.revealed").get()
    assert (event.actor_name, event.subject_ids) == (user.username, [world.both.id])
    assert event.detail == {"purpose": "caller", "ticket": "CALL-7"}
    other = reverse("profiles:customer", args=[world.only_a.pk])
    assert found_in(text_of(client.get(other)), PERSONAL) == []  # of that customer only
    assert_counted_and_over(world, user, settings)


def assert_counted_and_over(world: World, user: object, settings: object) -> None:
    """The quota refuses; time takes the values away again; who sees all has nothing to reveal."""
    settings.REVEALS_PER_DAY = 1
    client, act = signed_in(user), reverse("profiles:reveal", args=[world.only_a.pk])
    answer = client.post(act, {"purpose": "caller", "ticket": "CALL-8"}, follow=True)
    assert "as many as a day has" in answer.content.decode()
    assert Reveal.objects.count() == 1
    with pytest.raises(reveals.RevealNotAllowed, match="Nothing is masked"):
        reveals.reveal(profile=world.both, purpose="caller", ticket="X-1", by=world.ada)
    now = timezone.now()
    settings.REVEALS_PER_DAY = 9
    Reveal.objects.create(
        user=user, profile=world.only_a, purpose="caller", ticket="OLD", at=now - timedelta(hours=1), until=now
    )
    page = client.get(reverse("profiles:customer", args=[world.only_a.pk]))
    assert found_in(text_of(page), PERSONAL) == []
    assert client.post(reverse("profiles:reveal", args=[world.erased.pk]), {}).status_code == 404


PINNED = ("profiles:customers", "matching:queue", "profiles:imports", "profiles:issues", "profiles:jobs")


def test_as_many_queries_with_many_grants_as_with_few() -> None:
    world = World()
    client = signed_in(world.ada)
    pages = [*(reverse(name) for name in PINNED), reverse("profiles:customer", args=[world.both.pk])]
    for page in pages:
        client.get(page)  # fills the caches of schema and model
    few = {page: queries(client, page) for page in pages}
    grant_many(world)
    assert {page: queries(client, page) for page in pages} == few


def grant_many(world: World) -> None:
    """200 sources, each granted to a hundred people, ada among them: 20,000 grants."""
    made = Source.objects.bulk_create(
        Source(key=f"s{n}", name=f"Source {n}", owner="o", id_column="id") for n in range(200)
    )
    view = Permission.objects.get(content_type__app_label="profiles", codename="view_source")
    others = User.objects.bulk_create(User(username=f"u{n}") for n in range(99))
    people = [user.pk for user in (world.ada, *others)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO profiles_sourceusergrant (permission_id, user_id, content_object_id, granted_at, reason)"
            " SELECT %s, person, source, now(), '' FROM unnest(%s::bigint[]) AS person, unnest(%s::bigint[]) AS source",
            [view.pk, people, [source.pk for source in made]],
        )
        assert cursor.rowcount == 20_000


def queries(client: object, page: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        assert client.get(page).status_code == 200
    return len(seen)

"""Grants on a source: given and taken back by its managers and by administrators, with a reason, on its page and in the set-up."""

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from profiles import grants
from profiles.models import AuditEvent, Profile, Source, SourceGroupGrant, SourceUserGrant
from tests.cast import Cast, profile_of, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Vera manages the shop; eve has no grant."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    grants.grant(source=cast.shop, verb="manage", to=cast.vera, by=None, reason="Owner")
    return cast


def signed_in(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def verbs(source: Source, user: object) -> list[str]:
    rows = SourceUserGrant.objects.filter(user=user, content_object=source).order_by("permission__codename")
    return [grants.verb_of(row) for row in rows]


def test_what_includes_view_comes_and_goes_with_it(cast: Cast) -> None:
    new = grants.grant(source=cast.shop, verb="steward", to=cast.eve, by=cast.vera, reason="Helps out")
    assert {grants.verb_of(row) for row in new} == {"view", "steward"} == set(verbs(cast.shop, cast.eve))
    assert Profile.objects.visible_to(cast.eve).exists()
    with pytest.raises(grants.GrantNotAllowed, match="already"):
        grants.grant(source=cast.shop, verb="view", to=cast.eve, by=cast.vera, reason="Again")
    grants.revoke(source=cast.shop, verb="view", grantee=cast.eve, by=cast.vera, reason="Over")
    assert verbs(cast.shop, cast.eve) == [] and not Profile.objects.visible_to(cast.eve).exists()
    acts = AuditEvent.objects.filter(object_id=str(cast.shop.pk), detail__grantee="eve").order_by("id")
    assert [(row.action, row.detail["permission"], row.detail["reason"]) for row in acts] == [
        ("source.granted", "view", "Helps out"),
        ("source.granted", "steward", "Helps out"),
        ("source.grant_withdrawn", "view", "Over"),
        ("source.grant_withdrawn", "steward", "Over"),
    ]


def test_the_grants_of_an_account_that_was_switched_off_have_no_power(cast: Cast) -> None:
    grants.grant(source=cast.shop, verb="view", to=Group.objects.get(name="viewer"), by=None, reason="All of them")
    for user in (cast.vera, cast.eve):
        assert profile_of(cast.shop, "1") in Profile.objects.visible_to(user)
        user.is_active = False
        assert not Profile.objects.visible_to(user).exists() and not Source.objects.managed_by(user).exists()
    assert SourceUserGrant.objects.filter(user=cast.vera).exists()
    with pytest.raises(grants.GrantNotAllowed, match="switched off"):
        grants.grant(source=cast.crm, verb="view", to=cast.eve, by=None, reason="r")


def test_managers_and_administrators_grant_on_the_page_and_others_do_not(cast: Cast) -> None:
    page, give = (reverse(f"profiles:{name}", args=["shop"]) for name in ("source", "grant-source"))
    take = reverse("profiles:revoke-grant", args=["shop", grants.key_of(cast.eve)])
    form = {"to": grants.key_of(cast.eve), "verb": "view", "reason": "Helps out"}
    for stranger, status in ((cast.ada, 403), (cast.eve, 404)):  # stewards it; knows nothing of it
        assert signed_in(stranger).post(give, form).status_code == status
    assert "Who may do what" in signed_in(cast.ada).get(page).content.decode()
    assert "Grant it" not in signed_in(cast.ada).get(page).content.decode()
    for who in (cast.vera, cast.root):
        client = signed_in(who)
        assert client.post(give, {**form, "reason": ""}).status_code == 422
        assert client.post(give, form).status_code == 302 and verbs(cast.shop, cast.eve) == ["view"]
        assert "Helps out" in client.get(page).content.decode()
        assert client.post(take, {"verb": "view"}).status_code == 422
        assert client.post(take, {"verb": "view", "reason": "Over"}).status_code == 302
        assert verbs(cast.shop, cast.eve) == [] and client.get(take).status_code == 404
    assert signed_in(cast.vera).get(reverse("profiles:source", args=["crm"])).status_code == 200
    assert signed_in(cast.vera).post(reverse("profiles:grant-source", args=["crm"]), form).status_code == 403


def test_a_new_source_begins_with_the_grants_that_were_shown(cast: Cast) -> None:
    client = signed_in(cast.root)
    cast.root.is_staff = True
    cast.root.save()
    address = reverse("admin:profiles_source_add")
    shown = client.get(address).context["adminform"].form
    chosen = [group.name for group in shown["viewers"].field.queryset if group in shown.fields["viewers"].initial]
    assert chosen == ["administrator", "lead steward", "privacy officer"]
    data = {
        "name": "Till", "key": "till", "owner": "Shops", "trust": 50, "is_active": "on", "region": "GB", "encoding": "utf-8",
        "default_party_kind": "person", "import_mode": "delta", "id_column": "id",
        "viewers": [group.pk for group in Group.objects.filter(name__in=["lead steward", "support"])],
    }  # fmt: skip
    for prefix in ("mappings", "sourceusergrant_set", "sourcegroupgrant_set"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    answer = client.post(address, data)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    till = Source.objects.get(key="till")
    given = SourceGroupGrant.objects.filter(content_object=till).values_list("group__name", "permission__codename")
    assert set(given) == {("lead steward", "view_source"), ("support", "view_source")}
    assert verbs(till, cast.root) == ["manage", "view"]

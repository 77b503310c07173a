"""Accounts of services on screen: made, given tokens that are shown once, revoked, switched off; they never sign in."""

import re
import time

import pytest
from django.test import Client
from django.urls import reverse
from guardian.shortcuts import assign_perm

from profiles.models import AuditEvent, ServiceToken, User
from tests.cast import Cast, profile_of, send
from tests.governance.test_sign_in import confirm, sign_in

pytestmark = pytest.mark.django_db


def url(name: str, *args: object) -> str:
    return reverse(f"governance:{name}", args=args)


def asked(token: str, customer: object) -> int:
    where = reverse("api:customer", args=[customer.pk])
    return Client().get(where, headers={"Authorization": f"Bearer {token}"}).status_code


def test_a_service_from_its_account_to_a_revoked_token() -> None:
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    customer = profile_of(cast.shop, "1")
    admin, _ = sign_in("root")
    confirm(admin)
    made = {"username": "webshop", "roles": ["support"], "reason": "Shows who calls"}
    assert admin.post(url("new-service"), {**made, "username": "ada"}).status_code == 422
    assert admin.post(url("new-service"), made).status_code == 302
    service = User.objects.get(username="webshop")
    page = url("person", service.pk)
    assert "never signs in" in admin.get(page).content.decode()
    assert "webshop" in admin.get(url("people") + "?show=services").content.decode()
    assert "webshop" not in admin.get(url("people")).content.decode()
    form = {"token-name": "till", "token-scopes": ["customers:read"], "token-days": "30"}
    assert admin.post(url("issue-token", service.pk), {**form, "token-days": "999"}).status_code == 422
    assert admin.post(url("issue-token", service.pk), {**form, "token-scopes": []}).status_code == 422
    shown = admin.post(url("issue-token", service.pk), form)
    token = re.search(r'id="token">(cdv_\S+?)<', shown.content.decode())[1]
    assert shown.headers["Cache-Control"] == "no-store"
    key, secret = token.split("_", 2)[1:]
    again = admin.get(page).content.decode()
    assert key in again and secret not in again
    assert asked(token, customer) == 404  # no source yet
    assign_perm("profiles.view_source", service, cast.shop)
    assert asked(token, customer) == 200
    assert (
        "never"
        not in re.search(rf'{key}.*?data-label="Last used">(.*?)</td>', admin.get(page).content.decode(), re.S)[1]
    )
    admin.post(url("switch-account", service.pk), {"switch-reason": "r"})
    assert asked(token, customer) == 401
    admin.post(url("switch-account", service.pk), {"switch-reason": "r"})
    assert asked(token, customer) == 200
    admin.post(url("revoke-token", ServiceToken.objects.get().pk))
    assert asked(token, customer) == 401
    assert (
        "revoked already"
        in admin.post(url("revoke-token", ServiceToken.objects.get().pk), follow=True).content.decode()
    )
    acts = AuditEvent.objects.filter(action__startswith="token.").order_by("id").values_list("action", "actor_name")
    assert list(acts)[0] == ("token.issued", "root") and ("token.revoked", "root") in acts


def test_tokens_are_for_services_and_asked_for_with_the_password(monkeypatch: pytest.MonkeyPatch) -> None:
    cast = Cast()
    admin, _ = sign_in("root")
    confirm(admin)
    form = {"token-name": "till", "token-scopes": ["customers:read"], "token-days": "30"}
    said = admin.post(url("issue-token", cast.ada.pk), form, follow=True).content.decode()
    assert "Tokens are for accounts of services" in said and not ServiceToken.objects.exists()
    now = time.time()
    monkeypatch.setattr("time.time", lambda: now + 301)
    asked_again = admin.post(url("issue-token", cast.ada.pk), form)
    assert asked_again.status_code == 302 and asked_again.url.startswith("/accounts/reauthenticate/")

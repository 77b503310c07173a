"""The API: every route x token x role against the table; what is refused is told as a problem; every reading is audited."""

from datetime import timedelta
from uuid import UUID

import pytest
from django.contrib import admin
from django.core.management import call_command
from django.db import DatabaseError, transaction
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from cdv_site.demo.loading import GRANTS
from governance.roles import ROLES
from profiles import tokens
from profiles.models import AuditEvent, ServiceToken, User
from profiles.scopes import SCOPES, Scope
from tests.access.matrix import API
from tests.access.test_matrix import names
from tests.access.world import PERSONAL, SENSITIVE, World, found_in, signed_in, text_of
from tests.site.test_actions import broken_audit

pytestmark = pytest.mark.django_db
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


def ask(method: str, url: str, token: str = "", client: Client | None = None) -> HttpResponse:
    """What a program gets; whatever the request did is taken back."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with transaction.atomic():
        answer = getattr(client or signed_in(None), method.lower())(url, headers=headers)
        transaction.set_rollback(True)
    return answer


def address(world: World, name: str) -> str:
    about = API[name].about
    if about == "nothing":
        return reverse(name, args=[UUID(int=1)])
    return reverse(name, args=[getattr(world, about).pk] if about else [])


def token_of(world: World, role: str, *scopes: str) -> str:
    """A token of a service that has this role, and the sources that the demo grants to it."""
    name = f"service-{role.replace(' ', '-')}"
    account = User.objects.filter(username=name).first()
    return world.issue(
        account or world._user(name, role, [world.a, world.b], GRANTS.get(role, ()), is_service=True), *scopes
    ).text


def test_every_route_is_in_the_table() -> None:
    found = {name for name in names() if name.startswith("api:")} - {"api:docs", "api:schema"}
    assert found == API.keys(), "say in tests/access/matrix.py which scope each method takes"


def test_a_route_opens_to_a_scope_and_a_role_together_and_to_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        SCOPES._entries, "nothing:read", Scope("nothing:read", "profiles.view_profile", "Opens nothing.")
    )
    world = World()
    wrong = []
    for role in ROLES:
        all_of_them, none = token_of(world, role.name), token_of(world, role.name, "nothing:read")
        for name, rule in API.items():
            for method in METHODS:
                scope = rule.scopes.get(method)
                may = scope is not None and scope.permission in role.permissions
                got = ask(method, address(world, name), all_of_them).status_code
                wrong += (
                    []
                    if (got in (200, 201, 400, 409) or (got, rule.about) == (404, "nothing") if may else got == 403)
                    else [(role.name, method, name, got)]
                )
                got = ask(method, address(world, name), none).status_code
                wrong += [] if got == 403 else [(role.name, "no scope", method, name, got)]
    assert wrong == []


def test_who_has_no_good_token_is_told_so_and_nothing_else() -> None:
    world = World()
    good = world.issue(world.service).text
    key, secret = good.split("_", 2)[1:]
    revoked, expired = world.issue(world.service), world.issue(world.service)
    tokens.revoke(token=revoked.token, by=world.cast.root, now=timezone.now())
    long_ago = timezone.now() + timedelta(days=1)
    texts = ["", "x", f"cdv_{key}_{secret}x", f"cdv_{key[::-1]}_{secret}", f"cdv_{key}", revoked.text, f"{good} {good}"]
    for name in API:
        for text in texts:
            answer = ask("GET", address(world, name), text)
            assert (answer.status_code, answer.headers["Content-Type"]) == (401, "application/problem+json"), text
            assert answer.headers["WWW-Authenticate"].startswith("Bearer") and answer.json()["status"] == 401
        assert ask("GET", address(world, name), client=signed_in(world.users["lead steward"])).status_code == 401
        wanted = 403 if "GET" not in API[name].scopes else 404 if API[name].about == "nothing" else 200
        assert ask("GET", address(world, name), good).status_code == wanted
    assert tokens.find(expired.text, long_ago) is None and tokens.find(expired.text, timezone.now())
    world.service.is_active = False
    world.service.save()
    assert ask("GET", address(world, "api:customer"), good).status_code == 401


def test_of_another_source_a_token_finds_nothing_and_of_its_own_masked_values() -> None:
    world = World()
    other = world._user("other", "steward", [world.b], ["view"], is_service=True)
    stranger, masked = world.issue(other).text, world.issue(world.service).text
    for name in (name for name, rule in API.items() if rule.about):
        assert ask("GET", address(world, name), stranger).status_code == 404
    both = reverse("api:customer", args=[world.both.pk])
    seen = ask("GET", both, stranger)
    assert seen.json()["name"] == "Berta Beispiel" and seen.json()["record_count"] == 1
    assert found_in(text_of(seen), (*PERSONAL, *SENSITIVE)) == []
    answer = ask("GET", both, masked)
    assert found_in(text_of(answer), (*PERSONAL, *SENSITIVE)) == []
    email = next(value for value in answer.json()["values"] if value["field"] == "email")
    assert email["is_masked"] and email["value"] == "k•••@k•••.example"
    of_both = token_of(world, "viewer")
    for gone, way in ((world.tombstone, True), (world.erased, False)):
        answer = ask("GET", reverse("api:customer", args=[gone.pk]), of_both)
        assert answer.status_code == 410
        assert answer.json().get("canonical_id") == (str(world.both.pk) if way else None)


def test_a_reading_is_audited_under_the_account_or_does_not_happen() -> None:
    world = World()
    url = reverse("api:customer", args=[world.only_a.pk])
    client, text = signed_in(None), world.issue(world.service).text
    headers = {"Authorization": f"Bearer {text}", "X-Request-ID": "load-2026-11"}
    answer = client.get(url, headers=headers)
    assert answer.headers["Cache-Control"] == "no-store"
    event = AuditEvent.objects.filter(action="customer.read").first()
    assert (event.actor_name, event.request_id, event.subject_ids) == ("service", "load-2026-11", [world.only_a.pk])
    with transaction.atomic(), broken_audit():
        refused = client.get(url, headers=headers)
        assert refused.status_code == 500 and refused.json()["request_id"] == "load-2026-11"
        transaction.set_rollback(True)
    wrong = {"Authorization": f"Bearer {text}x"}
    assert {client.get(url, headers=wrong).status_code for _ in range(3)} == {401}
    (told,) = AuditEvent.objects.filter(action="token.refused")  # once a minute
    assert (told.actor_name, told.detail["why"], told.outcome) == ("service", "wrong secret", "refused")
    assert text.split("_", 2)[2] not in str(list(ServiceToken.objects.values()))


def test_a_token_asks_so_often_a_minute(settings: object) -> None:
    world = World()
    settings.API_REQUESTS_PER_MINUTE = 2
    now = timezone.now().replace(second=10)
    token = world.issue(world.service).token
    assert [tokens.count_use(token, now) for _ in range(3)] == [1, 2, 3]
    assert tokens.count_use(token, now + timedelta(minutes=1)) == 1
    text, url = world.issue(world.service).text, reverse("api:customer", args=[world.only_a.pk])
    headers = {"Authorization": f"Bearer {text}"}
    answers = [signed_in(None).get(url, headers=headers) for _ in range(6)]  # over the end of a minute, 4 at the most
    over = [answer for answer in answers if answer.status_code == 429]
    assert over and int(over[0].headers["Retry-After"]) <= 60 and over[0].json()["title"] == "Too Many Requests"


def test_what_a_token_is_cannot_be_changed_and_services_never_sign_in() -> None:
    world = World()
    for change in ({"scopes": ["x"]}, {"expires_at": timezone.now() + timedelta(days=999)}, {"digest": "0" * 64}):
        with pytest.raises(DatabaseError, match="refused"), transaction.atomic():
            ServiceToken.objects.filter(pk=world.token.pk).update(**change)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        world.token.delete()
    request = RequestFactory().get("/")
    request.user = User.objects.create_superuser("super")
    assert admin.site._registry[User].has_change_permission(request, world.ada)
    assert not admin.site._registry[User].has_change_permission(request, world.service)
    world.service.set_password("a-long-password")
    with pytest.raises(DatabaseError, match="services_have_no_password"), transaction.atomic():
        world.service.save()


def test_an_address_that_is_not_there_is_a_problem_too() -> None:
    answer = signed_in(None).get("/api/v1/nothing")
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "application/problem+json")
    assert "json" not in signed_in(None).get("/nothing/").headers["Content-Type"]


def test_the_description_is_valid_and_names_every_route(capsys: pytest.CaptureFixture, tmp_path: object) -> None:
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", str(tmp_path / "openapi.yaml"))
    world = World()
    client = signed_in(world.users["integrator"])
    found = client.get(reverse("api:schema")).json()
    paths = {where.rstrip("/") for where in found["paths"]}
    assert paths == {reverse(name, args=[UUID(int=0)] if API[name].about else []).replace(
        "00000000-0000-0000-0000-000000000000", "{id}") for name in API}  # fmt: skip
    assert found["components"]["securitySchemes"]["serviceToken"]["scheme"] == "bearer"
    page = client.get(reverse("api:docs")).content.decode()
    assert all(name in page for name in SCOPES) and "values[].is_masked" in page and "<script>" not in page


def test_a_statement_of_consent_is_written_down_by_a_program() -> None:
    world = World()
    text = token_of(world, "steward")
    url, headers = reverse("api:consent", args=[world.both.pk]), {"Authorization": f"Bearer {text}"}
    said = {"purpose": "newsletter", "channel": "email", "act": "withdraw", "method": "web_form", "proof": "form 7"}
    client = Client()
    wrong = client.post(url, {**said, "contact": "nobody@else.example"}, "application/json", headers=headers)
    assert wrong.status_code == 400 and "holds no such value" in wrong.content.decode()
    named = {**said, "contact": "KANARIA@kanarow.example"}
    made = client.post(url, named, "application/json", headers=headers)
    assert made.status_code == 201 and made.json()["awaits_confirmation"] is False
    states = {(row["channel"], row["contact"]): row for row in client.get(url, headers=headers).json()}
    assert states["email", "kanaria@kanarow.example"]["state"] == "denied"
    assert not states["email", "kanaria@kanarow.example"]["allowed"]

"""The door: passwords, second factors, sessions that end, one door for the admin too, and an audit row for each act."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.urls import reverse

from governance import sessions
from profiles.models import AuditEvent, User
from tests.cast import Cast

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def sign_in(name: str, password: str = "a-long-password", client: Client | None = None):
    client = client or Client()
    return client, client.post(LOGIN, {"login": name, "password": password})


def acts(user: User | None = None) -> list[str]:
    rows = AuditEvent.objects.filter(action__startswith="account.").order_by("id")
    return list((rows.filter(actor_id=user.pk) if user else rows).values_list("action", flat=True))


def test_name_and_password_open_the_door_and_the_audit_knows(cast):
    client, answer = sign_in("ada")
    assert answer.status_code == 302 and client.get("/").status_code == 200
    client.post("/accounts/logout/")
    assert client.get("/").status_code == 302
    assert acts(cast.ada) == ["account.signed_in", "account.signed_out"]


def test_a_wrong_password_is_refused_in_words_that_tell_nothing(cast):
    _, wrong = sign_in("ada", "not-her-password")
    _, nobody = sign_in("nobody-of-that-name", "not-her-password")
    told = [re.search(r'alert-body">(.*?)<', page.content.decode())[1] for page in (wrong, nobody)]
    assert told[0] == told[1] and "not" in told[0]
    assert list(AuditEvent.objects.filter(action="account.refused").values_list("actor_name", flat=True)) == [
        "unknown",
        "ada",
    ]


def test_after_five_wrong_passwords_the_right_one_waits_too(cast):
    for _ in range(5):
        sign_in("ada", "not-her-password")
    client, answer = sign_in("ada")
    assert "Too many failed login attempts" in answer.content.decode() and client.get("/").status_code == 302
    assert sign_in("bob")[1].status_code == 302  # nobody else waits


def test_nobody_registers(cast):
    answer = Client().post(
        "/accounts/signup/", {"username": "eva", "password1": "long-enough-1", "password2": "long-enough-1"}
    )
    assert "closed" in answer.content.decode().lower() and not User.objects.filter(username="eva").exists()


def test_an_account_that_was_switched_off_stays_outside(cast):
    User.objects.filter(pk=cast.ada.pk).update(is_active=False)
    client, _ = sign_in("ada")
    assert client.get("/").status_code == 302


# ---- second factor -------------------------------------------------------------------------------------------------------


def confirm(client: Client) -> None:
    """Give the password again."""
    assert client.post("/accounts/reauthenticate/?next=/", {"password": "a-long-password"}).status_code == 302


def add_app(client: Client) -> str:
    """Set an authenticator app up through its pages; returns the secret."""
    confirm(client)
    page = client.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    code = totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))
    assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    return secret


def test_a_second_factor_is_asked_for_and_stored_encrypted(cast):
    client, _ = sign_in("ada")
    secret = add_app(client)
    assert secret not in str(Authenticator.objects.filter(user=cast.ada).values_list("data", flat=True))
    client, answer = sign_in("ada")
    assert answer.url == reverse("mfa_authenticate") and client.get("/").status_code == 302
    assert client.post(answer.url, {"code": "000000"}).status_code == 200
    code = Authenticator.objects.get(user=cast.ada, type="recovery_codes").wrap().get_unused_codes()[0]
    assert client.post(answer.url, {"code": code}).status_code == 302
    assert client.get("/").status_code == 200
    assert acts(cast.ada).count("account.factor_added") == 2 and "account.refused" in acts(cast.ada)


def test_a_recovery_code_opens_once(cast):
    client, _ = sign_in("ada")
    add_app(client)
    code = Authenticator.objects.get(user=cast.ada, type="recovery_codes").wrap().get_unused_codes()[0]
    for expected in (302, 200):
        client, answer = sign_in("ada")
        assert client.post(answer.url, {"code": code}).status_code == expected


def test_a_broken_answer_of_a_security_key_is_refused_in_words_and_audited(cast):
    client, _ = sign_in("ada")
    add_app(client)
    client, answer = sign_in("ada")
    for broken in ("[1]", '{"id": "x"}'):
        assert "This security key was not accepted" in client.post(answer.url, {"credential": broken}).content.decode()
    assert client.get("/").status_code == 302 and acts(cast.ada).count("account.refused") == 2


def test_a_broken_answer_of_a_new_security_key_adds_nothing(cast):
    client, _ = sign_in("ada")
    confirm(client)
    url = reverse("mfa_add_webauthn")
    client.get(url)
    for broken in ("[1]", '{"id": "x"}', '{"id": "x", "response": {}, "type": "public-key"}'):
        page = client.post(url, {"name": "mine", "credential": broken}).content.decode()
        assert "The answer of this security key cannot be read" in page, broken
    assert not Authenticator.objects.exists()


def test_who_removes_the_lost_factor_of_another_stands_in_the_audit(cast):
    add_app(sign_in("ada")[0])
    cast.root.is_staff = cast.root.is_superuser = True
    cast.root.save()
    client, _ = sign_in("root")
    confirm(client)
    for factor in Authenticator.objects.filter(user=cast.ada):
        client.post(reverse("admin:mfa_authenticator_delete", args=[factor.pk]), {"post": "yes"})
    removed = AuditEvent.objects.filter(action="account.factor_removed")
    assert set(removed.values_list("actor_name", "object_id")) == {("root", str(cast.ada.pk))} and removed.count() == 2
    assert sign_in("ada")[0].get("/").status_code == 200


def test_where_it_is_required_the_second_factor_comes_before_anything_else(cast, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    client, _ = sign_in("ada")
    assert client.get(reverse("profiles:customers")).url == reverse("mfa_index")
    assert client.get(reverse("mfa_index")).status_code == 200
    add_app(client)
    assert client.get(reverse("profiles:customers")).status_code == 200


# ---- sessions --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch) -> list[float]:
    now = [time.time()]
    monkeypatch.setattr(sessions.time, "time", lambda: now[0])
    return now


def test_an_idle_session_ends_and_says_so(cast, clock):
    client, _ = sign_in("ada")
    clock[0] += 29 * 60
    assert client.get("/").status_code == 200
    clock[0] += 29 * 60
    assert client.get("/").status_code == 200
    clock[0] += 31 * 60
    answer = client.get("/customers/", follow=True)
    assert "your session had ended" in answer.content.decode()
    assert acts(cast.ada)[-1] == "account.signed_out"


def test_a_page_that_polls_keeps_nobody_signed_in(cast, clock):
    client, _ = sign_in("ada")
    for _ in range(31):
        clock[0] += 60
        client.get("/", headers={"X-Poll": "yes"})
    assert client.get("/").status_code == 302


def test_after_twelve_hours_everybody_signs_in_again(cast, clock):
    client, _ = sign_in("ada")
    for _ in range(12 * 3):
        clock[0] += 20 * 60
        client.get("/")
    clock[0] += 60
    assert client.get("/").status_code == 302


def test_sessions_are_listed_and_the_others_ended(cast):
    here, _ = sign_in("ada")
    there, _ = sign_in("ada")
    here.get("/"), there.get("/")
    assert here.get("/accounts/sessions/").content.decode().count("127.0.0.1") == 2
    here.post("/accounts/sessions/")
    assert here.get("/").status_code == 200 and there.get("/").status_code == 302


# ---- one door ----------------------------------------------------------------------------------------------------------------


def test_the_admin_is_behind_the_same_door(cast):
    assert Client().get("/admin/").status_code == 302
    assert Client().get("/admin/login/").url.startswith(LOGIN)
    client, _ = sign_in("ada")
    assert client.get("/admin/login/").status_code == 403


def test_accounts_are_changed_only_after_the_password_was_given_again(cast, clock):
    cast.root.is_staff = cast.root.is_superuser = True
    cast.root.save()
    client, _ = sign_in("root")
    url = reverse("admin:profiles_user_change", args=[cast.ada.pk])
    confirm(client)
    assert client.get(url).status_code == 200
    clock[0] += 301
    answer = client.get(url)
    assert answer.status_code == 302 and answer.url.startswith("/accounts/reauthenticate/")
    client.post(answer.url, {"password": "a-long-password"})
    assert client.get(url).status_code == 200


@pytest.mark.parametrize(
    "page", ["mfa_index", "usersessions_list", "account_change_password", "mfa_activate_totp", "mfa_add_webauthn"]
)
def test_pages_of_the_own_account_wear_the_sites_look(cast, page):
    client, _ = sign_in("ada")
    confirm(client)
    content = client.get(reverse(page)).content.decode()
    assert 'aria-label="Your account"' in content and "Menu:" not in content

"""Signing in through the organisation's provider: a real one, in a process of its own."""

import http.cookiejar
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest
from django.conf import settings as live
from django.test import Client

from cdv_site import env
from profiles.models import AuditEvent, User
from tests import oidc_provider
from tests.cast import Cast

pytestmark = pytest.mark.django_db
CALLBACK = "http://testserver/accounts/oidc/organisation/login/callback/"
EMAIL = "ada@example.org"


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are looked at, not followed."""

    def redirect_request(self, *args: object) -> None:
        return None


@dataclass
class Provider:
    """The provider's address and a browser that visits it."""

    url: str

    def __post_init__(self) -> None:
        jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar), Stay)

    def visit(self, url: str, data: dict[str, str] | None = None) -> tuple[int, str, str]:
        """(status, Location, body)."""
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        try:
            answer = self.opener.open(urllib.parse.urljoin(self.url, url), body, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers.get("Location", ""), answer.read().decode()

    def sign_in(self) -> None:
        _, _, page = self.visit("/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        data = {"login": oidc_provider.PERSON, "password": oidc_provider.PASSWORD}
        status, _, _ = self.visit("/accounts/login/", data | ({"csrfmiddlewaretoken": token[1]} if token else {}))
        assert status == 302


@pytest.fixture(scope="module")
def provider(django_db_setup) -> Iterator[Provider]:
    name = f"oidc_{os.getpid()}"
    with psycopg.connect(django_db_setup.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {
        **os.environ, "PROVIDER_DATABASE_URL": django_db_setup.url_of(name),
        "PROVIDER_PORT": str(port), "PROVIDER_REDIRECT": CALLBACK, "PROVIDER_EMAIL": EMAIL,
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.oidc_provider"], env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    try:
        assert process.stdout.readline().strip() == b"ready"
        wait_for(port)
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        with psycopg.connect(django_db_setup.admin_url, autocommit=True) as admin:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def wait_for(port: int) -> None:
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise AssertionError("The provider does not answer.")


@pytest.fixture
def cast(provider, settings) -> Cast:
    app = {
        "provider_id": "organisation", "name": "Example Ltd", "client_id": oidc_provider.CLIENT,
        "secret": oidc_provider.SECRET, "settings": {"server_url": provider.url},
    }  # fmt: skip
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}}
    return Cast()


def go_through(provider: Provider) -> tuple[Client, object]:
    """From the sign-in page to the provider and back."""
    client = Client()
    assert "Sign in through Example Ltd" in client.get("/accounts/login/").content.decode()
    start = client.post("/accounts/oidc/organisation/login/")
    assert start.status_code == 302 and start.url.startswith(provider.url)
    status, back, page = provider.visit(start.url)
    assert (status, back.startswith(CALLBACK)) == (302, True), page[:500]
    return client, client.get(back.removeprefix("http://testserver"))


def test_whoever_has_an_account_here_comes_in_by_verified_email(cast, provider):
    User.objects.filter(pk=cast.ada.pk).update(email=EMAIL)
    provider.sign_in()
    client, answer = go_through(provider)
    assert (answer.status_code, answer.url) == (302, "/")
    assert client.get("/").context["user"] == cast.ada
    assert "socialaccount" in AuditEvent.objects.get(action="account.signed_in", actor_id=cast.ada.pk).detail["by"]


def test_the_second_factor_is_the_providers_affair(cast, provider, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    User.objects.filter(pk=cast.ada.pk).update(email=EMAIL)
    client, _ = go_through(provider)
    assert client.get("/customers/").status_code == 200


def test_whoever_has_no_account_here_stays_outside(cast, provider):
    before = User.objects.count()
    client, answer = go_through(provider)
    page = client.get(answer.url).content.decode() if answer.status_code == 302 else answer.content.decode()
    assert client.get("/").status_code == 302 and User.objects.count() == before
    assert "closed" in page.lower()


def test_settings_name_what_is_missing(monkeypatch):
    monkeypatch.setenv("OIDC_ISSUER", "https://sign-in.example")
    with pytest.raises(env.BadSetting, match="OIDC_CLIENT_ID and OIDC_CLIENT_SECRET"):
        env.single_sign_on()
    monkeypatch.setenv("OIDC_CLIENT_ID", "a")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "b")
    assert env.single_sign_on()["openid_connect"]["APPS"][0]["settings"] == {"server_url": "https://sign-in.example"}
    assert live.SOCIALACCOUNT_PROVIDERS == {}

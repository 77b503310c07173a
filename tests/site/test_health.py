"""Health pages, security headers and the readers of the environment."""

import pytest
from django.test import Client

from cdv_site import env


def test_liveness_needs_no_database(client: Client) -> None:
    assert client.get("/healthz").content == b"ok"


def test_readiness_tells_each_part(client: Client, db: None) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"database": "ok", "migrations": "ok", "broker": "ok"}


def test_absent_broker_does_not_close_the_site(client: Client, db: None, settings) -> None:
    settings.REDIS_URL = "redis+socket:///nowhere/redis.sock?virtual_host=0"
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["broker"] == "unreachable"


def test_scripts_and_styles_come_from_here_alone(client: Client) -> None:
    policy = client.get("/healthz")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy


def test_pages_of_a_signed_in_user_are_not_kept(client: Client, django_user_model, db: None) -> None:
    client.force_login(django_user_model.objects.create_user("anna"))
    assert client.get("/healthz")["Cache-Control"] == "no-store"


@pytest.mark.parametrize("url", ["mysql://host/name", "postgresql://host", "postgres:"])
def test_unusable_database_address_is_refused(url: str) -> None:
    with pytest.raises(env.BadSetting):
        env.database(url)


def test_database_address_is_read_with_escapes_and_socket() -> None:
    found = env.database("postgresql://a%40b:p%2Fw@/shop?host=/run/a%20dir&sslmode=disable")
    assert (found["USER"], found["PASSWORD"], found["NAME"], found["HOST"]) == ("a@b", "p/w", "shop", "/run/a dir")
    assert found["OPTIONS"]["sslmode"] == "disable"


def test_flag_that_is_neither_yes_nor_no_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CDV_DEBUG", "perhaps")
    with pytest.raises(env.BadSetting):
        env.flag("CDV_DEBUG")

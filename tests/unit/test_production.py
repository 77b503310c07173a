"""What a production site refuses to start with, one weakness at a time."""

from dataclasses import replace

import pytest

from cdv_site.production import Given, weaknesses
from profiles.keyring import new_key

KEY = "k3J-9dLqZ_x7Vw2NfT8sYb4Rm6Hc1Gp5Ua0EoXiKjQlSzDvBnWt"
KEYS = {name: new_key() for name in ("ENCRYPTION_KEYS", "DIGEST_KEYS")}
SOUND = Given(
    secret_key=KEY,
    database_urls=["postgresql://site:x@db.example:5432/cdv?sslmode=verify-full", "postgresql://cdv@/cdv?host=/run/pg"],
    redis_url="rediss://:x@broker.example:6379/0",
    allowed_hosts=["cdv.example"],
    trusted_origins=["https://cdv.example"],
    audit_key="x",
    keys=KEYS,
    email_host="mail.example",
)
WEAK = [
    ({"secret_key": "short"}, "SECRET_KEY must be"),
    ({"secret_key": "ab" * 40}, "SECRET_KEY must be"),
    ({"secret_key": f"django-insecure-{KEY}"}, "for development"),
    ({"audit_key": ""}, "AUDIT_SIGNING_KEY"),
    ({"keys": {**KEYS, "ENCRYPTION_KEYS": ""}}, "ENCRYPTION_KEYS is missing"),
    ({"keys": {**KEYS, "DIGEST_KEYS": ""}}, "DIGEST_KEYS is missing"),
    ({"keys": {**KEYS, "ENCRYPTION_KEYS": "1:c2hvcnQ="}}, "must be 32 bytes"),
    ({"debug": True}, "CDV_DEBUG"),
    ({"demo": True}, "CDV_DEMO"),
    ({"https": False}, "CDV_HTTPS"),
    ({"second_factor": False}, "CDV_SECOND_FACTOR"),
    ({"allowed_hosts": []}, "ALLOWED_HOSTS must name the host"),
    ({"allowed_hosts": ["cdv.example", "*"]}, "not a pattern"),
    ({"trusted_origins": ["http://cdv.example"]}, "CSRF_TRUSTED_ORIGINS"),
    ({"database_urls": ["postgresql://site@db.example/cdv"]}, "database on db.example"),
    ({"database_urls": ["postgresql://site@db.example/cdv?sslmode=require"]}, "database on db.example"),
    ({"database_urls": ["postgresql://site@/cdv?host=db.example"]}, "database on db.example"),
    ({"redis_url": "redis://broker.example/0"}, "broker on broker.example"),
    ({"email_tls": False}, "EMAIL_TLS"),
]
NEAR = [
    {"database_urls": ["postgresql://site@localhost/cdv"]},
    {"redis_url": "redis://127.0.0.1:6379/0"},
    {"redis_url": "redis+socket:///run/redis.sock?virtual_host=0"},
    {"redis_url": "redis://redis:6379/0", "private_hosts": ["redis"]},
    {"database_urls": ["postgresql://site@postgres/cdv"], "private_hosts": ["postgres"]},
]


def test_sound_settings_are_taken() -> None:
    assert weaknesses(SOUND) == []


@pytest.mark.parametrize(("change", "says"), WEAK, ids=[says for _, says in WEAK])
def test_each_weakness_is_told_alone(change: dict, says: str) -> None:
    (sentence,) = weaknesses(replace(SOUND, **change))
    assert says in sentence


@pytest.mark.parametrize("change", NEAR, ids=str)
def test_sockets_this_machine_and_private_hosts_need_no_tls(change: dict) -> None:
    assert weaknesses(replace(SOUND, **change)) == []

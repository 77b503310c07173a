"""Verbs about consent: what each prepares, and the audit events it writes."""

from collections.abc import Callable

from governance import consent, preferences
from governance import purposes as saved_purposes
from governance.models import Purpose
from tests.cast import Cast, record
from tests.governance.consenting import purposes


def statement(cast: Cast, **given: object) -> consent.Statement:
    purpose = Purpose.objects.first() or purposes()[0]
    base = {"purpose": purpose, "channel": "email", "act": "grant", "method": "written", "contact": "ada@post.example"}
    return consent.Statement(record_id=record(cast.shop, "1").pk, **{**base, **given})


def a_purpose(cast: Cast) -> Callable:
    purpose = purposes()[0]
    return lambda: saved_purposes.save(purpose=purpose, by=cast.ada)


def a_link(cast: Cast) -> Callable:
    given = {"record": record(cast.shop, "1"), "value": "ada@post.example", "base": "https://here.example"}
    return lambda: preferences.send_link(**given, by=cast.ada)


def agree(cast: Cast) -> Callable:
    said = statement(cast)
    return lambda: consent.record(said, by=cast.ada)


def agree_twice(cast: Cast) -> Callable:
    said = [statement(cast), statement(cast, act="object", contact="")]
    return lambda: consent.record_all(said, by=cast.ada)


VERBS: list[tuple[str, Callable, list[str]]] = [
    ("governance.purposes.save", a_purpose, ["purpose.saved"]),
    ("governance.preferences.send_link", a_link, ["preferences.link_sent"]),
    ("governance.consent.record", agree, ["consent.recorded"]),
    ("governance.consent.record_all", agree_twice, ["consent.recorded"] * 2),
]

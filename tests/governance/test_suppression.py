"""Suppression: whoever was erased does not come back with a file; others do, and so does who signs up anew."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance.models import SuppressionEntry
from governance.suppression import gate, lifting
from profiles import approvals
from profiles.models import AuditEvent, Batch, QuarantinedRow, SourceRecord
from tests.cast import Cast, profile_of, record, send, send_bytes
from tests.governance.erasing import erase

pytestmark = pytest.mark.django_db
NAMES = ("Robert Fenwick", "Margaret Ashdown", "William Thornbury", "Elizabeth Marchmont", "Katherine Oakwood")
NICK = ("Bob Fenwick", "Peggy Ashdown", "Bill Thornbury", "Liz Marchmont", "Kate Oakwood")
FIELDS = ("name", "mail", "tel", "born")


def person(n: int, names: tuple[str, ...] = NAMES) -> dict[str, str]:
    """Person number n, whose values nobody else has."""
    name = names[n % len(names)] + "abcdefghijklmnopqrstuvwxyz"[n // 5 % 26] + "aeiou"[n // 130 % 5]
    local = NAMES[n % len(NAMES)].split()[0].lower()
    return {
        "id": f"s{n}", "name": name, "mail": f"{local}.fen{n}@post.example", "tel": f"020 7946 {n:04d}",
        "born": f"19{40 + n % 50}-0{1 + n % 9}-1{n % 9}",
    }  # fmt: skip


def variants(n: int) -> list[tuple[str, dict[str, str]]]:
    """(source, row) of the same person as three systems send them again."""
    plain = person(n)
    nick = person(n, NICK)
    return [
        ("shop", {**plain, "mail": plain["mail"].upper()}),
        ("shop", {**plain, "id": f"new{n}", "mail": plain["mail"].replace(".", "", 1), "tel": ""}),
        ("crm", {**nick, "id": f"c{n}", "mail": "", "tel": f"+44 20 7946 {n:04d}"}),
        ("crm", {**plain, "id": f"d{n}", "name": plain["name"].upper(), "mail": f"<{plain['mail']}>", "tel": ""}),
        ("web", {**nick, "id": f"w{n}", "mail": plain["mail"].capitalize(), "tel": f"0044 (0)20 7946-{n:04d}"}),
        ("web", {"id": f"x{n}", "name": plain["name"], "mail": "", "tel": f"(020) 7946 {n:04d}"}),
    ]


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    cast.web = Cast._source("web", trust=10)
    from profiles import schema

    schema.publish(by=None)
    for user in (cast.ada, cast.root):
        user.groups.add(Group.objects.get(name="privacy officer"))
    return cast


def test_nobody_who_was_erased_comes_back(cast: Cast, long: bool) -> None:
    """Case, dots, +44 and 0, nicknames, three sources: nothing of it is stored, not even set aside."""
    count = 1_000 if long else 12
    send(cast.shop, *(person(n) for n in range(count)))
    assert SourceRecord.objects.count() == count
    for n in range(count):
        erase(profile_of(cast.shop, f"s{n}"), cast.ada, cast.root)
    for key in ("shop", "crm", "web"):
        rows = [row for n in range(count) for source, row in variants(n) if source == key]
        batch = send(getattr(cast, key), *rows, name=f"{key}.jsonl")
        assert (batch.received, batch.suppressed, batch.quarantined) == (len(rows), len(rows), 0), key
    assert SourceRecord.objects.exclude(state="erased").count() == 0 and not QuarantinedRow.objects.exists()


def test_rows_that_cannot_be_stored_are_looked_at_before_they_are_kept(cast: Cast) -> None:
    send(cast.shop, person(1))
    erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    broken = (
        b'{"name": "No Id", "mail": "margaret.fen1@post.example"}\n{"id": "z", "mail": "margaret.fen1@post.example", '
    )
    batch = send_bytes(cast.shop, broken + b'\n{"name": "Else"}', name="broken.jsonl")
    assert (batch.received, batch.suppressed, batch.quarantined) == (3, 2, 1)


def test_a_shared_phone_alone_is_asked_about_and_a_steward_lets_it_in(cast: Cast) -> None:
    send(cast.shop, person(1))
    erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    flatmate = {"id": "f1", "name": "Sam Flatmate", "tel": person(1)["tel"], "mail": "sam@flat.example"}
    batch = send(cast.shop, flatmate)
    assert (batch.accepted, batch.suppressed, batch.quarantined) == (0, 0, 1)
    client = Client()
    client.force_login(cast.ada)
    assert "Shares something" in client.get(reverse("governance:suppressed-rows")).content.decode()
    row = QuarantinedRow.objects.get()
    assert client.post(reverse("governance:clear-suppressed", args=[row.pk])).status_code == 302
    assert record(cast.shop, "f1").attributes["phone"]
    assert send(cast.shop, {**flatmate, "town": "Bath"}).accepted == 1, "now and from now on"
    assert AuditEvent.objects.filter(action="suppression.cleared").exists()


def test_somebody_here_already_may_go_on_sharing_and_others_do_not_notice(cast: Cast) -> None:
    both = {"tel": "020 7946 0555", "mail": "house@home.example"}
    send(cast.shop, {**person(1), **both}, {"id": "w", "name": "Wanda Marchmont", "born": "1950-01-02", **both})
    assert profile_of(cast.shop, "s1") != profile_of(cast.shop, "w")
    erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    batch = send(cast.shop, {"id": "w", "name": "Wanda Marchmont", "born": "1950-01-02", "town": "Bath", **both})
    assert (batch.accepted, batch.suppressed, batch.quarantined) == (1, 0, 0)
    batch = send(cast.shop, {"id": "n", "name": "Ned Marchmont", **both})
    assert (batch.accepted, batch.suppressed, batch.quarantined) == (0, 0, 1)
    assert not SuppressionEntry.objects.filter(kind="email", is_unique=True).exists()


def test_a_fresh_sign_up_with_consent_gets_a_new_id_and_a_lift(cast: Cast) -> None:
    send(cast.shop, person(1))
    before = profile_of(cast.shop, "s1").pk
    erasure = erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    cells = {**person(1), "id": "fresh"}
    given = {"source": cast.web, "cells": cells, "proof": "consent 17", "by": cast.ada}
    with pytest.raises(lifting.SignUpNotAllowed, match="older than the erasure"):
        lifting.sign_up(consented_at=erasure.started_at - timedelta(days=1), **given)
    batch = lifting.sign_up(consented_at=timezone.now(), **given)
    assert (batch.accepted, batch.suppressed) == (1, 0)
    send(cast.shop, {"id": "other", "name": "Else Where"})
    assert profile_of(cast.web, "fresh").pk != before
    lifted = AuditEvent.objects.get(action="suppression.lifted")
    assert lifted.detail["why"].startswith("Signed up again") and lifted.detail["proof"] == "consent 17"
    assert send(cast.shop, {"id": "s1", "name": "Robert", "mail": "x@y.example"}).suppressed == 1, (
        "its old id stays out"
    )


def test_a_mistake_is_lifted_by_two_people(cast: Cast) -> None:
    send(cast.shop, person(1))
    erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    client = Client()
    client.force_login(cast.ada)
    entry = SuppressionEntry.objects.first()
    page = client.get(reverse("governance:suppressions")).content.decode()
    assert entry.shown in page and "post.example" not in page
    client.post(reverse("governance:lift-suppression", args=[entry.pk]), {"reason": "Wrong person"})
    asked = approvals.Approval.objects.get(kind=lifting.LIFT)
    with pytest.raises(approvals.ApprovalNotAllowed, match="You asked for it"):
        approvals.approve(approval=asked, by=cast.ada)
    assert approvals.approve(approval=asked, by=cast.root).state == "approved"
    assert not SuppressionEntry.objects.in_force().exists()
    assert "Two persons" in client.get(reverse("governance:suppressions"), {"show": "lifted"}).content.decode()
    assert send(cast.shop, person(1)).accepted == 1


def test_with_nobody_erased_the_gate_asks_twice_and_nothing_else(cast: Cast, django_assert_num_queries: object) -> None:
    rows = [gate.GateRow("shop", str(n), {"email": [f"a{n}@b.example"]}) for n in range(50)]
    with django_assert_num_queries(2):
        assert all(ruling is gate.ALLOWED for ruling in gate.suppression(rows))
    send(cast.shop, person(1))
    erase(profile_of(cast.shop, "s1"), cast.ada, cast.root)
    with django_assert_num_queries(3):
        gate.suppression(rows)
    assert Batch.objects.exists()

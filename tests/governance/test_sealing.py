"""Seals: what was written stays provable; twelve ways of tampering at twenty places are all found."""

import json
import time
from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256

import psycopg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings as live
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from governance import merkle, sealing, signing
from governance.models import AuditSeal
from governance.verifying import verify
from profiles.models import AuditEvent
from tests.cast import Cast
from tests.databases import as_owner

PLACES = 20
SESSION_USER_AND_PERMISSIONS = 4


def write(count: int) -> None:
    """Each event in a transaction of its own."""
    for n in range(count):
        AuditEvent.objects.create(at=timezone.now(), action="customer.read", actor_name="ada", detail={"n": n})


def seal_all(monkeypatch: pytest.MonkeyPatch, size: int = 7, leaving: int = 0) -> None:
    """Seal, and wait while transactions of other databases on the server hold the horizon back."""
    monkeypatch.setattr(sealing, "SIZE", size)
    deadline = time.monotonic() + 60
    while sealing.count_waiting(AuditSeal.objects.last()) > leaving and time.monotonic() < deadline:
        if not sealing.seal_waiting():
            time.sleep(0.05)


def wait_for_horizon() -> None:
    """Until every transaction that ran while the events were written has ended, so that each seal takes its full size."""
    deadline = time.monotonic() + 60
    with connection.cursor() as cursor:
        while time.monotonic() < deadline:
            cursor.execute(
                "SELECT max(txid) < pg_snapshot_xmin(pg_current_snapshot())::text::bigint FROM profiles_auditevent"
            )
            if cursor.fetchone()[0]:
                return
            time.sleep(0.05)


def run(sql: str, params: object = None) -> None:
    """As somebody who owns the database and has switched its guards off."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(sql, params)
        cursor.execute("SET session_replication_role = origin")


@pytest.fixture
def sealed(fresh_database, monkeypatch, tmp_path, settings) -> list[str]:
    """140 events under 20 seals; their checkpoints."""
    settings.AUDIT_CHECKPOINTS = str(tmp_path / "checkpoints.jsonl")
    write(140)
    wait_for_horizon()
    seal_all(monkeypatch)
    return (tmp_path / "checkpoints.jsonl").read_text().splitlines()


def test_what_nobody_touched_is_sound(sealed):
    report = verify(sealed)
    assert report.findings == [] and (report.seals, report.events, report.unsealed) == (20, 140, 0)


# ---- twelve ways of tampering ------------------------------------------------------------------------------------------


def edit_detail(seal: AuditSeal) -> None:
    run("UPDATE profiles_auditevent SET detail = '{\"n\": -1}' WHERE id = %s", [seal.event_ids[3]])


def edit_actor(seal: AuditSeal) -> None:
    run("UPDATE profiles_auditevent SET actor_name = 'eve' WHERE id = %s", [seal.event_ids[0]])


def edit_time(seal: AuditSeal) -> None:
    run("UPDATE profiles_auditevent SET at = at + interval '1 microsecond' WHERE id = %s", [seal.event_ids[-1]])


def delete_event(seal: AuditSeal) -> None:
    run("DELETE FROM profiles_auditevent WHERE id = %s", [seal.event_ids[2]])


def insert_event(seal: AuditSeal) -> None:
    run(
        "INSERT INTO profiles_auditevent (id, at, actor_name, request_id, action, object_type, object_id, subject_ids,"
        " detail, outcome, txid) SELECT -id, at, 'eve', '', action, '', '', '{}', '{}', 'done', txid"
        " FROM profiles_auditevent WHERE id = %s",
        [seal.event_ids[4]],
    )


def swap_events(seal: AuditSeal) -> None:
    first, second = seal.event_ids[1:3]
    run("UPDATE profiles_auditevent SET id = -1 WHERE id = %s", [first])
    run("UPDATE profiles_auditevent SET id = %s WHERE id = %s", [first, second])
    run("UPDATE profiles_auditevent SET id = %s WHERE id = -1", [second])


def reorder_leaves(seal: AuditSeal) -> None:
    leaves = merkle.parted(bytes(seal.leaves))
    run(
        "UPDATE governance_auditseal SET leaves = %s, event_ids = %s WHERE number = %s",
        [merkle.joined(reversed(leaves)), seal.event_ids[::-1], seal.number],
    )


def cut_tail(seal: AuditSeal) -> None:
    """The seal and all after it, with their events: only what was kept outside can tell."""
    run("DELETE FROM profiles_auditevent WHERE id >= %s", [seal.event_ids[0]])
    run("DELETE FROM governance_auditseal WHERE number >= %s", [seal.number])


def delete_seal(seal: AuditSeal) -> None:
    run("DELETE FROM governance_auditseal WHERE number = %s", [seal.number])


def fork(seal: AuditSeal) -> None:
    """Events dropped and the chain made anew from there on, by somebody who stole the signing key."""
    run("DELETE FROM profiles_auditevent WHERE id = %s", [seal.event_ids[0]])
    run("DELETE FROM governance_auditseal WHERE number >= %s", [seal.number])
    while sealing.seal_next():
        pass


def edit_seal(seal: AuditSeal) -> None:
    """An event changed, and its leaf, root and digest with it; the signature cannot be made."""
    run("UPDATE profiles_auditevent SET actor_name = 'eve' WHERE id = %s", [seal.event_ids[0]])
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {sealing.CONTENT} FROM profiles_auditevent e WHERE id = %s", [seal.event_ids[0]])
        content = cursor.fetchone()[0].encode()
    leaves = [merkle.leaf(content), *merkle.parted(bytes(seal.leaves))[1:]]
    seal.leaves, seal.root = merkle.joined(leaves), merkle.root(leaves)
    seal.digest = sha256(seal.statement()).digest()
    put_back(seal)


def swap_key(seal: AuditSeal) -> None:
    """The same, signed with a key of the intruder's own."""
    own = Ed25519PrivateKey.generate()
    seal.key_id = signing.key_id_of(own.public_key())
    edit_seal(seal)
    seal.signature = own.sign(seal.statement())
    put_back(seal)


def put_back(seal: AuditSeal) -> None:
    run(
        "UPDATE governance_auditseal SET leaves = %s, root = %s, digest = %s, key_id = %s, signature = %s WHERE number = %s",
        [seal.leaves, seal.root, seal.digest, seal.key_id, seal.signature, seal.number],
    )


ATTACKS = [
    edit_detail, edit_actor, edit_time, delete_event, insert_event, swap_events, reorder_leaves, cut_tail, delete_seal,
    fork, edit_seal, swap_key,
]  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_tampering_is_found_wherever_it_happens(attack: Callable[[AuditSeal], None], sealed: list[str]):
    missed = []
    for number in range(1, PLACES + 1):
        with transaction.atomic():
            attack(AuditSeal.objects.get(number=number))
            report = verify(sealed)
            if not report.findings or not any(finding.seal in (number, number + 1) for finding in report.findings):
                missed.append(number)
            transaction.set_rollback(True)
    assert missed == []


# ---- sealing itself ------------------------------------------------------------------------------------------------------


def test_an_event_of_a_transaction_that_has_not_ended_waits_for_its_turn(fresh_database, monkeypatch):
    write(1)
    with psycopg.connect(_url()) as other:
        other.execute(
            "INSERT INTO profiles_auditevent (at, actor_name, request_id, action, object_type, object_id, subject_ids,"
            " detail, outcome) VALUES (now(), 'slow', '', 'customer.read', '', '', '{}', '{}', 'done')"
        )
        write(2)
        seal_all(monkeypatch, size=1000, leaving=2)
        assert [len(seal.event_ids) for seal in AuditSeal.objects.all()] == [1]
        other.commit()
    seal_all(monkeypatch, size=1000)
    assert [len(seal.event_ids) for seal in AuditSeal.objects.all()] == [1, 3]
    assert verify().findings == []


def _url() -> str:
    return psycopg.conninfo.make_conninfo(
        **{k: v for k, v in connection.get_connection_params().items() if k in ("dbname", "user", "host", "port")}
    )


def test_seals_refuse_change(sealed):
    for statement in ("UPDATE governance_auditseal SET number = number + 100", "DELETE FROM governance_auditseal"):
        with as_owner(), pytest.raises(Exception, match="append-only"), connection.cursor() as cursor:
            cursor.execute(statement)


def test_a_replaced_key_is_trusted_by_its_public_half(sealed, settings):
    old = signing.signer().private.public_key().public_bytes_raw()
    settings.AUDIT_SIGNING_KEY = signing.new_key()[0]
    assert any("not trusted" in finding.message for finding in verify().findings)
    settings.AUDIT_TRUSTED_KEYS = [b64encode(old).decode()]
    assert verify().findings == []


def test_an_event_put_in_with_an_old_date_is_found_once_it_is_sealed(sealed, monkeypatch):
    AuditEvent.objects.create(at=timezone.now() - timedelta(hours=1), action="customer.read", actor_name="eve")
    seal_all(monkeypatch)
    assert [finding.message for finding in verify().findings] == ["the event claims to be older than the seal before"]


def test_the_command_tells_and_fails(sealed, capsys):
    call_command("audit_verify")
    assert "140 events under 20 seals" in capsys.readouterr().out
    run("DELETE FROM profiles_auditevent WHERE id = %s", [AuditSeal.objects.get(number=5).event_ids[0]])
    with pytest.raises(CommandError, match="1 findings"):
        call_command("audit_verify")
    assert "seal 5" in capsys.readouterr().out


def test_the_page_shows_seals_and_what_waits_to_readers_of_the_audit_only(sealed, client, django_assert_num_queries):
    cast = Cast()
    client.force_login(cast.root)
    write(3)
    page = client.get("/audit/seals/").content.decode()
    assert "number 20" in page and AuditSeal.objects.get(number=20).key_id in page
    with django_assert_num_queries(
        SESSION_USER_AND_PERMISSIONS + 1 + 2
    ):  # is anything being rebuilt; the seals, and how many events wait
        client.get("/audit/seals/")
    client.force_login(cast.vera)
    assert client.get("/audit/seals/").status_code == 403


def test_checkpoints_hold_no_personal_data(sealed):
    assert set(json.loads(sealed[0])) == {"number", "at", "events", "key_id", "digest", "signature"}


def test_without_a_key_nothing_is_sealed(fresh_database, settings):
    settings.AUDIT_SIGNING_KEY = ""
    with pytest.raises(signing.NoSigningKey):
        sealing.seal_next()
    assert live.AUDIT_SIGNING_KEY == ""


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 9])
def test_a_root_depends_on_every_leaf_and_its_place(count):
    leaves = [merkle.leaf(bytes([n])) for n in range(count)]
    roots = {merkle.root(leaves)}
    for n in range(count):
        roots.add(merkle.root([*leaves[:n], merkle.leaf(b"other"), *leaves[n + 1 :]]))
    assert len(roots) == count + 1
    assert count < 2 or merkle.root(leaves[::-1]) not in roots

"""The canary: unique words in every kind of field of one person, through a whole life; after the erasure none is left."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import redis
from django.conf import settings
from django.contrib.auth.models import Group
from django.core.mail import get_connection, send_mail
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import claims, fulfilment, requests
from governance.claims import Claim
from governance.erasure.requests import clear_answered, erasure_of
from governance.models import PrivacyRequest, RequestAttachment
from matching import constraints, identity, review, undo
from matching.models import CannotLink
from profiles import approvals, corrections, flags
from profiles.models import Flag, Mark, QuarantinedRow, SourceRecord
from tests.cast import Cast, profile_of, record, send, send_bytes
from tests.governance.erasing import work_off

pytestmark = pytest.mark.django_db
ROW = {
    "id": "canary01", "name": "Canarytwo Canarythree", "mail": "canary04@canary.example", "tel": "020 7946 0705",
    "born": "1906-06-06", "addr": "7 Canaryseven Street", "zip": "E8 8CY", "town": "Canaryninetown", "card": "CANARY10",
    "nid": "CANARY11NID", "notes": "canary12",
}  # fmt: skip
LATER = {**ROW, "mail": "canary13@canary.example", "town": "Canaryfourteentown", "notes": "canary15", "v": "2"}
OTHER = {
    "id": "canary16", "name": "Canarytwo Canarythree", "mail": "canary13@canary.example", "born": "1906-06-06",
    "tel": "020 7946 0717", "addr": "18 Canaryeighteen Road", "zip": "N1 9CY", "town": "Canarytwentytown",
    "nid": "CANARY11NID", "notes": "canary21",
}  # fmt: skip
# what each value is looked for by, however it was standardised; lower case
CANARIES = (
    "canary01", "canarytwo", "canarythree", "canary04", "79460705", "1906-06-06", "canaryseven", "8cy", "canarynine",
    "canary10", "canary11", "canary12", "canary13", "canaryfourteen", "canary15", "canary16", "79460717",
    "canaryeighteen", "9cy", "canarytwentytown", "canary21", "canary22", "canary23", "canary24", "canary25", "canary26",
    "canary27", "canary28", "canary29", "canary30", "canary31", "canary32", "canary33", "canary34", "canary35", "canary36",
    "canary37", "canary38", "canary39", "canary40",
)  # fmt: skip
# of rows as sent, and of sensitive fields: sealed from the beginning
SEALED = {"canary12", "canary15", "canary21", "canary36", "1906-06-06", "canary11"}


@pytest.fixture
def outside(tmp_path: Path, settings: object) -> Iterator[Path]:
    """Everything outside the database lies here: uploads, mail, the ledger of erasures."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    settings.EMAIL_FILE_PATH = str(tmp_path / "outbox")
    settings.ERASURE_LEDGER = str(tmp_path / "ledger.jsonl")
    yield tmp_path


def neighbour(n: int) -> dict[str, str]:
    letters = "".join(chr(97 + n // 26**k % 26) for k in range(4))
    return {
        "id": f"n{n}", "name": f"Nora{letters} Neighbour{letters}", "mail": f"nora{n}@neighbour.example",
        "tel": f"0131 4{n % 90 + 10} {n % 9000 + 1000}", "town": "Leith",
    }  # fmt: skip


def live(cast: Cast) -> None:
    """Ingest, change, join, correct, flag, merge, split, undo, decide, set aside."""
    ada = cast.ada
    send(cast.shop, ROW, *({"id": f"t{n}", "name": f"Third{n} Person{n}"} for n in range(3)))
    send(cast.shop, LATER, name="later.jsonl")
    send(cast.crm, OTHER)
    mine = record(cast.shop, "canary01")
    person, thirds = profile_of(cast.shop, "canary01"), [profile_of(cast.shop, f"t{n}") for n in range(3)]
    assert profile_of(cast.crm, "canary16") == person
    corrections.correct(record=mine, field="city", values=["Canary22 City"], reason="canary23", by=ada)
    released = corrections.correct(record=mine, field="street", values=["Canary24 Lane"], reason="canary25", by=ada)
    corrections.release(correction=released, by=ada)
    shown = flags.values_shown(mine, "city")[0]
    flag = flags.flag(record=mine, field="city", value=shown, note="canary26 and canary27", by=ada)
    flags.answer(flag=flag, outcome=Flag.Outcome.RIGHT, text="canary28", by=ada)
    identity.merge(survivor=person.id, losers=[thirds[0].id], by=ada, reason="canary29")
    identity.split(profile=person.id, record_ids=[record(cast.shop, "t0").pk], by=ada, reason="canary30")
    merged = identity.merge(survivor=person.id, losers=[thirds[1].id], by=ada, reason="canary31")
    undo.undo(operation=merged, by=ada, reason="canary32")
    review.compare_decide(left=person.id, right=thirds[2].id, verdict="not_same", by=ada, reason="canary33")
    link = CannotLink.objects.filter(decision__reason="canary33").get()
    constraints.revoke(cannot_link=link, by=ada, reason="canary34")
    Mark.objects.create(record=mine, kind="restricted", reason="canary35", since=timezone.now(), until=timezone.now())
    send_bytes(cast.shop, b'{"name": "Canary36", "mail": "canary13@canary.example"}', name="bad.jsonl")
    assert QuarantinedRow.objects.count() == 1
    mail = get_connection("django.core.mail.backends.filebased.EmailBackend", file_path=settings.EMAIL_FILE_PATH)
    send_mail("Canary37", "canary37", "us@site.example", ["canary13@canary.example"], connection=mail)
    client = Client()
    client.force_login(cast.root)
    for query in ("canary13@canary.example", "Canarythree"):
        client.get(reverse("profiles:customers"), {"q": query})
    client.get(reverse("profiles:customer", args=[person.pk]))


def ask(cast: Cast) -> PrivacyRequest:
    """The person asks to be erased, in writing, with a passport."""
    request = requests.receive(kind="deletion", door="steward", regime="eu", by=cast.ada)
    claims.seal(request, Claim(message="canary38"))
    PrivacyRequest.objects.filter(pk=request.pk).update(claim=request.claim, claim_digest="canary38")
    RequestAttachment.objects.create(
        request=request, purpose="identity", name="canary39.pdf", sealed=b"canary39", content_type="application/pdf",
        size=8, added_by=cast.ada,
    )  # fmt: skip
    request = requests.verify(request=request, profile=profile_of(cast.shop, "canary01"), how="staff", by=cast.ada)
    return fulfilment.ask(request=request, by=cast.ada, reason="canary40")


def test_no_canary_is_left_and_nobody_else_is_touched(
    outside: Path, long: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="profiles")
    assert len(set(CANARIES)) == 40
    cast = Cast()
    for user in (cast.ada, cast.root):
        user.groups.add(Group.objects.get(name="privacy officer"))
    send(cast.shop, *(neighbour(n) for n in range(10_000 if long else 60)), name="neighbours.jsonl")
    live(cast)
    request = ask(cast)
    held = dump(outside)
    hidden = {canary for canary in CANARIES if canary not in held}
    assert hidden <= SEALED, "all that is not sealed is there"
    before = others()
    approvals.approve(
        approval=approvals.Approval.objects.awaiting().get(kind=requests.PLAN),
        by=cast.root,
        answer="Done, canary40",
    )
    work_off(erasure_of(request))
    request.refresh_from_db()
    assert request.state == "fulfilled"
    clear_answered()
    left = dump(outside) + caplog.text.lower()
    assert [canary for canary in CANARIES if canary in left or canary.encode().hex() in left] == []
    assert others() == before
    assert len(before) >= (10_000 if long else 60)


def dump(outside: Path) -> str:
    """All tables, Redis, and every file, in small letters; bytes as hexadecimal digits and as text."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT quote_ident(table_schema) || '.' || quote_ident(table_name) FROM information_schema.tables"
            " WHERE table_type = 'BASE TABLE' AND table_schema NOT IN ('pg_catalog', 'information_schema')"
        )
        for (table,) in cursor.fetchall():
            with cursor.copy(f"COPY {table} TO STDOUT") as copy:
                found.append(b"".join(map(bytes, copy)).decode())
    address = urlsplit(settings.REDIS_URL)
    number = int(parse_qs(address.query)["virtual_host"][0])
    broker = redis.Redis(unix_socket_path=address.path, db=number)
    for key in broker.scan_iter():
        found.append(f"{key!r} {broker.dump(key)!r}")
    for path in outside.rglob("*"):
        if path.is_file():
            found.append(f"{path.name} {path.read_bytes().decode(errors='replace')}")
    return "\n".join(found).lower()


def others() -> dict[int, str]:
    """A hash of everything about each record that is not the person's."""
    rows = SourceRecord.objects.exclude(external_id__in=["canary01", "canary16"]).exclude(state="erased")
    values = rows.order_by("id").values_list(
        "id", "external_id", "state", "payload", "payload_hash", "attributes", "problems", "revision", "updated_at",
        "membership__profile_id", "membership__link_class", "membership__profile__version", "membership__profile__state",
    )  # fmt: skip
    return {row[0]: hashlib.sha256(repr([_plain(value) for value in row]).encode()).hexdigest() for row in values}


def _plain(value: object) -> object:
    return bytes(value) if isinstance(value, memoryview) else value

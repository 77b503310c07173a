"""The audit on screens: search, who saw a person under whatever id, what a user did; never a value."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import audit_reading as reading
from governance import sealing
from matching import identity
from profiles.models import AuditEvent, IdentityOperation, Profile
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    """Two customers of the shop and one of the CRM."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"}, {"id": "2", "name": "Cy Day"})
    send(cast.crm, {"id": "9", "name": "Emmy Noether"})
    return cast


def client_of(user: object) -> Client:
    client = Client()
    client.force_login(user)
    return client


def seen(profile: Profile, who: str, at: timezone.datetime, action: str = "customer.read") -> None:
    AuditEvent.objects.create(at=at, actor_name=who, action=action, subject_ids=[profile.id])


def readers(profile: Profile, what: str = "reads") -> set[str]:
    rows = reading.about(reading.person(profile.id))
    rows = rows.filter(action__in=reading.reads()) if what == "reads" else rows
    return {line["actor_name"] for line in reading.by_reader(rows) if line["actor_name"].startswith("r")}


def test_who_saw_a_person_follows_the_records_through_merge_and_split(cast: Cast) -> None:
    ada, cy = profile_of(cast.shop, "1"), profile_of(cast.shop, "2")
    start, minute = timezone.now(), timedelta(minutes=1)
    seen(ada, "r-ada-before", start - minute)
    seen(cy, "r-cy-before", start - minute)
    identity.merge(survivor=ada.id, losers=[cy.id], by=cast.ada, reason="r")
    seen(ada, "r-both", timezone.now())
    seen(ada, "r-acted", timezone.now(), action="record.corrected")
    assert readers(ada) == readers(cy) == {"r-ada-before", "r-cy-before", "r-both"}
    assert "r-acted" in readers(ada, "everything")
    split = identity.split(profile=ada.id, record_ids=[record(cast.shop, "2").id], by=cast.ada, reason="r")
    off = profile_of(cast.shop, "2")
    assert off.id != ada.id and IdentityOperation.objects.get(pk=split.pk)
    later = timezone.now() + minute
    seen(ada, "r-ada-after", later)
    seen(off, "r-cy-after", later)
    assert readers(ada) == {"r-ada-before", "r-both", "r-ada-after"}
    assert readers(off) == {"r-cy-before", "r-both", "r-cy-after"}


def test_a_merged_id_leads_to_the_person_and_an_unknown_one_to_nobody(cast: Cast) -> None:
    ada, cy = profile_of(cast.shop, "1"), profile_of(cast.shop, "2")
    identity.merge(survivor=ada.id, losers=[cy.id], by=cast.ada, reason="r")
    root = client_of(cast.root)
    page = root.get(reverse("governance:audit-person"), {"customer": cy.id, "what": "reads"}).content.decode()
    assert str(ada.id) in page and "was merged" in page
    asked = AuditEvent.objects.filter(action="audit.person_asked").latest("id")
    assert (asked.actor_name, asked.subject_ids) == ("root", [cy.id])
    assert "No such customer" in root.get(reverse("governance:audit-person"), {"customer": uuid4()}).content.decode()


def test_search_narrows_by_each_field(cast: Cast) -> None:
    ada, long_ago = profile_of(cast.shop, "1"), timezone.now() - timedelta(days=40)
    client_of(cast.ada).get(reverse("profiles:customer", args=[ada.pk]))
    AuditEvent.objects.create(
        at=long_ago, actor_name="gone", action="account.refused", outcome="refused", request_id="req-12345678"
    )
    day = (timezone.now() - timedelta(days=30)).date().isoformat()
    for given, actions in (
        ({"actor": "ADA"}, {"customer.read"}),
        ({"actor": "gone"}, {"account.refused"}),
        ({"action": "customer.read"}, {"customer.read"}),
        ({"what": "reads"}, {"customer.read"}),
        ({"subject": ada.id, "what": "reads"}, {"customer.read"}),
        ({"kind": "profiles.profile", "object": ada.id}, {"customer.read"}),
        ({"outcome": "refused"}, {"account.refused"}),
        ({"until": day}, {"account.refused"}),
        ({"since": day, "outcome": "refused"}, set()),
        ({"request": "req-12345678"}, {"account.refused"}),
        ({"subject": "not an id"}, set()),
    ):
        shown = client_of(cast.root).get(reverse("governance:audit"), given).context["events"]
        assert {event.action for event, _ in shown} - {"account.signed_in"} == actions, given


def test_pages_go_on_behind_the_last_event(cast: Cast) -> None:
    for n in range(reading.PAGE + 3):
        seen(profile_of(cast.shop, "1"), f"r{n}", timezone.now())
    root, url = client_of(cast.root), reverse("governance:audit")
    first = root.get(url, {"action": "customer.read"}).context
    second = root.get(url + first["next"]).context
    assert (len(first["events"]), len(second["events"]), second["next"]) == (reading.PAGE, 3, "")
    assert {e.id for e, _ in first["events"]}.isdisjoint(e.id for e, _ in second["events"])


def test_the_pages_tell_metadata_and_never_a_value(cast: Cast) -> None:
    ada = profile_of(cast.shop, "1")
    client_of(cast.ada).get(reverse("profiles:customers"), {"q": "Byron"})
    client_of(cast.ada).get(reverse("profiles:customer", args=[ada.pk]))
    root = client_of(cast.root)
    event = AuditEvent.objects.filter(action="customer.read").latest("id")
    pages = [
        root.get(reverse("governance:audit")),
        root.get(reverse("governance:audit-event", args=[event.pk])),
        root.get(reverse("governance:audit-person"), {"customer": ada.id, "what": "reads"}),
        root.get(reverse("governance:audit-user"), {"user": "ada"}),
    ]
    for page in pages:
        text = page.content.decode()
        assert page.status_code == 200 and "Opened a customer" in text
        assert "Byron" not in text and "post.example" not in text
    assert "waits for one" in pages[1].content.decode()
    kinds = {kind["action"]: kind for kind in pages[3].context["kinds"]}
    assert (kinds["customer.read"]["times"], kinds["customer.read"]["people"]) == (1, 1)


def test_an_event_names_its_seal(cast: Cast) -> None:
    event = AuditEvent.objects.earliest("id")
    seal = sealing._make([sealing.Waiting(event.id, event.txid, "x")], None, 1, sealing.signer())
    page = client_of(cast.root).get(reverse("governance:audit-event", args=[event.pk])).content.decode()
    assert f"number {seal.number}," in page


def test_an_export_holds_what_the_search_holds_and_no_formula(cast: Cast) -> None:
    for who in ("=HYPERLINK(1)", "ada"):
        AuditEvent.objects.create(at=timezone.now(), actor_name=who, action="account.refused", outcome="refused")
    root, url = client_of(cast.root), reverse("governance:audit-export")
    assert root.get(url).url.startswith("/accounts/reauthenticate/")
    root.post("/accounts/reauthenticate/", {"password": "a-long-password"})
    told = list(csv.DictReader(io.StringIO(root.get(url, {"outcome": "refused"}).content.decode("utf-8-sig"))))
    assert [(row["who"], row["event"]) for row in told] == [
        ("ada", "account.refused"),
        ("'=HYPERLINK(1)", "account.refused"),
    ]
    assert AuditEvent.objects.get(action="audit.exported").detail == {"events": 2}


def test_an_export_ends_at_the_newest_1000_and_the_page_says_so(cast: Cast) -> None:
    now = timezone.now()
    AuditEvent.objects.bulk_create(
        AuditEvent(at=now, actor_name=f"n{n}", action="account.refused", outcome="refused") for n in range(1_001)
    )
    root = client_of(cast.root)
    assert "newest 1,000" in root.get(reverse("governance:audit")).content.decode()
    root.post("/accounts/reauthenticate/", {"password": "a-long-password"})
    told = root.get(reverse("governance:audit-export"), {"outcome": "refused"}).content.decode("utf-8-sig")
    names = [row["who"] for row in csv.DictReader(io.StringIO(told))]
    assert names == [f"n{n}" for n in range(1_000, 0, -1)]


@pytest.mark.parametrize("name", ["audit", "audit-person", "audit-user", "audit-export", "seals"])
def test_others_may_not_read_the_audit(cast: Cast, name: str) -> None:
    assert client_of(cast.vera).get(reverse(f"governance:{name}")).status_code == 403

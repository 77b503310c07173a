"""Who was exposed to an account: as the customers of today, with how often, in what, and which kinds of data."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from governance import exposure
from matching import identity
from profiles.models import AuditEvent, Profile
from profiles.schema import published
from tests.cast import Cast, profile_of, record, send

pytestmark = pytest.mark.django_db


def test_people_are_found_as_they_are_today_with_what_was_shown() -> None:
    cast, start, minute = Cast(), timezone.now(), timedelta(minutes=1)
    send(
        cast.shop,
        *({"id": str(n), "name": name} for n, name in enumerate(("Ada Byron", "Cy Day", "Emmy Noether", "Ida Rhodes"))),
    )
    ada, cy, emmy, ida = (profile_of(cast.shop, str(n)) for n in range(4))
    gone = uuid4()

    def seen(at: timezone.datetime, *people: Profile, action: str = "customer.read", by: object = cast.vera) -> None:
        AuditEvent.objects.create(
            at=at,
            actor_id=by.pk,
            actor_name=by.username,
            action=action,
            subject_ids=[getattr(p, "pk", p) for p in people],
        )

    seen(start - 3 * minute, ada)
    seen(start - 2 * minute, ada, cy, action="customer.searched")
    seen(start - 2 * minute, emmy, action="record.corrected")  # an act is no read
    seen(start - 2 * minute, emmy, by=cast.ada)
    seen(start - 2 * minute, gone)
    identity.merge(survivor=ada.id, losers=[cy.id], by=cast.ada, reason="r")
    identity.split(profile=ada.id, record_ids=[record(cast.shop, "0").id], by=cast.ada, reason="r")
    seen(timezone.now() + minute, ida)
    one, two = profile_of(cast.shop, "0").id, profile_of(cast.shop, "1").id
    assert one != two

    found = {line.person: line for line in exposure.exposed_to("vera", None, None)}
    assert {person: line.times for person, line in found.items()} == {one: 2, two: 1, ida.id: 1, gone: 1}
    assert found[one].actions == ("customer.read", "customer.searched")
    narrowed = exposure.exposed_to("VERA", start - 2.5 * minute, start)
    assert {line.person for line in narrowed} == {one, two, gone}
    events = {kind.title: kind.people for kind in exposure.by_event(found.values())}
    assert events == {"Opened a customer": 3, "Saw customers in a search (… hits)": 2}
    data = {kind.title: (kind.people, kind.sensitivity) for kind in exposure.by_data(found.values(), published())}
    assert data["Family name"] == (3, "personal")

    client = Client()
    client.force_login(cast.root)
    page = client.get(reverse("governance:exposure"), {"user": "vera"}).content.decode()
    assert "4 people were shown" in page and str(one) in page and "Byron" not in page
    asked = AuditEvent.objects.get(action="audit.exposure_asked")
    assert (asked.actor_name, asked.detail) == ("root", {"user": "vera", "people": 4})
    assert "shown nobody" in client.get(reverse("governance:exposure"), {"user": "eve"}).content.decode()
    away = client.get(reverse("governance:export-exposure"), {"user": "vera"})
    assert (away.status_code, "reauthenticate" in away.url) == (302, True)
    client.post(away.url, {"password": "a-long-password"})
    response = client.get(reverse("governance:export-exposure"), {"user": "vera"})
    rows = list(csv.reader(io.StringIO(b"".join(response.streaming_content).decode("utf-8-sig"))))
    assert {row[0] for row in rows[1:]} == {str(person) for person in found}
    assert AuditEvent.objects.get(action="audit.exposure_exported").detail["people"] == 4

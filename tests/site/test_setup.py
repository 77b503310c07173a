"""Set-up in the admin: a draft is edited, a publication freezes it."""

import pytest
from django.test import Client
from django.urls import reverse

from profiles import schema
from profiles.models import BlockedValue
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    cast = Cast()
    cast.root.is_staff = True
    cast.root.save()
    client = Client()
    client.force_login(cast.root)
    return client


@pytest.mark.parametrize("model", ["source", "canonicalfield", "blockedvalue", "schemaversion"])
def test_the_lists_of_the_set_up_open(client: Client, model: str) -> None:
    assert client.get(reverse(f"admin:profiles_{model}_changelist")).status_code == 200


def test_a_draft_is_in_force_when_published(client: Client) -> None:
    client.post(reverse("admin:profiles_blockedvalue_add"), {"field": "email", "pattern": "x@y.example", "note": ""})
    assert BlockedValue.objects.filter(pattern="x@y.example").exists()
    before = schema.published()
    assert ("email", "x@y.example", False) not in before.blocked
    assert client.post(reverse("admin:profiles_schemaversion_add"), {"note": "block it"}).status_code == 302
    after = schema.published()
    assert after.number == before.number + 1
    assert ("email", "x@y.example", False) in after.blocked

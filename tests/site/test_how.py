"""How the records of a customer came together: path by path, from what the reader may see."""

import pytest
from django.test import Client

from matching import identity
from tests.cast import Cast, profile_of, send

pytestmark = pytest.mark.django_db

MAIL = {"name": "Ada Byron", "mail": "ada@post.example"}
PHONE = {"name": "Ada Byron", "tel": "020 7946 0011", "born": "1815-12-10"}


@pytest.fixture
def cast() -> Cast:
    """Two records that only a third one, of another source, connects."""
    cast = Cast()
    send(cast.shop, {"id": "mail", **MAIL})
    send(cast.crm, {"id": "both", **MAIL, **PHONE})
    send(cast.shop, {"id": "phone", **PHONE})
    return cast


def panel(cast: Cast, who: object, profile: object) -> str:
    client = Client()
    client.force_login(who)
    page = client.get(f"/customers/{profile.pk}/links/").content.decode()
    assert f"/customers/{profile.pk}/how/" in page
    return client.get(f"/customers/{profile.pk}/how/").content.decode()


def test_the_path_names_the_links_without_which_a_customer_falls_apart(cast: Cast) -> None:
    found = panel(cast, cast.ada, profile_of(cast.crm, "both"))
    assert found.count("Without this link the customer would fall into two") == 2
    assert "Each record is connected" in found
    assert "same e-mail" in found.lower() and "same phone" in found.lower()


def test_what_a_person_joined_is_told_as_such(cast: Cast) -> None:
    send(cast.shop, {"id": "other", "name": "Grace Hopper", "born": "1906-12-09"})
    identity.merge(
        survivor=profile_of(cast.crm, "both").id, losers=[profile_of(cast.shop, "other").id], by=cast.ada, reason="seen"
    )
    found = panel(cast, cast.ada, profile_of(cast.crm, "both"))
    assert "a person joined them" in found and "Not certain by itself" in found
    assert "What speaks against it" in found


def test_of_other_sources_nothing_is_told(cast: Cast) -> None:
    found = panel(cast, cast.bob, profile_of(cast.crm, "both"))
    assert "Crm" not in found and "fall into two" not in found

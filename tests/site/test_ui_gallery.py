"""The gallery shows every component, and what it shows can be reached, read and named by everyone."""

import re
from collections import Counter
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory
from django.urls import reverse
from django_htmx.middleware import HtmxDetails

from cdv_site import gallery
from profiles.models import User

pytestmark = pytest.mark.django_db  # every page asks whether something is being rebuilt


class Elements(HTMLParser):
    """Every element with its attributes, in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))


def visit(user: object) -> object:
    request = RequestFactory().get("/ui/")
    request.user, request.htmx = user, HtmxDetails(request)
    return gallery.gallery(request)


@pytest.fixture
def page() -> str:
    return visit(User(username="root", first_name="Ruth", last_name="Root", is_superuser=True)).content.decode()


def test_the_gallery_is_for_those_signed_in() -> None:
    assert visit(AnonymousUser()).status_code == 302


@pytest.mark.parametrize(
    "marker",
    ["page-header", "crumbs", "chip-ok", "chip-bad", "chip-record", "waterfall", "compare", "lineage", "meter", "sparkline",
     "bar-list", "progress-line", "timeline", "tabs", "pager", "filters", "errorlist", "confirm", "empty", "stat-tile",
     "definitions", "alert-danger", "avatar-initials", "data-copy"],
)  # fmt: skip
def test_each_component_is_shown(page: str, marker: str) -> None:
    assert re.search(rf"[\s\"]{marker}[\s\"=]", page)


def test_ids_are_unique_and_labels_lead_to_fields(page: str) -> None:
    elements = Elements(page).found
    ids = Counter(attrs["id"] for _, attrs in elements if "id" in attrs)
    assert [name for name, n in ids.items() if n > 1] == []
    assert [
        attrs["for"] for tag, attrs in elements if tag == "label" and "for" in attrs and attrs["for"] not in ids
    ] == []
    described = {name for _, attrs in elements for name in attrs.get("aria-describedby", "").split()}
    assert described <= set(ids)


def test_there_is_one_main_heading_and_one_place_for_messages(page: str) -> None:
    elements = Elements(page).found
    assert sum(tag == "h1" for tag, _ in elements) == 1
    assert [attrs["role"] for _, attrs in elements if attrs.get("id") == "messages"] == ["status"]
    assert ("a", {"class": "skip-link", "href": "#content"}) in elements


def test_buttons_say_what_they_are_and_do(page: str) -> None:
    assert [attrs for tag, attrs in Elements(page).found if tag == "button" and "type" not in attrs] == []


@pytest.mark.django_db
def test_the_sign_in_names_its_fields_and_keeps_the_name_after_a_mistake(client: object) -> None:
    answer = client.post(reverse("account_login"), {"login": "ada", "password": "wrong"}).content.decode()
    assert 'value="ada"' in answer
    assert 'role="alert"' in answer

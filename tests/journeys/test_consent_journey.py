"""Consent in a real browser: edited, merged, split, and shown right each time; then by the person's own link, without scripts."""

import re

import pytest
from django.db import connection
from playwright.sync_api import Page, expect

from governance import preferences
from matching import identity
from profiles.context import acting, actor_of
from tests.cast import Cast, profile_of, record, send
from tests.governance.consenting import purposes
from tests.journeys.browser import open_page, sign_in

PATIENCE = 30_000
CHANGE = re.compile(r"change\s*: Newsletter, E-mail")
MAIL, OTHER = "ada@post.example", "augusta@king.example"


@pytest.fixture
def cast(web: object, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setenv(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "yes"
    )  # the browser's loop runs in this thread and asks no database
    made = Cast()
    send(made.shop, {"id": "1", "name": "Ada Byron", "mail": MAIL})
    send(made.crm, {"id": "8", "name": "Augusta King", "mail": OTHER})
    purposes()
    return made


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_consent_is_edited_merged_split_and_shown_right_each_time(cast: Cast, web: object, javascript: bool) -> None:
    for page in open_page(web.url, javascript=javascript):
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        sign_in(page, "ada")
        edit(page, cast)
        look_at_the_merge(page, cast)
        merge_and_split(page, cast)
        by_their_own_link(page, cast)
        connection.close()  # the loop's own; the database is renewed behind it


def consent_of(page: Page, cast: Cast, external_id: str = "1") -> None:
    source = cast.shop if external_id == "1" else cast.crm
    page.goto(f"/customers/{profile_of(source, external_id).pk}/consent/")


def write_down(page: Page, act: str, value: str, proof: str) -> None:
    page.get_by_label("What they said").select_option(label=act)
    page.get_by_label("For which value").select_option(label=value)
    page.get_by_label("How they said it").select_option(label="By word of mouth")
    page.get_by_label("Proof").fill(proof)
    page.get_by_label("Why you write it down").fill("they rang")
    page.get_by_role("button", name="Write down").click()
    expect(page.get_by_text("It counts from now on")).to_be_visible()


def edit(page: Page, cast: Cast) -> None:
    """Ada agrees to the newsletter at her address; Augusta objects to it as a person."""
    consent_of(page, cast)
    expect(page.get_by_text("Never asked").first).to_be_visible()
    page.get_by_role("link", name=CHANGE).click()
    write_down(page, "Agreed: for this value", MAIL, "call 7")
    expect(page.get_by_text("Proof: call 7")).to_be_visible()
    consent_of(page, cast, "8")
    page.get_by_role("link", name=CHANGE).click()
    write_down(page, "Objected: for the whole person", "The whole person", "call 8")
    expect(page.get_by_text("Denied")).to_be_visible()


def look_at_the_merge(page: Page, cast: Cast) -> None:
    """The pair says what a merge would make of it: a no for both addresses."""
    left, right = profile_of(cast.shop, "1").pk, profile_of(cast.crm, "8").pk
    page.goto(f"/customers/{left}/consent/preview/?with={right}")
    expect(page.get_by_text("Denied")).to_have_count(3)
    expect(page.get_by_text("Agreed")).to_have_count(1)


def merge_and_split(page: Page, cast: Cast) -> None:
    """After the merge it is a no; after the split it stays one for both."""
    kept, lost = profile_of(cast.shop, "1"), profile_of(cast.crm, "8")
    with acting(actor_of(cast.ada)):
        identity.merge(survivor=kept.id, losers=[lost.id], by=cast.ada, reason="married")
    consent_of(page, cast)
    expect(page.get_by_text("Agreed")).to_have_count(0)
    page.goto(f"/customers/{kept.pk}/split/")
    page.get_by_label("Crm 8", exact=True).check()
    page.get_by_label("Reason").fill("two people after all")
    page.get_by_role("button", name="Split", exact=True).click()
    expect(page.get_by_text("It can be undone at any time")).to_be_visible()
    consent_of(page, cast, "8")
    expect(page.get_by_text("Denied").first).to_be_visible()
    consent_of(page, cast)
    expect(page.get_by_text("Denied").first).to_be_visible()
    page.get_by_role("link", name=CHANGE).click()
    expect(page.get_by_text("Carried along")).to_be_visible()


def by_their_own_link(page: Page, cast: Cast) -> None:
    """The person agrees again by their link, which lifts it for their address, and ends everything in one click."""
    token = preferences.token_for(record(cast.shop, "1").pk, "email", MAIL)
    page.goto(f"/preferences/{token}/")
    expect(page.get_by_text("a•••@p•••.example")).to_be_visible()
    page.get_by_role("button", name=re.compile(r"Switch on\s*: Newsletter, E-mail")).click()
    expect(page.get_by_text("Saved")).to_be_visible()
    consent_of(page, cast)
    expect(page.get_by_text("Agreed").first).to_be_visible()
    page.goto(f"/preferences/{token}/")
    page.get_by_role("button", name="Switch everything off").click()
    expect(page.get_by_role("button", name=re.compile("Switch off"))).to_have_count(0)
    consent_of(page, cast)
    expect(page.get_by_text("Agreed")).to_have_count(0)

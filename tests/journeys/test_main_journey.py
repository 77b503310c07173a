"""The main job in a real browser, with JavaScript and without: upload, watch, review, merge, undo, split, lineage, audit."""

import re

import pytest
from playwright.sync_api import Error, Page, expect

from tests.cast import Cast
from tests.journeys.browser import open_page, sign_in

PEOPLE = b"""id,name,mail,tel,born,town
1,Friedrich Seidel,seidel@post.example,,1971-03-05,Ulm
2,Fritz Seidl,seidel@post.example,,1971-03-06,Ulm
3,Ada Byron,ADA@post.example,020 7946 0018,,
,No Id,,,,
"""
PATIENCE = 30_000


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, live_site: object):
    Cast()
    yield from open_page(live_site.url, javascript=request.param)


def test_from_a_file_to_a_customer_merged_split_and_explained(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    sign_in(page, "ada")
    upload(page)
    review(page)
    undo(page)
    merge_by_hand(page)
    split(page)
    see_lineage(page)
    see_audit(page)


def menu(page: Page, name: str) -> None:
    page.get_by_label("Main").get_by_role("link", name=name, exact=True).click()


def upload(page: Page) -> None:
    """Upload a file and watch it finish: one row is set aside, the rest is resolved."""
    menu(page, "Imports")
    page.set_input_files("input[type=file]", {"name": "people.csv", "mimeType": "text/csv", "buffer": PEOPLE})
    page.locator("select[name=source]").select_option(label="Shop")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="people.csv")).to_be_visible()
    until(page, "All of its records are resolved")
    expect(page.get_by_text("1 row set aside")).to_be_visible()
    expect(page.get_by_text("rows/s")).to_be_visible()


def until(page: Page, text: str) -> None:
    """Look again until the page says so, as a person without JavaScript would."""
    for _ in range(60):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(500)
        look_again(page)
    pytest.fail(f"The page never said: {text}")


def look_again(page: Page) -> None:
    """Load the page anew; with JavaScript it may be doing so by itself at this very moment, which is as good."""
    try:
        page.goto(page.url)
    except Error:
        page.wait_for_load_state()


def review(page: Page) -> None:
    """Open the queue and the one pair in it; its preview is there; merge."""
    menu(page, "Review queue")
    page.get_by_role("link", name=re.compile("Seid")).first.click()
    expect(page.get_by_role("columnheader", name=re.compile("After a merge"))).to_be_visible()
    expect(page.get_by_text("Which id stays after a merge")).to_be_visible()
    page.get_by_label(re.compile("I have checked Shop 1")).check()
    page.get_by_label("Reason").fill("met them")
    page.get_by_role("button", name=re.compile("The same")).click()
    expect(page.get_by_text("Nothing to review")).to_be_visible()


def undo(page: Page) -> None:
    """The merge can be undone from its message; the pair is in the queue again, and says why."""
    page.get_by_role("link", name="Show and undo").click()
    expect(page.get_by_text("Exact")).to_be_visible()
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    menu(page, "Review queue")
    expect(page.get_by_text("Re-opened")).to_be_visible()


def merge_by_hand(page: Page) -> None:
    """Any two customers can be compared and merged: the page says why they are not one."""
    menu(page, "Customers")
    page.get_by_role("row", name=re.compile("Ada Byron")).get_by_label("A", exact=True).check()
    page.get_by_role("row", name=re.compile("Friedrich")).get_by_label("B", exact=True).check()
    page.get_by_role("button", name=re.compile("Compare")).click()
    expect(page.get_by_text("No key found the pair")).to_be_visible()
    page.get_by_role("button", name=re.compile("The same")).click()
    expect(page.get_by_text("Merged.")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def split(page: Page) -> None:
    """Chosen records leave again."""
    page.get_by_role("link", name="Split").click()
    page.get_by_label("Shop 3", exact=True).check()
    page.get_by_label("Reason").fill("two people after all")
    page.get_by_role("button", name=re.compile("Split")).click()
    expect(page.get_by_text("It can be undone at any time")).to_be_visible()


def see_lineage(page: Page) -> None:
    """A value is led back to the cell as it was sent, and the timeline tells the story."""
    menu(page, "Customers")
    page.get_by_role("link", name="Ada Byron").click()
    page.get_by_text("ada@post.example", exact=True).click()
    expect(page.get_by_text("ADA@post.example", exact=True)).to_be_visible()
    expect(page.get_by_role("link", name="people.csv").first).to_be_visible()
    page.get_by_role("link", name="Timeline").click()
    expect(page.get_by_text("Split: 1 record")).to_be_visible()


def see_audit(page: Page) -> None:
    """Who may read the audit finds what the steward did."""
    page.context.clear_cookies()
    sign_in(page, "root")
    menu(page, "Audit")
    expect(page.get_by_text("Merged 2 customers into one").first).to_be_visible()
    expect(page.get_by_text("Decided a proposal: same").first).to_be_visible()

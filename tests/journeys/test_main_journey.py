"""The main job in a real browser: sign in, upload, watch, review, merge, undo, lineage, audit."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.cast import Cast
from tests.journeys.browser import open_page, sign_in

CSV = b"id,name,mail,tel\n1,Ada Byron,ada@post.example,020 7946 0018\n2,Carl Gauss,carl@post.example,\n,No Id,,\n"


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, live_site: object):
    Cast()
    yield from open_page(live_site.url, javascript=request.param)


def test_from_a_file_to_customers_merged_and_undone(page: Page) -> None:
    sign_in(page, "ada")
    page.get_by_role("link", name="Imports").click()
    page.set_input_files("input[type=file]", {"name": "people.csv", "mimeType": "text/csv", "buffer": CSV})
    page.locator("select[name=source]").select_option(label="Shop")
    page.get_by_role("button", name="Import", exact=True).click()
    for _ in range(40):
        if page.get_by_text("Done", exact=True).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    expect(page.get_by_text("1 row set aside")).to_be_visible(timeout=20_000)
    page.wait_for_timeout(2500)
    page.get_by_role("link", name="Customers").click()
    expect(page.get_by_role("link", name="Ada Byron")).to_be_visible(timeout=20_000)
    page.locator("input[name=a]").nth(0).check()
    page.locator("input[name=b]").nth(1).check()
    page.get_by_role("button", name=re.compile("Compare")).click()
    page.get_by_label("Reason").fill("met them")
    page.get_by_role("button", name=re.compile("The same")).click()
    page.get_by_role("link", name="Show and undo").click()
    expect(page.get_by_text("Exact")).to_be_visible(timeout=20_000)
    page.get_by_role("button", name=re.compile("Undo")).click()
    expect(page.get_by_text("Undone.")).to_be_visible(timeout=20_000)
    page.get_by_role("link", name="Audit").click()
    expect(page.get_by_text("Merged 2 customers into one").first).to_be_visible(timeout=20_000)

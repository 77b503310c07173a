"""A privacy request in a real browser, with JavaScript and without: the public form, the code, the office, the answer."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.cast import send
from tests.governance.requests_world import ADA, Office
from tests.journeys.browser import open_page, sign_in

PATIENCE = 30_000


@pytest.fixture
def as_a_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """Codes that were sent can be read in the outbox; elsewhere they are not kept."""
    monkeypatch.setenv("CDV_DEMO", "yes")


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, as_a_demo: None, live_site: object) -> Iterator[Page]:
    office = Office()
    send(office.cast.crm, {**ADA, "id": "9"})
    yield from open_page(live_site.url, javascript=request.param)


def until(page: Page, text: str) -> None:
    """Look again until the page says so: the worker does its part meanwhile."""
    for _ in range(60):
        if page.get_by_text(text).count():
            return
        page.wait_for_timeout(300)
        page.goto(page.url)
    pytest.fail(f"The page never said: {text}")


def test_from_the_public_form_to_the_answer(page: Page) -> None:
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    sign_in(page, "olga")
    office = page
    public = page.context.browser.new_context(base_url=page.url).new_page()
    public.set_default_timeout(PATIENCE)
    ask(public)
    prove(public, read_code(office))
    look_at_the_office(office)
    public.reload()
    expect(public.get_by_text("Fulfilled")).to_be_visible()


def ask(page: Page) -> None:
    page.goto("/privacy/")
    page.get_by_label("What do you want?").select_option("restriction")
    page.get_by_label("Where do you live?").select_option("uk")
    page.get_by_label("Your name").fill("Ada Byron")
    page.get_by_label(re.compile("E-mail")).fill(ADA["mail"])
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("a code of six digits is on its way")).to_be_visible()


def read_code(office: Page) -> str:
    office.goto("/privacy/outbox/")
    until(office, "Your code is")
    return re.search(r"Your code is (\d{6})", office.content()).group(1)


def prove(page: Page, code: str) -> None:
    """A wrong code is refused in words, the right one opens the way."""
    page.get_by_label("Code").fill("000000" if code != "000000" else "111111")
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_text("The code is wrong or no longer valid")).to_be_visible()
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Send the code").click()
    expect(page.get_by_text("You will have our answer by")).to_be_visible()


def look_at_the_office(page: Page) -> None:
    """The officer sees clock and tasks, has the sources told, and the request is fulfilled."""
    page.goto("/")
    page.get_by_label("Main").get_by_role("link", name="Privacy requests").click()
    page.get_by_role("link", name="Restriction").click()
    expect(page.get_by_text("By a code to a known contact point")).to_be_visible()
    for _ in range(2):
        page.get_by_role("button", name="It is done").first.click()
        expect(page.get_by_text("Done.", exact=True)).to_be_visible()
    until(page, "Fulfilled")

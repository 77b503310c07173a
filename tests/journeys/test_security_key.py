"""A security key as the second factor, in a real browser with a virtual one; and what to do when it is lost."""

import re

import pytest
from playwright.sync_api import CDPSession, Page, expect

from profiles.models import AuditEvent
from tests.cast import Cast
from tests.journeys.browser import listen, open_page, sign_in
from tests.live import LiveSite

KEY = {
    "protocol": "ctap2",
    "transport": "usb",
    "hasResidentKey": False,
    "hasUserVerification": False,
    "automaticPresenceSimulation": True,
}
PATIENCE = 10_000


@pytest.fixture
def required(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site asks everybody for a second factor, as in production."""
    monkeypatch.setenv("CDV_SECOND_FACTOR", "yes")


def test_a_security_key_is_set_up_opens_the_door_and_can_be_lost(required: None, web: LiveSite) -> None:
    Cast()
    faults: list[str] = []
    for page in open_page(web.url.replace("127.0.0.1", "localhost")):  # keys are bound to a name, never to an address
        listen(page, faults)
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        devtools = page.context.new_cdp_session(page)
        key = plug_in(devtools)
        codes = set_up(page)
        come_back(page)
        lose(page, devtools, key, codes[0])
    assert faults == []
    told = AuditEvent.objects.filter(action__in=["account.signed_in", "account.refused"]).order_by("id")
    assert [event.detail["by"] for event in told] == ["password", "password+mfa", "second factor", "password+mfa"]


def plug_in(devtools: CDPSession) -> str:
    """A key that is touched whenever it is asked; returns its id."""
    devtools.send("WebAuthn.enable")
    return devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"]


def set_up(page: Page) -> list[str]:
    """Nothing else can be done before; returns the recovery codes that are shown once a factor is there."""
    sign_in(page, "ada")
    expect(page.get_by_text("Set up a second factor first")).to_be_visible()
    page.get_by_role("link", name="Add", exact=True).click()
    page.get_by_label("Password").fill("a-long-password")
    page.get_by_role("button", name="Confirm").click()
    page.get_by_label(re.compile("Name")).fill("Ada's key")
    page.get_by_role("button", name="Add", exact=True).click()
    codes = page.get_by_label("Unused codes").input_value().split()
    assert len(codes) == 10
    return codes


def give_password_again(page: Page) -> None:
    """Sign out and in, up to the question for the second factor."""
    page.get_by_role("button", name=re.compile(": account")).click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("User name")).to_be_visible()
    sign_in(page, "ada")
    expect(page.get_by_role("heading", name="Two-Factor Authentication")).to_be_visible()


def use_key(page: Page) -> None:
    page.get_by_role("button", name="Use a security key").click()


def come_back(page: Page) -> None:
    """Password and key."""
    give_password_again(page)
    use_key(page)
    expect(page.get_by_label("Main")).to_be_visible()


def lose(page: Page, devtools: CDPSession, key: str, code: str) -> None:
    """A key that signs wrongly and one that is not theirs are refused in words; a recovery code opens."""
    give_password_again(page)
    devtools.send("WebAuthn.setResponseOverrideBits", {"authenticatorId": key, "isBogusSignature": True})
    use_key(page)
    expect(page.get_by_text("This security key was not accepted")).to_be_visible()
    devtools.send("WebAuthn.clearCredentials", {"authenticatorId": key})
    use_key(page)
    expect(page.get_by_role("status")).to_contain_text("No security key answered that fits")
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_label("Main")).to_be_visible()

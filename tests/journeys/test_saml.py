"""Single sign-on by SAML, on the real site: through a browser, and everything that a forged answer could try."""

import http.cookiejar
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from cdv_site import env
from profiles.models import AuditEvent, User
from tests.cast import Cast
from tests.governance.test_single_sign_on import Stay
from tests.journeys.browser import listen, open_page
from tests.live import LiveSite
from tests.saml_provider import Provider, bend, of_somebody_else, serving

EMAIL = "ada@example.org"
START = "/accounts/saml/organisation/login/"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Provider]:
    """Set up as an operator does it, before the site starts."""
    with serving(EMAIL) as found:
        certificate = tmp_path / "certificate.pem"
        certificate.write_text(found.key.certificate)
        given = {
            "CDV_SAML": "yes", "SAML_ENTITY_ID": found.issuer, "SAML_SSO_URL": f"{found.url}/sso",
            "SAML_CERTIFICATE_FILE": str(certificate), "SAML_NAME": "Example Ltd", "CDV_SECOND_FACTOR": "yes",
        }  # fmt: skip
        for name, value in given.items():
            monkeypatch.setenv(name, value)
        yield found


def test_the_organisation_signs_people_in_and_nobody_else_does(provider: Provider, web: LiveSite) -> None:
    cast = Cast()
    User.objects.filter(pk=cast.ada.pk).update(email=EMAIL)
    faults: list[str] = []
    for page in open_page(web.url):
        listen(page, faults)
        page.goto("/")
        page.get_by_role("link", name="Sign in through Example Ltd").click()
        page.get_by_role("button", name=re.compile("Continue")).click()
        page.get_by_role("button", name=f"I am {EMAIL}").click()
        expect(page.get_by_label("Main")).to_be_visible()  # the second factor is the provider's affair
        assert page.get_by_role("button", name=re.compile("ada.*account", re.IGNORECASE)).is_visible()
    assert faults == []
    (event,) = AuditEvent.objects.filter(action="account.signed_in")
    assert (event.actor_id, event.detail["by"]) == (cast.ada.pk, "socialaccount")
    assert dict(forged(provider, web.url)) == {
        "right": True, "unsigned": False, "of another key": False, "another person": False, "too late": False,
        "for another site": False, "of another issuer": False, "again": False, "not asked for": False,
    }  # fmt: skip
    User.objects.filter(pk=cast.ada.pk).update(is_active=False)
    visitor = Visitor(web.url)
    visitor.post(visitor.acs, provider.answer(provider.asked(visitor.start())))
    assert not visitor.is_inside()
    assert b"md:EntityDescriptor" in visitor.open("/accounts/saml/organisation/metadata/")[2]


def forged(provider: Provider, site: str) -> Iterator[tuple[str, bool]]:
    """What an answer is like, and whether it opened the door."""
    evil = "eve@example.org"
    tries = {
        "right": lambda asked: provider.answer(asked),
        "unsigned": lambda asked: provider.answer(asked, signed=False),
        "of another key": lambda asked: of_somebody_else(provider).answer(asked),
        "another person": lambda asked: bend(provider.answer(asked), EMAIL, evil),
        "too late": lambda asked: provider.answer(asked, late=timedelta(hours=1)),
        "for another site": lambda asked: bend(provider.answer(asked), asked.audience, "https://another.example"),
        "of another issuer": lambda asked: bend(provider.answer(asked), provider.issuer, "https://another.example"),
    }
    answers = {}
    for why, answer in tries.items():
        visitor = Visitor(site)
        answers[why] = answer(provider.asked(visitor.start()))
        visitor.post(visitor.acs, answers[why])
        yield why, visitor.is_inside()
    for why, starts in (("again", True), ("not asked for", False)):  # a good answer that another browser was given
        visitor = Visitor(site)
        if starts:
            visitor.start()
        visitor.post(visitor.acs, answers["right"])
        yield why, visitor.is_inside()


class Visitor:
    """Somebody with a browser of their own."""

    acs = "/accounts/saml/organisation/acs/"

    def __init__(self, site: str) -> None:
        self.site = site
        jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(jar, Stay)

    def open(self, path: str, data: dict[str, str] | None = None) -> tuple[int, str, bytes]:
        body = urllib.parse.urlencode(data).encode() if data is not None else None
        try:
            answer = self.opener.open(urllib.parse.urljoin(self.site, path), body, timeout=10)
        except urllib.error.HTTPError as error:
            answer = error
        return answer.status, answer.headers.get("Location", ""), answer.read()

    def start(self) -> str:
        """Ask to be signed in; where the browser is sent."""
        page = self.open(START)[2].decode()
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
        return self.open(START, {"csrfmiddlewaretoken": token})[1]

    def post(self, path: str, response: str) -> None:
        """Bring the provider's answer, and go where it leads."""
        status, where, _ = self.open(path, {"SAMLResponse": response})
        assert status == 302
        self.open(where)

    def is_inside(self) -> bool:
        return self.open("/")[0] == 200


def test_settings_name_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAML_ENTITY_ID", "https://sign-in.example")
    with pytest.raises(env.BadSetting, match="SAML_SSO_URL and SAML_CERTIFICATE_FILE"):
        env.single_sign_on()
    monkeypatch.setenv("SAML_SSO_URL", "https://sign-in.example/sso")
    monkeypatch.setenv("SAML_CERTIFICATE_FILE", __file__)
    with pytest.raises(env.BadSetting, match="CDV_SAML must be yes"):
        env.single_sign_on()
    assert env.sign_in_origins() == ["https://sign-in.example"]

"""A SAML identity provider in the test's own process: its sign-in page, and answers signed with its key or bent on purpose."""

import base64
import html
import threading
import urllib.parse
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree
from onelogin.saml2.utils import OneLogin_Saml2_Utils

EMAIL = "urn:oid:0.9.2342.19200300.100.1.3"
ASSERTION = """<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="{id}" Version="2.0" IssueInstant="{now}">
<saml:Issuer>{issuer}</saml:Issuer>
<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent">{person}</saml:NameID>
<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
<saml:SubjectConfirmationData InResponseTo="{request}" Recipient="{acs}" NotOnOrAfter="{end}"/></saml:SubjectConfirmation></saml:Subject>
<saml:Conditions NotBefore="{begin}" NotOnOrAfter="{end}"><saml:AudienceRestriction><saml:Audience>{audience}</saml:Audience>
</saml:AudienceRestriction></saml:Conditions>
<saml:AuthnStatement AuthnInstant="{now}" SessionIndex="{id}"><saml:AuthnContext><saml:AuthnContextClassRef>
urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>
<saml:AttributeStatement><saml:Attribute Name="{attribute}"><saml:AttributeValue>{email}</saml:AttributeValue></saml:Attribute>
</saml:AttributeStatement></saml:Assertion>"""
RESPONSE = """<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
ID="{id}" Version="2.0" IssueInstant="{now}" Destination="{acs}" InResponseTo="{request}"><saml:Issuer>{issuer}</saml:Issuer>
<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>{assertion}</samlp:Response>"""
PAGE = '<!doctype html><title>Example Ltd</title><form method="post" action="{acs}"><input type="hidden" name="SAMLResponse"' \
    ' value="{response}"><button>I am {email}</button></form>'  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What a site asks for: its request, where the answer goes, and who the answer is for."""

    request: str
    acs: str
    audience: str


@dataclass(frozen=True, slots=True)
class Key:
    """A signing key with its certificate, in PEM."""

    private: str
    certificate: str

    @classmethod
    def new(cls) -> "Key":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Example Ltd")])
        now, day = datetime.now(UTC), timedelta(days=1)
        made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        made = made.serial_number(1).not_valid_before(now - day).not_valid_after(now + day).sign(key, hashes.SHA256())
        pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
        private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain)
        return cls(private.decode(), made.public_bytes(pem).decode())


@dataclass(frozen=True, slots=True)
class Provider:
    """The provider at an address, and whom it says that it has signed in."""

    url: str
    key: Key
    email: str

    @property
    def issuer(self) -> str:
        return f"{self.url}/metadata"

    def asked(self, address: str) -> Asked:
        """What an address that a site sends a browser to asks for."""
        (given,) = urllib.parse.parse_qs(urllib.parse.urlsplit(address).query)["SAMLRequest"]
        root = etree.fromstring(zlib.decompress(base64.b64decode(given), -15))
        (issuer,) = root.findall("{*}Issuer")
        return Asked(root.get("ID"), root.get("AssertionConsumerServiceURL"), issuer.text)

    def answer(self, asked: Asked, *, signed: bool = True, late: timedelta = timedelta(0)) -> str:
        """The response as a form carries it."""
        now = datetime.now(UTC) - late
        times = {"now": now, "begin": now - timedelta(minutes=1), "end": now + timedelta(minutes=5)}
        fields = {name: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for name, moment in times.items()} | {
            "issuer": self.issuer, "person": self.email, "email": self.email, "attribute": EMAIL,
            "request": asked.request, "acs": asked.acs, "audience": asked.audience,
        }  # fmt: skip
        assertion = ASSERTION.format(id=f"_{uuid.uuid4().hex}", **fields)
        if signed:
            assertion = OneLogin_Saml2_Utils.add_sign(assertion, self.key.private, self.key.certificate).decode()
        response = RESPONSE.format(id=f"_{uuid.uuid4().hex}", assertion=assertion, **fields)
        return base64.b64encode(response.encode()).decode()


def bend(response: str, before: str, after: str) -> str:
    """A response with another word in it."""
    content = base64.b64decode(response).decode()
    assert before in content
    return base64.b64encode(content.replace(before, after).encode()).decode()


@contextmanager
def serving(email: str) -> Iterator[Provider]:
    """A provider with a sign-in page, that anybody is `email` at."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    provider = Provider(f"http://127.0.0.1:{server.server_port}", Key.new(), email)

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = provider.asked(self.path) if "SAMLRequest" in self.path else None
            self.send_response(200 if asked else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            if asked:
                response = html.escape(provider.answer(asked))
                self.wfile.write(PAGE.format(acs=asked.acs, response=response, email=email).encode())

        def log_message(self, *_: object) -> None:
            """Quietly."""

    server.RequestHandlerClass = Page
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def of_somebody_else(provider: Provider) -> Provider:
    """Who says the same, and signs with a key of their own."""
    return replace(provider, key=Key.new())

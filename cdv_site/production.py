"""What a production site refuses to start with: pure, a list of sentences about its settings."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from profiles import keyring

THIS_MACHINE = frozenset({"", "localhost", "127.0.0.1", "::1"})
KEY_LENGTH, KEY_CHARACTERS = 50, 12
KEYS = {
    keyring.ENCRYPTION: "nothing could be stored",
    keyring.DIGEST: "people who were erased would not be recognised",
}


@dataclass(frozen=True, slots=True)
class Given:
    """The settings that are looked at, as they were given."""

    secret_key: str
    database_urls: Collection[str]
    redis_url: str
    allowed_hosts: Collection[str]
    trusted_origins: Collection[str]
    private_hosts: Collection[str] = field(default_factory=tuple)
    debug: bool = False
    demo: bool = False
    https: bool = True
    second_factor: bool = True
    audit_key: str = ""
    keys: Mapping[str, str] = field(default_factory=dict)
    email_host: str = ""
    email_tls: bool = True


def weaknesses(given: Given) -> list[str]:
    """What is too weak for a site that others reach, each with what to do; none when all is well."""
    return [*_keys(given), *_doors(given), *_connections(given)]


def _keys(given: Given) -> Iterator[str]:
    if len(given.secret_key) < KEY_LENGTH or len(set(given.secret_key)) < KEY_CHARACTERS:
        yield f"SECRET_KEY must be {KEY_LENGTH} random characters or more."
    elif given.secret_key.startswith("django-insecure-"):
        yield "SECRET_KEY is one that was made for development."
    if not given.audit_key:
        yield "AUDIT_SIGNING_KEY is missing: nothing would be sealed. `manage.py audit_key` makes one."
    for name, why in KEYS.items():
        try:
            keyring.parsed(given.keys.get(name, ""), name)
        except keyring.NoKey:
            yield f"{name} is missing: {why}. `manage.py encryption_key` makes one."
        except keyring.BadKey as error:
            yield str(error)


def _doors(given: Given) -> Iterator[str]:
    if given.debug:
        yield "CDV_DEBUG shows everybody what the program holds in memory."
    if given.demo:
        yield "CDV_DEMO shows known passwords."
    if not given.https:
        yield "CDV_HTTPS must be yes: cookies and personal data would pass in the clear."
    if not given.second_factor:
        yield "CDV_SECOND_FACTOR must be yes."
    if not given.allowed_hosts:
        yield "ALLOWED_HOSTS must name the host that the site is reached by."
    if any(host in {"*", "."} or host.startswith("*") for host in given.allowed_hosts):
        yield "ALLOWED_HOSTS must name hosts, not a pattern for all."
    if any(urlsplit(origin).scheme != "https" for origin in given.trusted_origins):
        yield "CSRF_TRUSTED_ORIGINS must begin with https://."


def _connections(given: Given) -> Iterator[str]:
    private = THIS_MACHINE | set(given.private_hosts)
    for url in given.database_urls:
        parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
        host = query.get("host", [parts.hostname or ""])[0]
        if not _is_near(host, private) and query.get("sslmode", [""])[-1] != "verify-full":
            yield f"The database on {host} must be reached with sslmode=verify-full in its address."
    parts = urlsplit(given.redis_url)
    if parts.scheme == "redis" and not _is_near(parts.hostname or "", private):
        yield f"The broker on {parts.hostname} must be reached with rediss:// in REDIS_URL."
    if given.email_host and not given.email_tls and not _is_near(given.email_host, private):
        yield "EMAIL_TLS must be yes: codes would pass in the clear."


def _is_near(host: str, private: Collection[str]) -> bool:
    """A socket, this machine, or a host that was named as reached over a private network."""
    return host.startswith("/") or host in private

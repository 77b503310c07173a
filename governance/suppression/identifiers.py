"""What somebody is known again by, out of one row: identifiers in their normal form, and their keyed hashes."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from governance.models import SuppressionEntry
from profiles.canonical.nicknames import nickname_group
from profiles.canonical.text import fold
from profiles.encryption import digest, hasher

Kind = SuppressionEntry.Kind
Attributes = Mapping[str, Sequence[str]]
PURPOSE = "suppression"
# one person's alone, unless others held the value when it was erased
UNIQUE = frozenset({
    Kind.EXTERNAL_ID, Kind.EMAIL, Kind.EMAIL_NAME, Kind.PHONE_NAME, Kind.NATIONAL_ID, Kind.LOYALTY_ID,
    Kind.CUSTOMER_NUMBER,
})  # fmt: skip
FIELD_OF = {
    Kind.EMAIL: "email", Kind.PHONE: "phone", Kind.NATIONAL_ID: "national_id", Kind.LOYALTY_ID: "loyalty_id",
    Kind.CUSTOMER_NUMBER: "customer_number", Kind.DEVICE_ID: "device_id",
}  # fmt: skip
PLAIN = {Kind.NATIONAL_ID, Kind.LOYALTY_ID, Kind.DEVICE_ID}
ONE_MAILBOX = {"gmail.com", "googlemail.com"}  # where dots make no other address
_NOISE = re.compile(r"[^0-9a-z]")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A kind and a value in its normal form."""

    kind: str
    value: str

    @property
    def is_unique(self) -> bool:
        return self.kind in UNIQUE

    def text(self) -> str:
        return f"{self.kind}\0{self.value}"


def at_source(source_key: str, external_id: str) -> Identifier:
    """The id of a record at its source."""
    return Identifier(Kind.EXTERNAL_ID, f"{source_key}\0{external_id}")


def single(source_key: str, external_id: str, attributes: Attributes) -> Iterator[Identifier]:
    """What a row is looked up by: each value by itself, and the birth date with the name."""
    if external_id:
        yield at_source(source_key, external_id)
    for address in attributes.get("email", ()):
        yield Identifier(Kind.EMAIL, mailbox(address))
        yield Identifier(Kind.EMAIL_LIKE, loose(address))
    for number in attributes.get("phone", ()):
        yield Identifier(Kind.PHONE, number)
    for kind in PLAIN:
        for value in attributes.get(FIELD_OF[kind], ()):
            yield Identifier(kind, _NOISE.sub("", value.lower()))
    for value in attributes.get("customer_number", ()):
        yield Identifier(Kind.CUSTOMER_NUMBER, f"{source_key}\0{_NOISE.sub('', value.lower())}")
    for day in attributes.get("birth_date", ()):
        yield from (Identifier(Kind.BIRTH_NAME, f"{day}\0{name}") for name in names(attributes))


def together(attributes: Attributes) -> Iterator[Identifier]:
    """Shared values with the name of who shares them: looked up where one of the values alone was known."""
    for address in attributes.get("email", ()):
        for family in _folded(attributes, "family_name"):
            yield Identifier(Kind.EMAIL_NAME, f"{loose(address)}\0{family}")
    for number in attributes.get("phone", ()):
        yield from (Identifier(Kind.PHONE_NAME, f"{number}\0{name}") for name in names(attributes))


def names(attributes: Attributes) -> list[str]:
    """Surname and first name, nicknames as their formal name; none without both."""
    given = {nickname_group(name.split()[0]) for name in _folded(attributes, "given_name")}
    return [f"{family}\0{first}" for family in _folded(attributes, "family_name") for first in sorted(given)]


def _folded(attributes: Attributes, field: str) -> list[str]:
    return sorted({folded for value in attributes.get(field, ()) if (folded := fold(value))})


def mailbox(address: str) -> str:
    """The address; at providers that ignore dots and tags, without these."""
    return loose(address) if address.rpartition("@")[2] in ONE_MAILBOX else address


def loose(address: str) -> str:
    """The address without dots and tag before the @."""
    local, _, domain = address.rpartition("@")
    domain = "gmail.com" if domain in ONE_MAILBOX else domain
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def hashed(found: Iterable[Identifier]) -> list[tuple[Identifier, bytes]]:
    """Each identifier with its keyed hash under the digest key in force."""
    return [(one, digest(one.text(), purpose=PURPOSE)) for one in found]


def lookups(found: Iterable[Identifier]) -> list[bytes]:
    """What to look for: the hash of each under every digest key."""
    hashes = hasher(PURPOSE)
    return [each for one in found for each in hashes(one.text())]

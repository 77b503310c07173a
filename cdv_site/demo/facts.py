"""One record in the making: what a source believes of a party before the row is written."""

from dataclasses import dataclass, field
from datetime import date

from cdv_site.demo.places import Address, Phone


@dataclass(slots=True)
class Facts:
    """One record before it is written: what the source believes, clean or soiled; `cases` says what happened to it."""

    source: str
    external_id: str
    entity_id: str
    updated: str
    kind: str = "person"
    given: str = ""
    middle: str = ""
    family: str = ""
    suffix: str = ""
    organisation: str = ""
    company: str = ""
    emails: list[str] = field(default_factory=list)
    phones: list[Phone] = field(default_factory=list)
    address: Address | None = None
    native: bool = False
    postcode: str = ""
    born: date | None = None
    gender: str = ""
    loyalty: str = ""
    national: str = ""
    devices: list[str] = field(default_factory=list)
    customer_number: str = ""
    language: str = ""
    contact: str = ""
    cases: set[str] = field(default_factory=set)

    @property
    def key(self) -> tuple[str, str]:
        return self.source, self.external_id

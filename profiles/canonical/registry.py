"""All standardisers by name, and the one each target has by default. Their docstrings are help texts on screen."""

from collections.abc import Mapping

from . import (
    addresses,
    categories,
    consents,
    countries,
    dates,
    emails,
    full_names,
    identifiers,
    names,
    phones,
    places,
    text,
)
from .settled import settled
from .types import VALUE, Context, Standardised, Standardiser

STANDARDISERS: Mapping[str, Standardiser] = {
    "text": text.text,
    "title": names.title,
    "full_name": full_names.full_name,
    "person_name": full_names.person_name,
    "given_name": settled("given_name", names.given_name),
    "middle_name": settled("middle_name", names.middle_name),
    "family_name": settled("family_name", names.family_name),
    "name_suffix": settled("name_suffix", names.name_suffix),
    "organisation_name": settled("organisation_name", names.organisation_name),
    "email": emails.email,
    "phone": phones.phone,
    "date": dates.date,
    "birth_date": dates.birth_date,
    "address_line": addresses.address_line,
    "street": settled("street", addresses.street),
    "house_number": settled("house_number", addresses.house_number),
    "unit": settled("unit", addresses.unit),
    "postcode": settled("postcode", places.postcode),
    "city": settled("city", places.city),
    "region": settled("region", places.region),
    "country": countries.country,
    "gender": categories.gender,
    "language": categories.language,
    "party_kind": categories.party_kind,
    "contact_preference": categories.contact_preference,
    "identifier": identifiers.identifier,
    "consent": consents.consent,
}

COMPOSITES = frozenset(("full_name", "address_line"))
"""Targets that are not stored: they expand into parts, which fill only what no column of its own has filled."""

IGNORE = "ignore"

TARGETS: Mapping[str, str] = {
    **{name: name for name in STANDARDISERS if name not in ("text", "identifier", "date", "person_name", "consent")},
    "company": "organisation_name",
    "customer_number": "identifier",
    "loyalty_id": "identifier",
    "national_id": "identifier",
    "device_id": "identifier",
    IGNORE: "text",
}
"""Every mapping target and its own standardiser; `free:<name>` is text."""

MULTI_VALUED = frozenset(("email", "phone", "customer_number", "device_id"))
SINGLE_VALUED = TARGETS.keys() - MULTI_VALUED - COMPOSITES - {IGNORE}
"""Shipped fields of one value: the first column that has one wins. All other fields hold several."""


def read(target: str, raw: str, context: Context, standardiser: str = "") -> Standardised:
    """What a raw value says about a target: its own values under its key, and parts that belong to other fields."""
    name = standardiser or TARGETS.get(target, "text")
    found = STANDARDISERS[name](raw, context)
    if target in found.values or target in COMPOSITES or not found.values:
        return found
    own = VALUE if VALUE in found.values else name
    return Standardised({target if key == own else key: values for key, values in found.values.items()}, found.problem)


def help_text(standardiser: str) -> str:
    """The words on screen that say what a standardiser does."""
    return (STANDARDISERS[standardiser].__doc__ or "").partition("\n\n")[0]

"""All standardisers by name, and the one each target has by default. Their docstrings are help texts on screen."""

from collections.abc import Mapping

from . import addresses, categories, dates, emails, identifiers, names, phones, text
from .types import Standardiser

STANDARDISERS: Mapping[str, Standardiser] = {
    "text": text.text,
    "title": names.title,
    "full_name": names.full_name,
    "given_name": names.given_name,
    "middle_name": names.middle_name,
    "family_name": names.family_name,
    "name_suffix": names.name_suffix,
    "organisation_name": names.organisation_name,
    "email": emails.email,
    "phone": phones.phone,
    "birth_date": dates.birth_date,
    "address_line": addresses.address_line,
    "street": addresses.street,
    "house_number": addresses.house_number,
    "unit": addresses.unit,
    "postcode": addresses.postcode,
    "city": addresses.city,
    "region": addresses.region,
    "country": categories.country,
    "gender": categories.gender,
    "language": categories.language,
    "party_kind": categories.party_kind,
    "contact_preference": categories.contact_preference,
    "identifier": identifiers.identifier,
}

TARGETS: Mapping[str, str] = {
    **{name: name for name in STANDARDISERS if name not in ("text", "identifier")},
    "company": "text",
    "customer_number": "identifier",
    "loyalty_id": "identifier",
    "national_id": "identifier",
    "device_id": "identifier",
    "ignore": "text",
}

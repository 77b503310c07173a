"""Suggestions for the mapping of a new source, from its column names."""

from collections.abc import Sequence

from .registry import TARGETS
from .text import fold
from .types import FieldMapping

NAMES = {
    "email": "email mail emailaddress", "phone": "phone tel telephone mobile cell telefon phonenumber",
    "given_name": "firstname givenname forename vorname prenom first", "family_name": "lastname surname familyname nachname nom last",
    "full_name": "name fullname customername", "birth_date": "dob birthdate dateofbirth birthday geburtsdatum",
    "address_line": "address addressline addr addrline1 address1", "street": "street strasse", "postcode": "postcode zip zipcode plz postalcode",
    "city": "city town ort suburb", "country": "country land", "gender": "gender sex", "company": "company employer firma",
    "loyalty_id": "loyalty loyaltyid cardnumber", "national_id": "nationalid ssn socsecid", "device_id": "device deviceid",
    "customer_number": "customernumber customerno kundennummer", "language": "language lang", "region": "region state county",
    "organisation_name": "organisation organization orgname", "house_number": "housenumber streetnumber",
}  # fmt: skip
_KNOWN = {spelling: target for target, words in NAMES.items() for spelling in words.split()}


def suggest_mappings(header: Sequence[str]) -> list[FieldMapping]:
    """A mapping for each column whose name is known; the others are left to the reader."""
    found = []
    for column in header:
        target = _KNOWN.get(fold(column).replace(" ", ""))
        if target:
            found.append(FieldMapping(column, target, TARGETS[target]))
    return found

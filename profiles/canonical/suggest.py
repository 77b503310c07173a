"""Suggestions for the mapping of a new source: by the names of its columns, checked against a few of its rows."""

import re
from collections.abc import Callable, Mapping, Sequence

from .registry import STANDARDISERS, TARGETS
from .text import tidy, tokens
from .types import Context, FieldMapping

NAMES = {
    "email": "email mail e_mail emailaddress mailaddress emails courriel correo",
    "phone": "phone phones tel telephone telefon telefono mobile mobil cell cellphone msisdn phonenumber telno handy",
    "given_name": "firstname first namefirst givenname given forename vorname prenom nombre",
    "middle_name": "middlename middle namemiddle middleinitial secondname",
    "family_name": "lastname last namelast surname familyname family nachname nom apellido apellidos",
    "name_suffix": "suffix namesuffix",
    "title": "title salutation prefix anrede",
    "full_name": "name fullname namefull displayname customername contactname contact caller",
    "organisation_name": "organisation organization org nameorg businessname organisationname legalname",
    "company": "company companyname employer firma arbeitgeber",
    "birth_date": "dob born birthdate dateofbirth birthday geburtsdatum geburtstag datenaissance",
    "gender": "gender sex geschlecht",
    "address_line": "address addressline addr addrline addrfull addressfull fulladdress adresse anschrift",
    "street": "street streetname strasse rue calle",
    "house_number": "housenumber houseno streetnumber hausnummer nr",
    "unit": "unit apartment apt flat suite",
    "postcode": "postcode postalcode pcode zip zipcode plz postleitzahl codepostal addrpostalcode cp",
    "city": "city town ort stadt suburb ville ciudad addrcity locality",
    "region": "region state county province bundesland addrstate",
    "country": "country countrycode land pays pais addrcountry",
    "customer_number": "customernumber customerno customerid custno custid kundennummer kundennr accountnumber",
    "loyalty_id": "loyalty loyaltyid loyaltycard loyaltynumber card cardno cardnumber",
    "national_id": "nationalid nationalidnumber ssn ssnnumber socsecid socialsecurity taxid pesel nationalinsurance",
    "device_id": "device devices deviceid idfa",
    "language": "language lang locale sprache langue",
    "party_kind": "partykind party partytype accounttype customertype recordtype",
    "contact_preference": "contactpreference contactby preferredcontact preferredchannel",
}
SEVERAL = frozenset(("email", "phone", "customer_number", "device_id", "address_line"))
_TARGET_OF = {spelling.replace("_", ""): target for target, words in NAMES.items() for spelling in words.split()}
_ASIDE = frozenset(
    ("primary", "secondary", "main", "home", "work", "private", "business", "customer", "contact", "client", "delivery")
)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_CHECKED = frozenset(("email", "birth_date", "gender", "country", "language", "party_kind"))
_SEPARATORS = (";", "|", ",", "/")
_INTERNATIONAL = re.compile(r"\+[\d\s().-]{8,20}")
_CONTEXT = Context()


def suggest_mappings(header: Sequence[str], sample_rows: Sequence[Mapping[str, str]] = ()) -> list[FieldMapping]:
    """A mapping for each column that is understood, in the order of the header; the others are left to the reader."""
    found: dict[str, str] = {}
    for column in header:
        samples = [text for row in sample_rows if (text := tidy(row.get(column) or ""))]
        target = _target(column, samples)
        if target and (target in SEVERAL or target not in found.values()):
            found[column] = target
    if _parts_suffice(found, sample_rows):
        found = {column: target for column, target in found.items() if target != "full_name"}
    return [_mapping(column, target, sample_rows) for column, target in found.items()]


def _parts_suffice(found: Mapping[str, str], rows: Sequence[Mapping[str, str]]) -> bool:
    """Whether given and family name are there, and no row has only the whole name."""
    column_of = {target: column for column, target in found.items()}
    given, family, whole = (column_of.get(target, "") for target in ("given_name", "family_name", "full_name"))
    return bool(given and family) and not any(
        row.get(whole) and not row.get(given) and not row.get(family) for row in rows
    )


def _target(column: str, samples: Sequence[str]) -> str:
    """What a column holds by its name, unless its values say otherwise; by its values when the name says nothing."""
    named = _by_name(column)
    if named == "street" and _share(samples, lambda text: any(ch.isdigit() for ch in text)) > 0.5:
        return "address_line"
    if named in _CHECKED and samples and _share(samples, lambda text: _is_readable(named, text)) < 0.5:
        return ""
    return named or _by_values(samples)


def _by_name(column: str) -> str:
    """The target a column name stands for, without numbers ("Phone 2") and words that say whose it is."""
    words = [word.rstrip("0123456789") for word in tokens(_CAMEL.sub(" ", column))]
    telling = [word for word in words if word not in _ASIDE]
    return _TARGET_OF.get("".join(words)) or _TARGET_OF.get("".join(telling), "")


def _by_values(samples: Sequence[str]) -> str:
    """E-mail addresses and international phone numbers show what they are."""
    if len(samples) < 2:
        return ""
    if _share(samples, lambda text: "@" in text and _is_readable("email", text)) > 0.8:
        return "email"
    return "phone" if _share(samples, lambda text: _INTERNATIONAL.fullmatch(text) is not None) > 0.8 else ""


def _is_readable(target: str, text: str) -> bool:
    """Whether each part of a cell can be read; a date that only lacks a declared format can."""
    parts = re.split(r"[;|,]", text) if target in SEVERAL else [text]
    results = [STANDARDISERS[TARGETS[target]](part, _CONTEXT) for part in parts]
    return any(not result.problem or result.problem.code == "ambiguous_date" for result in results)


def _share(samples: Sequence[str], holds: Callable[[str], bool]) -> float:
    return sum(map(holds, samples)) / len(samples) if samples else 0.0


def _mapping(column: str, target: str, sample_rows: Sequence[Mapping[str, str]]) -> FieldMapping:
    cells = [row.get(column) or "" for row in sample_rows]
    return FieldMapping(column, target, TARGETS[target], _separator(target, cells))


def _separator(target: str, cells: Sequence[str]) -> str:
    """The sign between several values of one cell, when each part is long enough to be a value."""
    if target not in SEVERAL or target == "address_line":
        return ""
    for sign in _SEPARATORS:
        if any(sign in cell and all(_is_whole(target, part) for part in cell.split(sign)) for cell in cells):
            return sign
    return ""


def _is_whole(target: str, part: str) -> bool:
    if target == "email":
        return "@" in part
    return sum(ch.isalnum() for ch in part) >= (7 if target == "phone" else 3)

"""The five sources: how each is set up, and how each writes down what it knows."""

from collections.abc import Callable
from random import Random
from typing import TypedDict

from cdv_site.demo.facts import Facts
from cdv_site.demo.places import Address, Phone

Mapping = tuple[str, str, str | None, bool]
"""(column, target in the canonical schema, separator of several values, required)"""


class Source(TypedDict):
    """The set-up of a source, as an administrator would enter it; `file` is where the demo writes its records."""

    key: str
    name: str
    owner: str
    trust: int
    region: str
    import_mode: str
    id_column: str
    version_column: str | None
    date_format: str
    delimiter: str
    encoding: str
    unique_fields: list[str]
    default_party_kind: str
    file: str
    mappings: list[Mapping]


SOURCES: tuple[Source, ...] = (
    {
        "key": "pos",
        "name": "Store tills",
        "owner": "Store operations",
        "trust": 40,
        "region": "GB",
        "import_mode": "delta",
        "id_column": "till_ref",
        "version_column": "last_seen",
        "date_format": "%d.%m.%Y",
        "delimiter": ";",
        "encoding": "utf-8",
        "unique_fields": ["loyalty_id"],
        "default_party_kind": "person",
        "file": "pos.csv",
        "mappings": [
            ("till_ref", "ignore", None, False),
            ("card_no", "loyalty_id", None, False),
            ("customer_name", "full_name", None, False),
            ("mobile", "phone", None, False),
            ("post_code", "postcode", None, False),
            ("till_device", "device_id", None, False),
            ("last_seen", "ignore", None, False),
        ],
    },
    {
        "key": "shop",
        "name": "Web shop",
        "owner": "E-commerce",
        "trust": 60,
        "region": "GB",
        "import_mode": "delta",
        "id_column": "id",
        "version_column": "updatedAt",
        "date_format": "%Y-%m-%d",
        "delimiter": "",
        "encoding": "utf-8",
        "unique_fields": [],
        "default_party_kind": "person",
        "file": "shop.jsonl",
        "mappings": [
            ("id", "ignore", None, False),
            ("email", "email", None, True),
            ("accountType", "party_kind", None, False),
            ("firstName", "given_name", None, False),
            ("middleName", "middle_name", None, False),
            ("lastName", "family_name", None, False),
            ("suffix", "name_suffix", None, False),
            ("businessName", "organisation_name", None, False),
            ("company", "company", None, False),
            ("phone", "phone", None, False),
            ("address", "address_line", None, False),
            ("city", "city", None, False),
            ("zip", "postcode", None, False),
            ("country", "country", None, False),
            ("birthday", "birth_date", None, False),
            ("lang", "language", None, False),
            ("contactBy", "contact_preference", None, False),
            ("updatedAt", "ignore", None, False),
        ],
    },
    {
        "key": "app",
        "name": "Mobile app",
        "owner": "Digital products",
        "trust": 55,
        "region": "GB",
        "import_mode": "delta",
        "id_column": "account",
        "version_column": "rev",
        "date_format": "%Y%m%d",
        "delimiter": "",
        "encoding": "utf-8",
        "unique_fields": ["loyalty_id"],
        "default_party_kind": "person",
        "file": "app.jsonl.gz",
        "mappings": [
            ("account", "ignore", None, False),
            ("rev", "ignore", None, False),
            ("displayName", "full_name", None, False),
            ("mail", "email", None, False),
            ("msisdn", "phone", None, False),
            ("devices", "device_id", "|", False),
            ("card", "loyalty_id", None, False),
            ("dob", "birth_date", None, False),
            ("postcode", "postcode", None, False),
            ("lang", "language", None, False),
        ],
    },
    {
        "key": "crm",
        "name": "CRM",
        "owner": "Customer relations",
        "trust": 85,
        "region": "GB",
        "import_mode": "snapshot",
        "id_column": "CUST_NO",
        "version_column": None,
        "date_format": "%d.%m.%Y",
        "delimiter": ",",
        "encoding": "utf-8",
        "unique_fields": ["national_id", "loyalty_id"],
        "default_party_kind": "person",
        "file": "crm.csv",
        "mappings": [
            ("CUST_NO", "customer_number", None, True),
            ("PARTY", "party_kind", None, False),
            ("TITLE", "title", None, False),
            ("NAME", "full_name", None, True),
            ("SUFFIX", "name_suffix", None, False),
            ("BORN", "birth_date", None, False),
            ("GENDER", "gender", None, False),
            ("NATIONAL_ID", "national_id", None, False),
            ("EMAILS", "email", ";", False),
            ("PHONES", "phone", "/", False),
            ("HOUSE_NO", "house_number", None, False),
            ("STREET", "street", None, False),
            ("UNIT", "unit", None, False),
            ("TOWN", "city", None, False),
            ("POSTCODE", "postcode", None, False),
            ("COUNTRY", "country", None, False),
            ("CARD_NO", "loyalty_id", None, False),
            ("EMPLOYER", "company", None, False),
            ("CONTACT_BY", "contact_preference", None, False),
            ("SEGMENT", "free:segment", None, False),
        ],
    },
    {
        "key": "callcentre",
        "name": "Call centre",
        "owner": "Service desk",
        "trust": 30,
        "region": "GB",
        "import_mode": "delta",
        "id_column": "call_ref",
        "version_column": "last_call",
        "date_format": "%d/%m/%Y",
        "delimiter": ",",
        "encoding": "utf-8",
        "unique_fields": [],
        "default_party_kind": "person",
        "file": "callcentre.csv",
        "mappings": [
            ("call_ref", "ignore", None, False),
            ("caller", "full_name", None, False),
            ("tel", "phone", None, False),
            ("dob", "birth_date", None, False),
            ("address", "address_line", None, False),
            ("pcode", "postcode", None, False),
            ("mail", "email", None, False),
            ("card", "loyalty_id", None, False),
            ("customer_no", "customer_number", None, False),
            ("employer", "company", None, False),
            ("topic", "free:last_topic", None, False),
            ("last_call", "ignore", None, False),
        ],
    },
)

_TITLES = {"male": ("Mr", "Mr", "Dr"), "female": ("Mrs", "Ms", "Dr"), "": ("",)}
_SEGMENTS = ("gold", "silver", "basic", "basic", "")
_TOPICS = ("delivery", "return", "invoice", "opening hours", "")
_HOUSE_FIRST = ("GB", "FR", "SA", "AE")
_LATIN_SCRIPT = ("GB", "DE", "FR", "PL")


def pos_row(facts: Facts, rng: Random) -> dict[str, str]:
    return {
        "till_ref": facts.external_id,
        "card_no": facts.loyalty,
        "customer_name": _full_name(facts),
        "mobile": _phone(facts, "", "00"),
        "post_code": facts.postcode.replace(" ", "") if rng.random() < 0.3 else facts.postcode,
        "till_device": facts.devices[0] if facts.devices else "",
        "last_seen": facts.updated,
    }


def shop_row(facts: Facts, rng: Random) -> dict[str, str]:
    home = facts.address
    script = 0 if facts.native or (home and home.country in _LATIN_SCRIPT) else 1
    row = {
        "id": facts.external_id,
        "email": facts.emails[0].title() if rng.random() < 0.04 else facts.emails[0],
        "accountType": facts.kind,
        "firstName": facts.given,
        "middleName": facts.middle,
        "lastName": facts.family,
        "suffix": facts.suffix,
        "businessName": facts.organisation,
        "company": facts.company,
        "phone": _phone(facts, rng.choice((" ", "-", "")), rng.choice(("+", "+", "00"))),
        "address": _address_line(home, script) if home else "",
        "city": home.city[script] if home else "",
        "zip": home.postcode if home else "",
        "country": home.country if home else "",
        "birthday": facts.born.isoformat() if facts.born else "",
        "lang": facts.language,
        "contactBy": facts.contact,
        "updatedAt": f"{facts.updated}Z",
    }
    return {column: value for column, value in row.items() if value}


def app_row(facts: Facts, rng: Random) -> dict[str, str]:
    row = {
        "account": facts.external_id,
        "rev": facts.updated.translate(_DIGITS_ONLY),
        "displayName": _full_name(facts),
        "mail": facts.emails[0] if facts.emails else "",
        "msisdn": "".join(("+" if facts.phones[0][0] else "", *facts.phones[0])) if facts.phones else "",
        "devices": "|".join(facts.devices),
        "card": facts.loyalty,
        "dob": facts.born.strftime("%Y%m%d") if facts.born else "",
        "postcode": facts.postcode,
        "lang": facts.language,
    }
    return {column: value for column, value in row.items() if value}


def crm_row(facts: Facts, rng: Random) -> dict[str, str]:
    home = facts.address
    given = f"{facts.given} {facts.middle}".strip()
    return {
        "CUST_NO": facts.external_id,
        "PARTY": facts.kind,
        "TITLE": rng.choice(_TITLES[facts.gender]) if rng.random() < 0.6 else "",
        "NAME": facts.organisation or (f"{facts.family}, {given}" if given else facts.family),
        "SUFFIX": facts.suffix,
        "BORN": facts.born.strftime("%d.%m.%Y") if facts.born else "",
        "GENDER": facts.gender[:1].upper(),
        "NATIONAL_ID": facts.national,
        "EMAILS": ";".join(facts.emails),
        "PHONES": " / ".join(_written(phone, " ", "+") for phone in facts.phones),
        "HOUSE_NO": home.house_number if home else "",
        "STREET": home.street[1] if home else "",
        "UNIT": home.unit if home else "",
        "TOWN": home.city[1] if home else "",
        "POSTCODE": home.postcode if home else "",
        "COUNTRY": home.country if home else "",
        "CARD_NO": facts.loyalty,
        "EMPLOYER": facts.company,
        "CONTACT_BY": facts.contact,
        "SEGMENT": rng.choice(_SEGMENTS),
    }


def callcentre_row(facts: Facts, rng: Random) -> dict[str, str]:
    home = facts.address
    return {
        "call_ref": facts.external_id,
        "caller": _full_name(facts),
        "tel": _phone(facts, " ", "00"),
        "dob": facts.born.strftime("%d/%m/%Y") if facts.born else "",
        "address": f"{_address_line(home, 1)}, {home.city[1]}" if home else "",
        "pcode": home.postcode if home else "",
        "mail": facts.emails[0] if facts.emails else "",
        "card": facts.loyalty,
        "customer_no": facts.customer_number,
        "employer": facts.company,
        "topic": rng.choice(_TOPICS),
        "last_call": facts.updated.replace("T", " "),
    }


ROWS: dict[str, Callable[[Facts, Random], dict[str, str]]] = {
    "pos": pos_row,
    "shop": shop_row,
    "app": app_row,
    "crm": crm_row,
    "callcentre": callcentre_row,
}
_DIGITS_ONLY = str.maketrans("", "", "-T:")


def _full_name(facts: Facts) -> str:
    return " ".join(part for part in (facts.given, facts.family, facts.suffix) if part)


def _phone(facts: Facts, gap: str, abroad: str) -> str:
    return _written(facts.phones[0], gap, abroad) if facts.phones else ""


def _written(phone: Phone, gap: str, abroad: str) -> str:
    """A number as one writes it in Britain: own ones with a trunk zero, others with the code of their country."""
    code, national = phone
    if not code:
        return national
    start = f"0{national[:4]}" if code == "44" else f"{abroad}{code}{gap}{national[:3]}"
    return f"{start}{gap}{national[4:] if code == '44' else national[3:]}"


def _address_line(home: Address, script: int) -> str:
    """Street and number in the order of the country, with the flat in front."""
    street, number = home.street[script], home.house_number
    line = f"{number} {street}" if home.country in _HOUSE_FIRST else f"{street} {number}"
    return f"{home.unit}, {line}" if home.unit else line

"""Sources that stand ready for files of a user's own choosing: the Senzing truth set in `samples/senzing`."""

from cdv_site.demo.sources import Mapping, Source

_COLUMNS: tuple[Mapping, ...] = (
    ("RECORD_TYPE", "party_kind", None, False),
    ("PRIMARY_NAME_ORG", "organisation_name", None, False),
    ("PRIMARY_NAME_FULL", "full_name", None, False),
    ("NATIVE_NAME_FULL", "full_name", None, False),
    ("PRIMARY_NAME_FIRST", "given_name", None, False),
    ("PRIMARY_NAME_MIDDLE", "middle_name", None, False),
    ("PRIMARY_NAME_LAST", "family_name", None, False),
    ("GENDER", "gender", None, False),
    ("DATE_OF_BIRTH", "birth_date", None, False),
    ("SSN_NUMBER", "national_id", None, False),
    ("NATIONAL_ID_NUMBER", "national_id", None, False),
    ("EMAIL_ADDRESS", "email", None, False),
    ("PHONE_NUMBER", "phone", None, False),
    ("EMPLOYER", "company", None, False),
    ("ADDR_FULL", "address_line", None, False),
    ("ADDR_LINE1", "address_line", None, False),
    ("ADDR_CITY", "city", None, False),
    ("ADDR_STATE", "region", None, False),
    ("ADDR_POSTAL_CODE", "postcode", None, False),
)
_ABSENT = {
    "senzing_customers": {"EMPLOYER"},
    "senzing_reference": {"PRIMARY_NAME_MIDDLE", "GENDER", "SSN_NUMBER"},
    "senzing_watchlist": {"PRIMARY_NAME_ORG", "NATIONAL_ID_NUMBER", "ADDR_FULL"},
}


def _source(key: str, name: str, trust: int, date_format: str, file: str) -> Source:
    return {
        "key": key,
        "name": name,
        "owner": "Truth set of Senzing",
        "trust": trust,
        "region": "US",
        "import_mode": "delta",
        "id_column": "RECORD_ID",
        "version_column": None,
        "date_format": date_format,
        "delimiter": ",",
        "encoding": "utf-8",
        "unique_fields": [],
        "default_party_kind": "person",
        "file": file,
        "mappings": [mapping for mapping in _COLUMNS if mapping[0] not in _ABSENT[key]],
    }


SAMPLE_SOURCES: tuple[Source, ...] = (
    _source("senzing_customers", "Sample: customers", 50, "%m/%d/%y", "customers.csv"),
    _source("senzing_reference", "Sample: reference list", 60, "", "reference.csv"),
    _source("senzing_watchlist", "Sample: watch list", 40, "%m/%d/%y", "watchlist.csv"),
)

"""E-mails, phones, identifiers and the categories, in many spellings."""

import pytest

from profiles.canonical.countries import CODES, country_code
from profiles.canonical.registry import TARGETS, read
from profiles.canonical.types import Context


def value(target: str, raw: str, region: str = "GB") -> str | None:
    return read(target, raw, Context(region)).values.get(target, (None,))[0]


def problem(target: str, raw: str, region: str = "GB") -> str | None:
    found = read(target, raw, Context(region)).problem
    return found.code if found else None


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ada@example.org", "ada@example.org"),
        (" Ada.Lovelace@Example.ORG ", "ada.lovelace@example.org"),
        ("mailto:ada@example.org", "ada@example.org"),
        ("Ada Lovelace <ada@example.org>", "ada@example.org"),
        ("<ada@example.org>", "ada@example.org"),
        ("ada@example.org;", "ada@example.org"),
        ("'ada@example.org'", "ada@example.org"),
        ("ada+news@example.org", "ada+news@example.org"),
        ("a_b-c@mail.example.co.uk", "a_b-c@mail.example.co.uk"),
        ("o'brien@example.ie", "o'brien@example.ie"),
        ("ada@bücher.example", "ada@bücher.example"),
        ("ada@xn--bcher-kva.example", "ada@bücher.example"),
        ("ａｄａ@example.org", "ada@example.org"),
        ("jörg@example.de", "jörg@example.de"),
        ("someone@shop.test", "someone@shop.test"),
        ("noreply@example.com", "noreply@example.com"),
        ("\u200bada@example.org", "ada@example.org"),
    ],
)
def test_an_email_is_brought_to_its_normal_form(raw, expected):
    assert value("email", raw) == expected
    assert problem("email", raw) is None


@pytest.mark.parametrize(
    "raw", ["ada", "ada@", "@example.org", "ada@example", "a b@example.org", "ada@@example.org", "ada..b@example.org", "n/a",
            "ada@gmail,com", "ada@-example.org", "ada@example..org", "x" * 70 + "@example.org", "ada@localhost"]
)  # fmt: skip
def test_what_is_no_email_is_set_aside(raw):
    assert value("email", raw) is None
    assert problem("email", raw) == "not_an_email"


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [
        ("702-919-1300", "US", "+17029191300"),
        ("(702) 919-1300", "US", "+17029191300"),
        ("1-702-919-1300", "US", "+17029191300"),
        ("+1 702 919 1300", "GB", "+17029191300"),
        ("001 702 919 1300", "GB", "+17029191300"),
        ("0049 30 901820", "US", "+4930901820"),
        ("020 8366 1177", "GB", "+442083661177"),
        ("+44 (0)20 8366 1177", "DE", "+442083661177"),
        ("+44 (0)20 8366 1177 ext. 5", "GB", "+442083661177"),
        ("0176 1234567", "DE", "+491761234567"),
        ("030/901820", "DE", "+4930901820"),
        ("01 42 68 53 00", "FR", "+33142685300"),
        ("06 12 34 56 78", "FR", "+33612345678"),
        ("٠٥٠١٢٣٤٥٦٧", "SA", "+966501234567"),
        ("０３-１２３４-５６７８", "JP", "+81312345678"),
        ("tel:+1-702-919-1300", "GB", "+17029191300"),
        ("1-800-FLOWERS", "US", "+18003569377"),
        ("442083661177.0", "US", None),
        ("7029191300.0", "US", "+17029191300"),
        ("+4930901820", "", "+4930901820"),
        ("0712 345678", "KE", "+254712345678"),
    ],
)
def test_a_phone_is_brought_to_its_international_form(raw, region, expected):
    assert value("phone", raw, region) == expected


@pytest.mark.parametrize(
    ("raw", "region", "expected"),
    [("(555) 555-0123", "US", "+15555550123"), ("01632 960123", "GB", "+441632960123"), ("0999 9999999", "GB", None)],
)
def test_a_number_in_no_known_range_is_kept_and_noted(raw, region, expected):
    if expected:
        assert value("phone", raw, region) == expected
    assert problem("phone", raw, region) == ("phone_unverified" if value("phone", raw, region) else "phone_impossible")


@pytest.mark.parametrize(
    ("raw", "region", "code"),
    [
        ("n/a", "GB", "not_a_phone"),
        ("unknown", "US", "not_a_phone"),
        ("-1", "US", "not_a_phone"),
        ("12", "GB", "phone_impossible"),
        ("12345678901234567890", "GB", "not_a_phone"),
        ("020 8366 1177", "", "not_a_phone"),
        ("555-0123", "US", "phone_local"),
        ("ada@example.org", "GB", "not_a_phone"),
    ],
)
def test_what_is_no_phone_is_set_aside(raw, region, code):
    assert value("phone", raw, region) is None
    assert problem("phone", raw, region) == code


@pytest.mark.parametrize("target", ["customer_number", "loyalty_id", "national_id", "device_id"])
@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("c-0001", "C0001"),
        (" QQ 12 34 56 C ", "QQ123456C"),
        ("123-45-6789", "123456789"),
        ("12.345/6_7", "1234567"),
        ("550e8400-e29b-41d4-a716-446655440000", "550E8400E29B41D4A716446655440000"),
        ("00012", "00012"),
        ("12345.0", "12345"),
        ("ＡＢ１２", "AB12"),
        ("١٢٣", "123"),
        ("000000000", "000000000"),
        ("n/a", "NA"),
    ],
)
def test_an_identifier_loses_its_separators_and_nothing_else(target, raw, expected):
    assert TARGETS[target] == "identifier"
    assert value(target, raw) == expected


def test_an_identifier_without_letter_or_digit_is_set_aside():
    assert problem("customer_number", "---") == "identifier_empty"


# target | value | spellings
CATEGORIES = """
gender | male | m; M; Male; MAN; Herr; mr; homme; hombre; männlich; mężczyzna; мужской; 男; 남성; 1
gender | female | f; W; Female; woman; Frau; Mrs; femme; mujer; weiblich; kobieta; женский; женщина; 女; 여; 2
gender | other | o; x; d; divers; non-binary; other
party_kind | person | person; PERSON; P; individual; private; privat; B2C; consumer; persona; физическое лицо
party_kind | organisation | organisation; ORGANIZATION; company; B2B; business; Firma; entreprise; empresa; юридическое лицо
language | en | en; EN; eng; English; en-GB; en_US; anglais; Englisch
language | de | de; ger; deu; German; Deutsch; de-AT; niemiecki
language | fr | fr; fra; Français; french; fr_CA
language | es | es; Español; castellano; es-MX
language | el | el; Greek; Ελληνικά
language | ru | ru; Русский; Russian
language | uk | uk; ua; українська; Ukrainian
language | zh | zh; 中文; Chinese; zh-Hans
language | ja | ja; 日本語; jp
language | ar | ar; العربية; Arabic
contact_preference | email | email; E-Mail; mail; e mail; courriel
contact_preference | phone | phone; Telephone; tel; Telefon; call
contact_preference | sms | sms; SMS; text; text message; mobile
contact_preference | post | post; letter; postal; Brief; courrier
contact_preference | none | none; no; never; opt-out; do not contact; keine
country | GB | GB; gb; UK; GBR; United Kingdom; Great Britain; England; Scotland; Reino Unido; Vereinigtes Königreich
country | US | US; usa; U.S.A.; United States; United States of America; America; Estados Unidos; États-Unis; Соединенные Штаты
country | DE | de; DEU; Germany; Deutschland; Allemagne; Alemania; Niemcy; Германия; ドイツ; 德国
country | FR | France; FRA; Frankreich; Francia; Франция
country | AT | Österreich; Austria; AUT
country | CH | Schweiz; Suisse; Svizzera; Switzerland; CHE
country | NL | Netherlands; The Netherlands; Holland; Nederland; Pays-Bas
country | GR | Greece; Hellas; EL; Ελλάδα
country | CN | China; CHN; 中国; Chine
country | KR | South Korea; Korea; Republic of Korea; 대한민국
country | RU | Russia; Russian Federation; Россия
country | CI | Ivory Coast; Côte d'Ivoire
country | SA | Saudi Arabia; KSA; المملكة العربية السعودية
country | TR | Turkey; Türkiye
country | CZ | Czechia; Czech Republic; Česko
"""
SPELLINGS = [
    (target.strip(), expected.strip(), spelling.strip())
    for target, expected, spellings in (line.split("|") for line in CATEGORIES.strip().splitlines())
    for spelling in spellings.split(";")
]


@pytest.mark.parametrize(("target", "expected", "spelling"), SPELLINGS)
def test_a_category_is_known_by_many_names(target, expected, spelling):
    assert value(target, spelling) == expected


@pytest.mark.parametrize(
    ("target", "raw", "code"),
    [
        ("gender", "unknown", "unknown_value"),
        ("gender", "NaN", "unknown_value"),
        ("language", "klingon", "unknown_value"),
        ("party_kind", "?", "unknown_value"),
        ("contact_preference", "pigeon", "unknown_value"),
        ("country", "Germny", "country_unknown"),
        ("country", "xx", "country_unknown"),
        ("country", "123", "country_unknown"),
    ],
)
def test_an_unknown_category_is_set_aside(target, raw, code):
    assert value(target, raw) is None
    assert problem(target, raw) == code


def test_every_country_is_known_by_its_own_code():
    assert len(CODES) == 250
    assert all(country_code(code) == code for code in CODES)


@pytest.mark.parametrize(
    "target", ["email", "phone", "customer_number", "gender", "language", "country", "birth_date", "city"]
)
@pytest.mark.parametrize("raw", ["", " ", "\t", "\u200b"])
def test_an_empty_cell_is_neither_value_nor_problem(target, raw):
    assert read(target, raw, Context()).values == {}
    assert problem(target, raw) is None

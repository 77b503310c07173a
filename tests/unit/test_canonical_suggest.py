"""Suggested mappings: the columns of a new source are understood by their names and checked against their values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.canonical.registry import STANDARDISERS, TARGETS
from profiles.canonical.suggest import NAMES, suggest_mappings


def targets(header: list[str], *rows: dict[str, str]) -> dict[str, str]:
    return {mapping.column: mapping.target for mapping in suggest_mappings(header, rows)}


@pytest.mark.parametrize(
    ("column", "target"),
    [
        ("email", "email"),
        ("E-Mail", "email"),
        ("Email Address", "email"),
        ("EMAIL_ADDRESS", "email"),
        ("customerEmail", "email"),
        ("mail", "email"),
        ("Phone 2", "phone"),
        ("HomePhone", "phone"),
        ("work_phone", "phone"),
        ("Téléphone", "phone"),
        ("msisdn", "phone"),
        ("firstName", "given_name"),
        ("First name", "given_name"),
        ("PRIMARY_NAME_FIRST", "given_name"),
        ("Prénom", "given_name"),
        ("Vorname", "given_name"),
        ("lastName", "family_name"),
        ("Surname", "family_name"),
        ("middleName", "middle_name"),
        ("suffix", "name_suffix"),
        ("Name", "full_name"),
        ("PRIMARY_NAME_FULL", "full_name"),
        ("PRIMARY_NAME_ORG", "organisation_name"),
        ("customer_name", "full_name"),
        ("Anrede", "title"),
        ("employer", "company"),
        ("DATE_OF_BIRTH", "birth_date"),
        ("dob", "birth_date"),
        ("Geburtsdatum", "birth_date"),
        ("sex", "gender"),
        ("address1", "address_line"),
        ("ADDR_FULL", "address_line"),
        ("ADDR_POSTAL_CODE", "postcode"),
        ("Straße", "street"),
        ("house_no", "house_number"),
        ("ZIP", "postcode"),
        ("PLZ", "postcode"),
        ("pcode", "postcode"),
        ("Town", "city"),
        ("State", "region"),
        ("country_code", "country"),
        ("CUST_NO", "customer_number"),
        ("card", "loyalty_id"),
        ("SSN_NUMBER", "national_id"),
        ("devices", "device_id"),
        ("lang", "language"),
        ("accountType", "party_kind"),
        ("contactBy", "contact_preference"),
        ("id", ""),
        ("updatedAt", ""),
        ("", ""),
        ("☃", ""),
    ],
)
def test_a_column_is_understood_by_its_name(column: str, target: str) -> None:
    assert targets([column]).get(column, "") == target


def test_every_suggested_target_exists_and_has_its_own_standardiser() -> None:
    assert set(NAMES) <= set(TARGETS)
    for mapping in suggest_mappings(["email", "name", "dob", "card"]):
        assert mapping.standardiser == TARGETS[mapping.target]
        assert mapping.standardiser in STANDARDISERS


def test_a_whole_name_beside_its_parts_is_left_out_unless_it_stands_alone_in_a_row() -> None:
    assert targets(["name", "first", "last"]) == {"first": "given_name", "last": "family_name"}
    assert targets(["name", "first", "last"], {"name": "Ada King", "first": "", "last": ""})["name"] == "full_name"
    assert targets(["name", "last"]) == {"name": "full_name", "last": "family_name"}


def test_of_two_columns_for_a_single_value_the_first_is_taken_and_of_several_values_all() -> None:
    assert targets(["city", "town", "home phone", "mobile"]) == {
        "city": "city",
        "home phone": "phone",
        "mobile": "phone",
    }


def test_a_name_that_its_values_deny_is_not_believed() -> None:
    assert targets(["mail"], {"mail": "sent on Monday"}, {"mail": "no"}) == {}
    assert targets(["mail"], {"mail": "ada@example.org"}, {"mail": "no"}) == {"mail": "email"}
    assert targets(["dob"], {"dob": "03/04/1980"}) == {"dob": "birth_date"}


def test_a_street_with_numbers_is_an_address_line() -> None:
    assert targets(["street"], {"street": "Hauptstraße 12"}) == {"street": "address_line"}
    assert targets(["street"], {"street": "Hauptstraße"}) == {"street": "street"}


def test_values_speak_for_a_column_without_a_telling_name() -> None:
    rows = [{"a": "ada@example.org", "b": "+44 20 7946 0958"}, {"a": "bob@example.org", "b": "+49 30 901820"}]
    assert targets(["a", "b"], *rows) == {"a": "email", "b": "phone"}
    assert targets(["a", "b"], rows[0]) == {}, "one row is too little to tell"


@pytest.mark.parametrize(
    ("column", "cell", "separator"),
    [
        ("email", "a@example.org;b@example.org", ";"),
        ("email", "a@example.org, b@example.org", ","),
        ("email", "a@example.org", ""),
        ("phone", "020 7946 0958 / 020 7946 0959", "/"),
        ("phone", "030/901820", ""),
        ("devices", "ab12cd|ef34gh", "|"),
        ("address", "12 High Street, London", ""),
    ],
)
def test_the_sign_between_several_values_is_found(column: str, cell: str, separator: str) -> None:
    assert suggest_mappings([column], [{column: cell}])[0].separator == separator


@given(st.lists(st.text(max_size=30), unique=True, max_size=8), st.data())
def test_any_header_and_any_rows_are_taken(header: list[str], data: st.DataObject) -> None:
    cell = st.one_of(st.text(max_size=40), st.sampled_from(["a@b.org", "+44 20 7946 0958", "1980-01-01", ""]))
    rows = data.draw(st.lists(st.fixed_dictionaries(dict.fromkeys(header, cell)), max_size=4))
    assert {mapping.column for mapping in suggest_mappings(header, rows)} <= set(header)

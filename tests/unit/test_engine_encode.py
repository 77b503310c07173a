"""Records become columns whatever they hold, and what matching does not use is reported."""

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.engine.blocked import shipped_blocked
from matching.engine.candidates import pairs_within
from matching.engine.compare import compare
from matching.engine.encode import encode
from matching.engine.keys import block_keys
from matching.engine.model import default_model
from matching.engine.types import Ignored, Reason, RecordInput
from tests.unit.engine_people import ANNA, person

MODEL = default_model()
BLOCKED = shipped_blocked()
FIELDS = [
    "given_name",
    "middle_name",
    "family_name",
    "name_suffix",
    "organisation_name",
    "company",
    "email",
    "phone",
    "street",
    "house_number",
    "unit",
    "postcode",
    "city",
    "country",
    "birth_date",
    "gender",
    "customer_number",
    "loyalty_id",
    "national_id",
    "device_id",
    "free:note",
]
ODD = st.text(max_size=12) | st.sampled_from(
    ["", " ", "\x00", "\x1f", "|", "@", "١٢", "李", "0000-00-00", "\ud800", "ß", "-"]
)
ATTRIBUTES = st.dictionaries(st.sampled_from(FIELDS), st.lists(ODD, max_size=3))


@settings(max_examples=60, deadline=None)
@given(st.lists(ATTRIBUTES, max_size=6))
def test_no_value_whatever_makes_encoding_or_comparing_fail(rows: list[dict[str, list[str]]]) -> None:
    records = [RecordInput(i, "shop", "person", attributes) for i, attributes in enumerate(rows)]
    table = encode(records, MODEL, BLOCKED)
    pairs = pairs_within(block_keys(table, MODEL), MODEL.block_caps)
    assert compare(table, pairs.left, pairs.right, MODEL).shape == (len(pairs), len(MODEL.comparisons))


def test_blocked_values_become_missing_and_are_reported() -> None:
    record = person(email=["noreply@shop.com", "anna@mail.org"], birth_date="1900-01-01")
    table = encode([record], MODEL, BLOCKED)
    assert table.single["birth_date"].codes.tolist() == [0]
    assert [table.multi["email"].values[code] for code in table.multi["email"].codes] == ["anna@mail.org"]
    assert set(table.ignored[0]) == {
        Ignored("email", 0, Reason.BLOCKED_VALUE),
        Ignored("birth_date", 0, Reason.BLOCKED_VALUE),
    }


def test_a_blocked_full_name_takes_both_names_out() -> None:
    table = encode([person(given_name="John", family_name="Doe")], MODEL, BLOCKED)
    assert {item.field for item in table.ignored[0]} == {"given_name", "family_name"}
    assert table.single["given_name"].codes[0] == table.single["family_name"].codes[0] == 0


def test_an_empty_batch_is_an_empty_table() -> None:
    table = encode([], MODEL, BLOCKED)
    assert len(table) == 0
    assert len(block_keys(table, MODEL)) == 0


def test_a_record_keeps_its_number() -> None:
    assert encode([person(7, **ANNA), person(3)], MODEL, BLOCKED).record_id.tolist() == [7, 3]

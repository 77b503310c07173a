"""Values that say nothing about a person are told from those that do."""

import re

import pytest

from matching.engine.blocked import BLOCKED_SEEDS, compile_blocked, shipped_blocked


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "noreply@shop.com"),
        ("email", "Test@mail.com"),
        ("email", "info@firm.de"),
        ("email", "someone@example.com"),
        ("phone", "+10000000000"),
        ("phone", "+4999999999"),
        ("phone", "123456789"),
        ("national_id", "999999999"),
        ("loyalty_id", "123456789"),
        ("given_name", "Unknown"),
        ("family_name", "N/A"),
        ("city", "null"),
        ("street", "-1"),
        ("family_name", "000"),
        ("full_name", "John Doe"),
        ("full_name", "Jane DOE"),
        ("birth_date", "1900-01-01"),
        ("birth_date", "1970-01-01"),
    ],
)
def test_shipped_values_block_placeholders(field: str, value: str) -> None:
    assert shipped_blocked().blocks(field, value)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "maria.testa@mail.com"),
        ("email", "inforno@mail.com"),
        ("phone", "+442079460958"),
        ("national_id", "4710815"),
        ("given_name", "Guestino"),
        ("family_name", "Doe"),
        ("full_name", "Johnny Doe"),
        ("birth_date", "1970-01-02"),
        ("postcode", "1000"),
    ],
)
def test_shipped_values_leave_real_ones_alone(field: str, value: str) -> None:
    assert not shipped_blocked().blocks(field, value)


def test_own_values_count_for_their_field_only_or_for_all() -> None:
    blocked = compile_blocked([("city", "Nowhere", False), ("*", "zz+", True)])
    assert blocked.blocks("city", "NOWHERE")
    assert not blocked.blocks("street", "nowhere")
    assert blocked.blocks("street", "zzz")


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(re.error):
        compile_blocked([("email", "(", True)])


def test_every_shipped_value_says_why() -> None:
    assert all(note for *_, note in BLOCKED_SEEDS)

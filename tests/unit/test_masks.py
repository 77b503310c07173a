"""What masked values look like: enough to recognise one that is known, too little to learn it."""

import pytest

from profiles.masks import mask


@pytest.mark.parametrize(
    ("kind", "value", "seen"),
    [
        ("email", "mary@example.com", "m•••@e•••.com"),
        ("email", "m@shop.co.uk", "m•••@s•••.uk"),
        ("email", "not an address", "n••• ••• a•••"),
        ("phone", "+442079460018", "•••18"),
        ("identifier", "AB123456C", "•••6C"),
        ("identifier", "1234", "•••"),
        ("date", "1984-03-12", "••••-••-12"),
        ("date", "1984", "•••"),
        ("text", "Ada Byron", "A••• B•••"),
        ("text", "12 St James's Square", "••• ••• J••• S•••"),
        ("text", "Κώστας", "Κ•••"),
        ("category", "female", "f•••"),
        ("text", "", "•••"),
    ],
)
def test_a_value_is_masked_by_its_kind(kind: str, value: str, seen: str) -> None:
    assert mask(kind, value) == seen

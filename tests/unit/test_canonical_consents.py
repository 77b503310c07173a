"""Consent as sources write it: a yes, a no or an objection, with the day where it is known; never a guess."""

import pytest

from profiles.canonical.consents import consent
from profiles.canonical.records import standardise_rows
from profiles.canonical.types import VALUE, Context, FieldMapping

CASES = {
    "yes": "grant", " Y ": "grant", "1": "grant", "Opt-In": "grant", "JA": "grant", "subscribed": "grant",
    "no": "withdraw", "0": "withdraw", "opt out": "withdraw", "Unsubscribed": "withdraw", "nein": "withdraw",
    "objected": "object", "do not contact": "object",
    "yes 2025-03-01": "grant 2025-03-01", "no;2025-03-01": "withdraw 2025-03-01", "1 2025-03-01": "grant 2025-03-01",
    "yes @ 2025-03-01T10:00:00": "grant 2025-03-01",
}  # fmt: skip


@pytest.mark.parametrize("raw", CASES)
def test_it_is_read(raw: str) -> None:
    assert consent(raw, Context()).values == {VALUE: (CASES[raw],)}


@pytest.mark.parametrize(
    "raw", ["perhaps", "2", "yes no", "yes 2025-13-40", "no since March", "2025-03-01", "12 2025-03-01", "yes 2025-03"]
)
def test_what_is_neither_is_not_guessed(raw: str) -> None:
    found = consent(raw, Context())
    assert not found.values and found.problem is not None and found.problem.code == "unreadable_consent"


def test_a_cell_that_cannot_be_read_sets_its_row_aside_and_an_empty_one_does_not() -> None:
    mapping = FieldMapping("news", "free:consent:newsletter:email", "consent")
    rows = standardise_rows([{"news": "perhaps"}, {"news": ""}, {"news": "no"}], [mapping], Context(), {})
    assert [row.rejected.column if row.rejected else "" for row in rows] == ["news", "", ""]
    assert rows[2].attributes["free:consent:newsletter:email"] == ["withdraw"]

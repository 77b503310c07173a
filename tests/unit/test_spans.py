"""When which customer id held a person's records."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.spans import BEGINNING, END, SLACK, Move, Span, spans

A, B, C = (UUID(int=n) for n in (1, 2, 3))


def at(minute: int) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)


CASES = [
    ("never moved", [], {1: A}, [Span(A, BEGINNING, END)]),
    ("founded by a move", [Move(1, at(5), None, A)], {1: A}, [Span(A, at(5), END)]),
    ("merged", [Move(1, at(5), A, B)], {1: B}, [Span(A, BEGINNING, at(5) + SLACK), Span(B, at(5), END)]),
    (
        "merged and undone",
        [Move(1, at(5), A, B), Move(1, at(9), B, A)],
        {1: A},
        [Span(A, BEGINNING, at(5) + SLACK), Span(A, at(9), END), Span(B, at(5), at(9) + SLACK)],
    ),
    (
        "two records, held on by the second",
        [Move(1, at(5), A, B), Move(2, at(7), A, B)],
        {1: B, 2: B},
        [Span(A, BEGINNING, at(7) + SLACK), Span(B, at(5), END)],
    ),
    ("erased", [Move(1, at(5), A, None)], {}, [Span(A, BEGINNING, at(5) + SLACK)]),
]


@pytest.mark.parametrize(("moves", "homes", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_spans_follow_the_ledger(moves: list[Move], homes: dict[int, UUID], expected: list[Span]) -> None:
    assert spans(moves, homes) == expected


@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from([A, B, C])), max_size=12), st.integers(0, 200))
def test_an_id_is_in_a_span_exactly_while_it_holds_a_record(steps: list, minute: int) -> None:
    homes, moves, places = {1: A, 2: B, 3: C}, [], [(0, {1: A, 2: B, 3: C})]
    for n, (record, to) in enumerate(steps, start=1):
        moves.append(Move(record, at(n * 10), homes[record], to))
        homes[record] = to
        places.append((n * 10, dict(homes)))
    held = set(next(places for since, places in reversed(places) if since <= minute).values())
    found = {span.profile for span in spans(moves, homes) if span.since <= at(minute) < span.until}
    in_slack = minute % 10 == 0 and minute > 0  # just moved: whoever held it a moment ago still counts
    assert held <= found and (in_slack or found == held)

"""What events come to, case by case. Days count from the first; e-mail addresses are one letter; record 1 is verified."""

import ast
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from governance import consent_projection
from governance.consent_projection import Answer, Carried, Customer, Said, State, carried, project, to_lift

NEWS, INSIGHT = 1, 2  # the second needs no consent
NEEDS = {NEWS: True, INSIGHT: False}


def day(n: float) -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=n)


def said(pk: int, record: int | None, act: str, at: float, contact: str = "a", **more: object) -> Said:
    until = more.pop("until", None)
    given = {"purpose": NEWS, "channel": "email", "by_subject": act == "grant", **more}
    return Said(pk, record, contact=contact, act=act, at=day(at), until=day(until) if until else None, **given)


def state(events: list[Said], *, members: dict[int, str] | None = None, held: str = "a", now: float = 100) -> str:
    """The states of the held addresses, in their order."""
    return " ".join(str(one.state) for one in answers(events, members=members, held=held, now=now))


def answers(
    events: list[Said], *, members: dict[int, str] | None = None, held: str = "a", now: float = 100
) -> list[Answer]:
    members = members or {1: "verified", 2: "rule"}
    return project(events, Customer(members, {"email": set(held)}), NEEDS, day(now))


def test_it_knows_no_django() -> None:
    tree = ast.parse(Path(consent_projection.__file__).read_text())
    named = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert named == {"collections.abc", "dataclasses", "datetime", "enum"}


GRANT, IMPORTED = said(1, 1, "grant", 1), said(1, 1, "grant", 1, by_subject=False)
OPT_OUT = {"purpose": INSIGHT}
CASES = {
    "a grant": ([GRANT], "a", "allowed"),
    "a grant delivered by a source": ([IMPORTED], "a", "allowed"),
    "silence about another value": ([GRANT], "ab", "allowed never_asked"),
    "a grant for a value no longer held": ([GRANT], "b", "never_asked"),
    "a grant of a record that is elsewhere": ([said(1, 9, "grant", 1)], "a", ""),
    "a grant that comes later": ([said(1, 1, "grant", 101)], "a", "never_asked"),
    "a withdrawal after it": ([GRANT, said(2, 1, "withdraw", 2)], "a", "denied"),
    "a withdrawal before it": ([said(1, 1, "withdraw", 1), said(2, 1, "grant", 2)], "a", "allowed"),
    "both at the same time": ([said(1, 1, "withdraw", 2), said(2, 1, "grant", 2)], "a", "denied"),
    "an import lifts nothing": ([said(1, 1, "withdraw", 1), said(2, 1, "grant", 2, by_subject=False)], "a", "denied"),
    "a withdrawal is about its value": ([GRANT, said(2, 1, "withdraw", 2, "b")], "ab", "allowed denied"),
    "a withdrawal that names no value": ([GRANT, said(2, 1, "withdraw", 2, "")], "ab", "denied denied"),
    "an objection is about the person": ([GRANT, said(2, 2, "object", 2, "b")], "ab", "denied denied"),
    "a grant lifts it for its value": ([said(1, 1, "object", 1, ""), said(2, 1, "grant", 2)], "ab", "allowed denied"),
    "a NO elsewhere on a held value": ([GRANT, said(2, 9, "withdraw", 2)], "a", "denied"),
    "an objection elsewhere on a held value": ([GRANT, said(2, 9, "object", 2)], "ab", "denied never_asked"),
    "an objection elsewhere that names none": ([GRANT, said(2, 9, "object", 2, "")], "a", "allowed"),
    "a NO of nobody known": ([GRANT, said(2, None, "withdraw", 2)], "a", "denied"),
    "a later grant against it": ([said(1, 9, "withdraw", 1), said(2, 1, "grant", 2)], "a", "allowed"),
    "a NO of another member": ([said(1, 2, "withdraw", 1), said(2, 1, "grant", 2)], "a", "denied"),
    "that the grant names": ([said(1, 2, "withdraw", 1), said(2, 1, "grant", 2, lifts=frozenset({1}))], "a", "allowed"),
    "a copy of a NO": ([said(1, 1, "grant", 2), said(2, 1, "withdraw", 1, origin=7)], "a", "denied"),
    "a copy that was lifted before": (
        [said(1, 1, "grant", 2), said(2, 1, "object", 1, origin=7, lifted_by=frozenset({1}))], "a", "allowed",
    ),
    "a grant that ended": ([said(1, 1, "grant", 1, until=50)], "a", "expired"),
    "a grant that was ended": ([GRANT, said(2, 1, "expire", 2)], "a", "expired"),
    "a grant after an end": ([said(1, 1, "expire", 1), said(2, 1, "grant", 2)], "a", "allowed"),
    "what an ended grant had lifted": ([said(1, 1, "withdraw", 1), said(2, 1, "grant", 2, until=50)], "a", "denied"),
    "the older of two grants ended": ([GRANT, said(2, 2, "grant", 2, until=50)], "a", "allowed"),
    "an unconfirmed grant": ([said(1, 1, "grant", 1, awaits=True)], "a", "pending"),
    "an unconfirmed grant lifts nothing": (
        [said(1, 1, "withdraw", 1), said(2, 1, "grant", 2, awaits=True)], "a", "denied",
    ),
    "its confirmation": ([said(1, 1, "grant", 1, awaits=True), said(2, 1, "grant", 2)], "a", "allowed"),
    "an objection where none is needed": ([said(1, 1, "object", 1, "a", **OPT_OUT)], "ab", "denied denied"),
    "a withdrawal where none is needed": ([said(1, 1, "withdraw", 1, "a", **OPT_OUT)], "ab", "denied not_objected"),
    "an end where none is needed": ([said(1, 1, "expire", 1, **OPT_OUT)], "a", "not_objected"),
    "an objection of who holds no value": ([said(1, 1, "object", 1, "")], "", "denied"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_events_come_to(case: str) -> None:
    events, held, expected = CASES[case]
    assert state(events, held=held) == expected
    assert state(list(reversed(events)), held=held) == expected  # the order of recording counts for nothing


@pytest.mark.parametrize(
    ("yes", "no", "expected"),
    [
        ("verified", "model", "conflict"),
        ("model", "verified", "conflict"),
        ("verified", "verified", "denied"),
        ("rule", "model", "denied"),
        ("verified", "system", "denied"),
    ],
)
def test_verified_against_model_is_a_contradiction(yes: str, no: str, expected: str) -> None:
    events = [GRANT, said(2, 2, "withdraw", 2)]
    assert state(events, members={1: yes, 2: no}) == expected
    own = [*events, said(3, 1, "withdraw", 3)]
    assert state(own, members={1: yes, 2: no}) == "denied"  # the record that had said YES says NO itself


def test_an_answer_says_since_when_and_until_when() -> None:
    (one,) = answers([said(1, 1, "grant", 1, until=200), said(2, 1, "withdraw", 150)])
    assert (one.state, one.event, one.since, one.valid_until) == (State.ALLOWED, 1, day(1), day(150))
    (one,) = answers([said(1, 1, "grant", 1, until=200)])
    assert one.valid_until == day(200)


def test_a_grant_names_the_restrictions_that_it_lifts() -> None:
    events = [
        said(1, 1, "withdraw", 1), said(2, 2, "object", 1, "b"), said(3, 2, "withdraw", 1, "b"), said(4, 9, "withdraw", 1),
        said(5, 2, "withdraw", 7), said(6, 2, "object", 1, "", channel="sms"), said(7, 2, "object", 1, "", **OPT_OUT),
    ]  # fmt: skip
    customer = Customer({1: "verified", 2: "rule"}, {"email": {"a"}})
    assert to_lift(said(8, 1, "grant", 5), events, customer) == {1, 2}
    assert to_lift(said(8, 1, "grant", 5, by_subject=False), events, customer) == frozenset()
    assert to_lift(said(8, 1, "grant", 5, awaits=True), events, customer) == frozenset()


# ---- what a split takes along -----------------------------------------------------------------------------------------------


def copies(events: list[Said], *parts: set[int], since: float | None = None) -> list[tuple[int, int, set[int]]]:
    found = carried(events, parts, now=day(100), since=None if since is None else day(since))
    return [(one.restriction.id, one.record, set(one.lifted_by)) for one in found]


def test_every_part_takes_each_restriction_and_no_grant() -> None:
    events = [GRANT, said(2, 2, "withdraw", 2), said(3, 4, "object", 3, "")]
    assert copies(events, {1}, {2, 3}, {4}) == [(2, 1, set()), (2, 4, set()), (3, 1, set()), (3, 2, set())]


def test_a_part_that_holds_it_takes_no_second_one() -> None:
    events = [said(1, 1, "withdraw", 1), said(2, 2, "withdraw", 1, origin=1)]
    assert copies(events, {1}, {2}) == []


def test_a_lift_stays_with_its_grant() -> None:
    """Record 1 had agreed again while both were one: its part keeps the YES, the other says NO even when they meet again."""
    events = [said(1, 2, "withdraw", 1), said(2, 1, "grant", 2, lifts=frozenset({1}))]
    assert state(events) == "allowed"
    found = copies(events, {1}, {2})
    assert found == [(1, 1, {2}), (1, 2, set())]
    both = [
        replace(events[0], id=10 + record, record=record, origin=1, lifted_by=frozenset(lifted))
        for _, record, lifted in found
    ]
    assert state([events[1], both[0]], members={1: "rule"}) == "allowed"
    assert state([events[0], both[1]], members={2: "rule"}) == "denied"
    assert state([*events, *both]) == "denied"


def test_an_undo_takes_what_was_recorded_while_they_were_together() -> None:
    before, after = said(1, 1, "withdraw", 1), said(2, 1, "object", 2, "")
    events = [replace(before, recorded_at=day(1)), replace(after, recorded_at=day(20))]
    assert copies(events, {1}, {2}, since=10) == [(2, 2, set())]


def test_a_copy_is_on_the_first_record_of_its_part() -> None:
    (found,) = carried([said(1, 9, "withdraw", 1)], [{9}, {5, 3}], now=day(100))
    assert found == Carried(said(1, 9, "withdraw", 1), 3, frozenset())

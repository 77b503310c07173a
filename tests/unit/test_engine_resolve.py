"""From records to a plan: who joins, who is proposed, and why not."""

import random
from collections.abc import Iterable, Sequence

import numpy as np

from matching.engine.blocked import shipped_blocked
from matching.engine.candidates import pairs_within
from matching.engine.encode import encode
from matching.engine.keys import block_keys
from matching.engine.model import default_model
from matching.engine.resolve import resolve
from matching.engine.types import Plan, Reason, RecordInput, Situation
from tests.unit.engine_people import ANNA, organisation, person

MODEL = default_model()
CRM = {"given_name": "Anna", "family_name": "Berger", "phone": "+4930901820", "email": "anna.b@mail.org"}
BRUNO = {"given_name": "Bruno", "family_name": "Conti", "birth_date": "1961-08-02", "email": "bruno@conti.it"}


def plan_of(
    records: Sequence[RecordInput],
    profiles: Sequence[int] | None = None,
    fresh: Iterable[int] | None = None,
    **known: object,
) -> Plan:
    """Resolve records of which `profiles[i]` says the profile (-1 none); those without one are fresh."""
    profile_of = np.array(profiles if profiles is not None else [-1] * len(records), np.int64)
    is_fresh = profile_of < 0
    is_fresh[list(fresh or ())] = True
    table = encode(records, MODEL, shipped_blocked())
    pairs = pairs_within(block_keys(table, MODEL), MODEL.block_caps)
    situation = Situation(table, profile_of, is_fresh, pairs.left, pairs.right, pairs.rule, **known)  # type: ignore[arg-type]
    return resolve(situation, MODEL)


def groups(plan: Plan) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return [(component.profiles, component.records) for component in plan.components]


def reasons(plan: Plan) -> list[tuple[Reason, ...]]:
    return [proposal.reasons for proposal in plan.proposals]


def test_every_fresh_record_is_in_exactly_one_component() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **BRUNO), person(3, **ANNA), person(4)])
    assert groups(plan) == [((), (0, 2)), ((), (1,)), ((), (3,))]


def test_a_fresh_record_joins_its_customer_with_evidence() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [5, -1])
    assert groups(plan) == [((5,), (1,))]
    component = plan.components[0]
    assert component.links[component.best[1]].evidence.probability >= 0.95


def test_a_fresh_record_brings_two_customers_together() -> None:
    till, shop = (
        person(1, phone=CRM["phone"], given_name="Anna", family_name="Berger"),
        person(2, email=CRM["email"], given_name="Anna"),
    )
    assert groups(plan_of([till, shop, person(3, **CRM)], [0, 1, -1])) == [((0, 1), (2,))]


def test_an_unchanged_customer_is_not_listed() -> None:
    assert plan_of([person(1, **ANNA), person(2, **ANNA)], [0, 0]).components == ()


def test_both_verified_are_left_to_a_person() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [0, 1], verified_profiles=frozenset({0, 1}))
    assert plan.components == ()
    assert reasons(plan) == [(Reason.BOTH_VERIFIED,)]


def test_one_verified_side_does_not_stop_a_merge() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [0, 1], verified_profiles=frozenset({1}))
    assert groups(plan) == [((0, 1), ())]


def test_a_mark_leaves_the_pair_to_a_person() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [0, -1], no_auto_records=frozenset({0}))
    assert groups(plan) == [((), (1,))]
    assert reasons(plan) == [(Reason.MARKED,)]
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [0, -1], no_auto_profiles=frozenset({0}))
    assert reasons(plan) == [(Reason.MARKED,)]


def test_a_cannot_link_holds_directly() -> None:
    links = [(frozenset({0}), frozenset({1}))]
    plan = plan_of([person(1, **ANNA), person(2, **ANNA)], [0, 1], cannot_links=links)
    assert plan.components == ()
    assert all(Reason.CANNOT_LINK in found for found in reasons(plan))


def test_a_cannot_link_holds_through_a_third() -> None:
    links = [(frozenset({0}), frozenset({1}))]
    plan = plan_of([person(1, **ANNA), person(2, **ANNA), person(3, **ANNA)], [0, 1, -1], cannot_links=links)
    assert not any({0, 1} <= set(component.profiles) for component in plan.components)
    assert plan.proposals


def test_senior_and_junior_stay_apart_and_who_may_be_either_is_asked_about() -> None:
    base = {key: ANNA[key] for key in ("family_name", "phone", "street", "house_number", "postcode", "city")}
    suffixes: list[dict[str, str]] = [{"name_suffix": "Sr"}, {"name_suffix": "Jr"}, {}]
    senior, junior, either = (person(i, given_name="Paul", **base, **more) for i, more in enumerate(suffixes, start=1))
    plan = plan_of([senior, junior, either], [0, 1, -1])
    assert groups(plan) == [((), (2,))]
    ends = {(proposal.left, proposal.right) for proposal in plan.proposals}
    assert {(0, 2), (1, 2)} <= ends


def test_who_fits_two_customers_that_contradict_each_other_is_asked_about() -> None:
    one, other = {**ANNA, "national_id": "4710815"}, {**ANNA, "national_id": "9933201"}
    plan = plan_of([person(1, **one), person(2, **other), person(3, **ANNA)], [0, 1, -1])
    assert groups(plan) == [((), (2,))]
    assert any(Reason.RIVAL in found for found in reasons(plan))


def test_a_cluster_over_ten_records_is_left_to_a_person() -> None:
    plan = plan_of([person(i, **ANNA) for i in range(1, 13)], [0] * 6 + [1] * 6)
    assert plan.components == ()
    assert [Reason.TOO_LARGE in found for found in reasons(plan)] == [True]


def test_a_cluster_over_fifty_is_stopped() -> None:
    plan = plan_of([person(i, **ANNA) for i in range(1, 53)])
    assert [stop.size for stop in plan.stops] == [52]
    assert len(plan.components) == 52


def test_a_changed_record_that_no_longer_fits_is_a_fracture() -> None:
    plan = plan_of([person(1, **ANNA), person(2, **ANNA), person(3, **BRUNO)], [0, 0, 0], fresh=[2])
    assert [(found.record, found.profile) for found in plan.fractures] == [(2, 0)]
    assert plan_of([person(1, **ANNA), person(2, **ANNA)], [0, 0], fresh=[1]).fractures == ()


def test_a_couple_is_a_household_and_not_one_customer() -> None:
    peter = {**ANNA, "given_name": "Peter", "birth_date": "1979-10-28", "email": "peter@post.net"}
    plan = plan_of([person(1, **ANNA), person(2, **peter)])
    assert groups(plan) == [((), (0,)), ((), (1,))]
    assert [(link.left, link.right) for link in plan.households] == [(0, 1)]


def test_a_person_never_joins_an_organisation() -> None:
    same = {"email": "hello.acme@mail.org", "phone": "+4930901820"}
    plan = plan_of([person(1, given_name="Ada", **same), organisation(2, organisation_name="Ada", **same)])
    assert len(plan.components) == 2
    assert plan.proposals == ()


def test_two_customers_are_proposed_once() -> None:
    vague = {key: ANNA[key] for key in ("given_name", "family_name")} | {
        "birth_date": "1984-11-29",
        "phone": ANNA["phone"],
    }
    plan = plan_of([person(1, **ANNA), person(2, **ANNA), person(3, **vague), person(4, **vague)])
    ends = [(proposal.left, proposal.right) for proposal in plan.proposals]
    assert len(ends) == len(set(ends)) == 1


def test_the_plan_does_not_depend_on_the_order_of_the_pairs() -> None:
    names = [("Anna", "Berger"), ("Ana", "Berger"), ("Anna", "Bergr"), ("Paul", "Berger")]
    records = [
        person(i, given_name=given, family_name=family, birth_date=f"1984-03-{17 + i % 2}", phone=f"+493090182{i % 3}")
        for i, (given, family) in enumerate(names * 6)
    ]
    table = encode(records, MODEL, shipped_blocked())
    pairs = pairs_within(block_keys(table, MODEL), MODEL.block_caps)
    alone, fresh = np.full(len(table), -1, np.int64), np.ones(len(table), np.bool_)
    plans = []
    for seed in range(4):
        order = np.array(random.Random(seed).sample(range(len(pairs)), len(pairs)))
        swap = np.array([random.Random(f"{seed}{i}").random() < 0.5 for i in range(len(pairs))])
        left, right = np.where(swap, pairs.right, pairs.left), np.where(swap, pairs.left, pairs.right)
        plans.append(resolve(Situation(table, alone, fresh, left[order], right[order], pairs.rule[order]), MODEL))
    assert all(plan == plans[0] for plan in plans)


def test_nothing_to_resolve_is_an_empty_plan() -> None:
    assert plan_of([]) == Plan((), (), (), (), ())

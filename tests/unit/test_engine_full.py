"""A full run decides what one step over everything decides, and what records arriving one by one come to."""

import random
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import combinations

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.bulk import Run
from matching.engine.candidates import pairs_within
from matching.engine.encode import encode
from matching.engine.full import World, decide_all, groups
from matching.engine.keys import block_keys
from matching.engine.model import default_model
from matching.engine.plain import decide_plain
from matching.engine.resolve import resolve
from matching.engine.types import Ints, Plan, Reason, Situation
from tests.labelled import Labelled, load, resolve_from_scratch

SETS = ("febrl3", "jempi_5000", "senzing_truthset")


@cache
def everything(name: str) -> tuple[Labelled, Plan]:
    data = load(name)
    return data, resolve_from_scratch(data, default_model())[1]


@cache
def run_over(name: str) -> Run:
    model = default_model()
    return Run.of(encode(load(name).records, model, shipped_blocked()), model)


def full_run(name: str, batch: int) -> list[tuple[Ints, Plan]]:
    run = run_over(name)
    world = World(np.full(len(run.table), -1, np.int64))
    return [(decided.rows, decided.plan) for decided in decide_all(run, run.all(), world, batch)]


def customers(plans: Iterable[tuple[Ints, Plan]]) -> set[frozenset[int]]:
    """Sets of two records and more that become one customer."""
    found = (frozenset(rows[list(one.records)].tolist()) for rows, plan in plans for one in plan.components)
    return {records for records in found if len(records) > 1}


def proposals(plans: Iterable[tuple[Ints, Plan]]) -> set[tuple[int, int, tuple[str, ...], float]]:
    return {
        (int(rows[one.left]), int(rows[one.right]), one.reasons, one.evidence.weight)
        for rows, plan in plans
        for one in plan.proposals
    }


def households(plans: Iterable[tuple[Ints, Plan]]) -> set[tuple[int, int]]:
    return {(int(rows[one.left]), int(rows[one.right])) for rows, plan in plans for one in plan.households}


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("batch", [1, 300])
def test_a_full_run_in_batches_decides_what_one_step_over_everything_decides(name: str, batch: int) -> None:
    data, plan = everything(name)
    whole = [(np.arange(len(data.records)), plan)]
    found = full_run(name, batch)
    assert customers(found) == customers(whole)
    assert proposals(found) == proposals(whole)
    assert households(found) == households(whole)


@pytest.mark.parametrize("name", SETS)
def test_small_groups_are_decided_all_at_once_as_in_any_step(name: str) -> None:
    run = run_over(name)
    edges, world = run.all(), World(np.full(len(run.table), -1, np.int64))
    found = decide_plain(run, groups(run, edges, world), edges, world)
    rows, whole = set(found.rows.tolist()), full_run(name, 300)
    home = dict(zip(found.rows.tolist(), found.cluster.tolist(), strict=True))
    joined = {frozenset(row for row in rows if home[row] == low) for low in set(home.values())}
    assert {group for group in joined if len(group) > 1} == {group for group in customers(whole) if group <= rows}
    assert all(group <= rows or group.isdisjoint(rows) for group in customers(whole))
    assert found.joined == len(rows) - len(joined) > 0
    told = {
        (min(home[left], home[right]), max(home[left], home[right]), reasons[0])
        for left, right, reasons, _ in proposals(whole)
        if left in rows
    }
    assert set(found.proposals) == told


def test_batches_hold_each_record_once_and_links_tell_what_one_step_tells() -> None:
    data, plan = everything("febrl3")
    found = full_run("febrl3", 300)
    rows = np.concatenate([rows for rows, _ in found])
    assert len(found) > 5
    assert len(np.unique(rows)) == len(rows)
    told = {(link.left, link.right): link.evidence for one in plan.components for link in one.links}
    again = {
        (int(rows[link.left]), int(rows[link.right])): link.evidence
        for rows, plan in found
        for one in plan.components
        for link in one.links
    }
    assert {pair: replace(one, found_by=None) for pair, one in again.items()} == {
        pair: replace(one, found_by=None) for pair, one in told.items()
    }


def test_people_kept_apart_stay_apart_in_a_full_run() -> None:
    run = run_over("febrl3")
    pair = min((group for group in customers(full_run("febrl3", 300)) if len(group) == 2), key=min)
    one, other = sorted(pair)
    world = World(np.full(len(run.table), -1, np.int64), cannot_links=[(frozenset({one}), frozenset({other}))])
    found = [(decided.rows, decided.plan) for decided in decide_all(run, run.all(), world, 300)]
    assert not any({one, other} <= group for group in customers(found))


def arrive_one_by_one(data: Labelled, order: list[int]) -> set[frozenset[int]]:
    """Resolve each record on its own against those before it; customers by number of the file."""
    model, profile_of = default_model(), np.full(len(order), -1, np.int64)
    table = encode(
        [replace(data.records[i], record_id=place) for place, i in enumerate(order)], model, shipped_blocked()
    )
    pairs = pairs_within(block_keys(table, model), model.block_caps)
    for place in range(len(order)):
        fresh = np.arange(len(order)) == place
        mine = (pairs.right == place) | ((pairs.left == place) & (pairs.right < place))
        found = resolve(
            Situation(table, profile_of.copy(), fresh, pairs.left[mine], pairs.right[mine], pairs.rule[mine]), model
        )
        for one in found.components:
            home = min([int(np.flatnonzero(profile_of == profile)[0]) for profile in one.profiles] or [place])
            for profile in one.profiles:
                profile_of[profile_of == profile] = home
            profile_of[list(one.records)] = home
    groups = [frozenset(order[place] for place in np.flatnonzero(profile_of == home)) for home in np.unique(profile_of)]
    return {group for group in groups if len(group) > 1}


def pairs_in(groups: Iterable[frozenset[int]]) -> set[tuple[int, ...]]:
    return {pair for group in groups for pair in combinations(sorted(group), 2)}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_one_by_one_in_any_order_differs_from_a_full_run_only_where_a_rival_came_too_late(seed: int) -> None:
    """Two records that were joined before their rival was known are what the full run asks a person about."""
    data, plan = everything("senzing_truthset")
    order = random.Random(seed).sample(range(len(data.records)), len(data.records))
    groups = customers([(np.arange(len(data.records)), plan)])
    whole, single = pairs_in(groups), pairs_in(arrive_one_by_one(data, order))
    home = {record: min(group) for group in groups for record in group}

    def ends(left: int, right: int) -> frozenset[int]:
        return frozenset((home.get(left, left), home.get(right, right)))

    rivals = {ends(one.left, one.right) for one in plan.proposals if Reason.RIVAL in one.reasons}
    assert whole <= single
    assert {ends(*pair) for pair in single - whole} <= rivals

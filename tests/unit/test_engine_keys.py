"""Keys bring together who may be one, are the same everywhere, and never flood."""

from dataclasses import replace

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.candidates import pairs_within
from matching.engine.encode import encode
from matching.engine.keys import block_keys, stable_key, value_keys
from matching.engine.model import ModelInvalid, default_model
from matching.engine.types import Keys, RecordInput
from tests.unit.engine_people import ANNA, person

MODEL = default_model()


def keys_of(*records: RecordInput) -> Keys:
    return block_keys(encode(records, MODEL, shipped_blocked()), MODEL)


def as_set(keys: Keys) -> set[tuple[int, int]]:
    return set(zip(keys.rule.tolist(), keys.key.tolist(), strict=True))


def test_a_records_keys_do_not_depend_on_its_company() -> None:
    alone = keys_of(person(**ANNA))
    together = keys_of(person(given_name="Zoe", family_name="Zett"), person(**ANNA))
    mine = together.record == 1
    assert as_set(alone) == as_set(Keys(together.record[mine], together.rule[mine], together.key[mine]))


def test_keys_are_the_same_in_every_process_and_stay_so() -> None:
    assert stable_key("email", "anna@mail.org") == -2578224581572192001


def test_keys_fit_the_database_types() -> None:
    keys = keys_of(person(**ANNA))
    assert (keys.record.dtype, keys.rule.dtype, keys.key.dtype) == (np.int32, np.int16, np.int64)


def test_a_usual_form_of_a_name_finds_it_in_any_order() -> None:
    keys = keys_of(person(given_name="Howard", family_name="Hughes"), person(given_name="Hughes", family_name="Howie"))
    assert len(set(keys.key[keys.record == 0].tolist()) & set(keys.key[keys.record == 1].tolist())) == 1


def test_no_record_has_a_key_twice() -> None:
    keys = keys_of(person(**{**ANNA, "email": ["a@mail.org", "A@mail.org", "a@mail.org"]}))
    assert len(as_set(keys)) == len(keys)


def test_only_single_values_count_as_shared_values() -> None:
    table = encode([person(**ANNA)], MODEL, shipped_blocked())
    numbers = {rule.number for rule in MODEL.blocking if rule.value_of}
    assert set(value_keys(table, MODEL).rule.tolist()) <= numbers
    assert {rule.value_of for rule in MODEL.blocking if rule.value_of} == {"email", "phone", "address", "device_id"}


def test_a_pair_belongs_to_the_first_rule_that_finds_it() -> None:
    keys = keys_of(person(1, **ANNA), person(2, **ANNA), person(3, given_name="Zoe", family_name="Zett"))
    found = pairs_within(keys, MODEL.block_caps)
    assert (found.left.tolist(), found.right.tolist(), found.rule.tolist()) == ([0], [1], [1])


def test_all_pairs_of_a_block_are_found_once() -> None:
    found = pairs_within(_block(5), MODEL.block_caps)
    assert len(set(zip(found.left.tolist(), found.right.tolist(), strict=True))) == len(found) == 10
    assert (found.left < found.right).all()


def test_a_key_over_the_cap_is_reported_and_makes_no_pairs() -> None:
    found = pairs_within(_block(5), MODEL.block_caps | {1: 4})
    assert len(found) == 0
    assert [(item.key, item.records) for item in found.oversize] == [(99, 5)]


def test_a_rule_may_have_a_lower_cap_than_the_limit_and_no_higher_one() -> None:
    first, second, *rest = MODEL.blocking
    capped = replace(MODEL, blocking=(replace(first, cap=7), replace(second, cap=7_000), *rest))
    assert capped.block_caps[first.number] == 7
    assert capped.block_caps[second.number] == MODEL.limits.block
    assert {"names", "full name"} == {rule.name for rule in MODEL.blocking if rule.cap}
    with pytest.raises(ModelInvalid, match="negative"):
        replace(MODEL, blocking=(replace(first, cap=-1), *rest))


def _block(size: int) -> Keys:
    return Keys(np.arange(size, dtype=np.int32), np.ones(size, np.int16), np.full(size, 99, np.int64))

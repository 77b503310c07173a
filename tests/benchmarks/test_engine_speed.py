"""How many records a second the pure engine resolves against what is known, without reading or writing."""

import time
from dataclasses import replace

import numpy as np
import pytest

from matching.engine.blocked import shipped_blocked
from matching.engine.candidates import pairs_within
from matching.engine.encode import encode
from matching.engine.keys import block_keys
from matching.engine.model import default_model
from matching.engine.resolve import resolve
from matching.engine.types import Situation
from tests.labelled import load

BATCH, FLOOR = 500, 2_500  # records; records a second on one core of a busy machine


@pytest.mark.long
def test_a_batch_is_resolved_against_thousands_in_a_fraction_of_a_second() -> None:
    data, model, blocked = load("febrl3"), default_model(), shipped_blocked()
    table = encode(data.records, model, blocked)
    known = np.unique(data.entities, return_inverse=True)[1].astype(np.int64)
    fresh = np.zeros(len(table), np.bool_)
    fresh[np.random.default_rng(1).choice(len(table), BATCH, replace=False)] = True
    pairs = pairs_within(block_keys(table, model), model.block_caps)
    news = fresh[pairs.left] | fresh[pairs.right]
    situation = Situation(
        table, np.where(fresh, -1, known), fresh, pairs.left[news], pairs.right[news], pairs.rule[news]
    )
    batch = [data.records[row] for row in np.flatnonzero(fresh)]
    rates = []
    for _ in range(5):
        start = time.process_time()
        block_keys(encode(batch, model, blocked), model)
        resolve(replace(situation, table=encode(data.records, model, blocked)), model)
        rates.append(BATCH / (time.process_time() - start))
    print(f"{BATCH} records against {len(table)}: {np.median(rates):,.0f} records/s")
    assert np.median(rates) >= FLOOR

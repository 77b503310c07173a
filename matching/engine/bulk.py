"""A full run over columns: keys to candidates, candidates to weighed pairs, chunk by chunk, in several processes."""

import multiprocessing
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.candidates import Blocking, Part
from matching.engine.cascade import cascade
from matching.engine.model import Model
from matching.engine.score import total
from matching.engine.types import Candidates, Codes, Levels, Table
from matching.engine.usage import Counts, count


@dataclass(frozen=True, slots=True)
class Edges:
    """Weighed pairs: row numbers (left < right), the rule that found each, levels and log2 odds."""

    left: Codes
    right: Codes
    found_by: NDArray[np.int16]
    levels: Levels
    weight: NDArray[np.float32]
    home: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.left)

    @classmethod
    def of(cls, several: Iterable[Self]) -> Self:
        """Edges of several chunks as one."""
        listed = list(several)
        return cls(*(np.concatenate([getattr(one, name) for one in listed]) for name in cls.__dataclass_fields__))


@dataclass(frozen=True, slots=True)
class Run:
    """What every chunk of a full run needs to know."""

    table: Table
    model: Model
    blocking: Blocking
    counts: Counts
    at_least: float

    @classmethod
    def of(cls, table: Table, model: Model, at_least: float | None = None, blocking: Blocking | None = None) -> Self:
        """A run of a model over a table; `at_least` is the weight from which pairs are kept, the review's by default."""
        alone = np.full(len(table), -1, np.int64)
        limit = model.thresholds.review_weight if at_least is None else at_least
        blocks = blocking or Blocking.of(table, model)
        return cls(table, model, blocks, count(table, model, profile_of=alone), limit)

    def part(self, part: Part) -> Edges:
        """The edges of one part of the keys."""
        return Edges.of([self.weigh(chunk) for chunk in self.blocking.chunks(part)] or [self.weigh(NO_PAIRS)])

    def weigh(self, chunk: Candidates) -> Edges:
        """The pairs of a chunk that are worth keeping."""
        table, model = self.table, self.model
        places, levels = cascade(table, chunk.left, chunk.right, model, self.counts, self.at_least)
        left, right, found_by = chunk.left[places], chunk.right[places], chunk.rule[places]
        totals = total(levels, table, left, model)
        weight = totals.weight
        keep = np.flatnonzero(weight >= self.at_least)
        return Edges(
            left[keep].astype(np.int32),
            right[keep].astype(np.int32),
            found_by[keep],
            levels[keep],
            weight[keep].astype(np.float32),
            totals.home[keep].astype(np.float32),
        )

    def all(self, workers: int = 1) -> Edges:
        """All edges, by so many processes, each with its share of the keys."""
        if workers == 1:
            return self.part(Part())
        context = multiprocessing.get_context("fork")
        with context.Pool(workers, initializer=_take, initargs=(self,)) as pool:
            return Edges.of(pool.map(_part, [Part(number, workers) for number in range(workers)]))


NO_PAIRS = Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int16))
_run: list[Run] = []


def _take(run: Run) -> None:
    _run[:] = [run]


def _part(part: Part) -> Edges:
    return _run[0].part(part)

"""A full run over columns: keys to candidates, candidates to weighed pairs, pairs to components, chunk by chunk."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from matching.engine.candidates import Blocking, Part
from matching.engine.cascade import NEVER, Wanted, cascade
from matching.engine.compare import facts_of
from matching.engine.components import component_of
from matching.engine.crew import Crew, at_once
from matching.engine.keys import keys_of
from matching.engine.model import Model
from matching.engine.score import total
from matching.engine.types import Candidates, Codes, Ints, Levels, Table
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
    wanted: Wanted

    @classmethod
    def of(
        cls,
        table: Table,
        model: Model,
        wanted: Wanted | None = None,
        threads: int = 1,
        profile_of: Ints | None = None,
    ) -> Self:
        """A run of a model over a table, everything worked out that its chunks share.

        By default pairs are kept that the model would have reviewed, and likely households; and no record has a profile.
        """
        limits = model.thresholds
        wanted = wanted or Wanted(limits.review_weight, limits.household_weight)
        for stage in (facts_of(table, model), *keys_of(table, model)):
            at_once(stage, threads)
        blocking = Blocking.of(table, model, threads)
        homes = np.full(len(table), -1, np.int64) if profile_of is None else profile_of
        counts = count(table, model, profile_of=homes, over_limit=wanted.home == NEVER)
        return cls(table, model, blocking, counts, wanted)

    def under(self, model: Model) -> Self:
        """The same run under another model with the same levels and blocking rules."""
        return replace(self, model=model)

    def part(self, part: Part) -> Edges:
        """The edges of one part of the keys."""
        return Edges.of([self.weigh(NO_PAIRS), *(self.weigh(chunk) for chunk in self.blocking.chunks(part))])

    def weigh(self, chunk: Candidates) -> Edges:
        """The pairs of a chunk that are worth keeping."""
        table, model = self.table, self.model
        places, levels = cascade(table, chunk.left, chunk.right, model, self.counts, self.wanted)
        left, right, found_by = chunk.left[places], chunk.right[places], chunk.rule[places]
        totals = total(levels, table, left, model)
        weight = totals.weight
        ruled = np.logical_or.reduce([model.holds(rule.condition, levels) for rule in model.rules] or [weight < 0])
        keep = np.flatnonzero((weight >= self.wanted.same) | (totals.home >= self.wanted.home) | ruled)
        return Edges(
            left[keep].astype(np.int32),
            right[keep].astype(np.int32),
            found_by[keep],
            levels[keep],
            weight[keep].astype(np.float32),
            totals.home[keep].astype(np.float32),
        )

    def all(self, workers: int = 1) -> Edges:
        """All edges, by so many processes."""
        with Crew(self, workers) as crew:
            return edges(crew, self.model)


def edges(crew: Crew, model: Model) -> Edges:
    """All edges under a model, each process with its share of the keys."""
    parts = [(model, Part(number, crew.size)) for number in range(crew.size)]
    return Edges.of(crew.map(_part, parts))


def certain(found: Edges, run: Run) -> Ints:
    """For each record the lowest record that it is joined with when every edge over the automatic limit is followed."""
    auto = found.weight >= run.model.thresholds.auto_weight
    return component_of(len(run.table), found.left[auto], found.right[auto])


def _part(run: Run, argument: tuple[Model, Part]) -> Edges:
    model, part = argument
    return run.under(model).part(part)


NO_PAIRS = Candidates(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int16))

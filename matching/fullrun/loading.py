"""What the parts of a run work on: its columns encoded, its model, and what people decided. Kept by the process."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from matching import models_in_force
from matching.engine.arrow import encode_columns
from matching.engine.bulk import Run
from matching.engine.full import World
from matching.engine.memory import give_back, keep_freed_memory
from matching.engine.model import Model
from matching.engine.types import Flags, Ints, Levels
from matching.models import CannotLinkRecord, FullRun, FullRunEdge, FullRunMember, MatchModel
from profiles import jobs, schema
from profiles.models import Mark, Membership
from profiles.models.identity import LinkClass
from profiles.models.mark import kinds_that_stop

from ..stretches import bounds_of, read_numbers
from .columns import Columns, kept

EDGES = """
SELECT left_record, right_record, rule, weight, home, pattern FROM matching_fullrunedge
WHERE run_id = {run} AND left_record {{inside}}
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A run as the engine sees it. `profiles`: the ids of customers by number."""

    run_id: int
    run: Run
    record_id: Ints
    received: Flags
    profile_of: Ints
    profiles: list[str]


@dataclass(frozen=True, slots=True)
class Pairs:
    """Edges by record or by row number."""

    left: Ints
    right: Ints
    found_by: np.ndarray[tuple[int, ...], np.dtype[np.int16]]
    pattern: Levels

    def __len__(self) -> int:
        return len(self.left)

    def some(self, which: Flags) -> "Pairs":
        """Those of the pairs."""
        return Pairs(self.left[which], self.right[which], self.found_by[which], self.pattern[which])

    def by_row(self, record_id: Ints) -> "Pairs":
        """The same by row number."""
        return replace(self, left=np.searchsorted(record_id, self.left), right=np.searchsorted(record_id, self.right))


@dataclass(frozen=True, slots=True)
class Written:
    """What a run has written: pairs that may be one person, and likely households, which only say who lives together."""

    same: Pairs
    homes: Pairs
    edges: int


SLACK = 0.01  # log2: what weights may lose in four bytes

_held: list[Loaded] = []  # the run that this process worked on last


def model_of(run: FullRun) -> Model:
    """The model that a run works with, as it was when the run began. 1 query."""
    row = MatchModel.objects.filter(label=run.model_label).first()
    if row is None or row.digest != run.model_digest:
        raise jobs.JobFailed("The draft was edited or discarded in the meantime. Discard the run and start another.")
    return Model.from_json(row.content)


def load(run: FullRun) -> Loaded:
    """What the parts of a run share; at once if this process did another part of it."""
    if not _held or _held[0].run_id != run.id:
        _held[:] = []  # before the next takes memory
        keep_freed_memory()
        _held[:] = [prepared(run.id, kept(run), model_of(run))]
    return _held[0]


def prepared(run_id: int, columns: Columns, model: Model) -> Loaded:
    """Columns encoded, and all that the chunks of a run share."""
    if not len(columns):
        raise jobs.JobFailed("There are no records yet.")
    version = schema.published()
    model, blocked = models_in_force.with_sources(model, version), models_in_force.blocked_values(version)
    table = encode_columns(columns.fields(), model, blocked, columns.record_id)
    profile_of, profiles = columns.profiles()
    found = Run.of(table, model, profile_of=profile_of)
    return Loaded(run_id, found, columns.record_id, columns.received, profile_of, profiles)


def forget() -> None:
    """Give the memory back."""
    _held[:] = []
    give_back()


def world_of(loaded: Loaded) -> World:
    """What people decided, by row number. 3 queries.

    Looked at again are the records that changed, and those of customers of several that no person confirmed.
    """
    places = _Places(loaded)
    confirmed = Membership.objects.filter(link_class=LinkClass.VERIFIED).values_list("profile_id", flat=True)
    verified = places.numbers(str(pid) for pid in confirmed.distinct())
    return World(
        profile_of=loaded.profile_of,
        again=_again(loaded, verified),
        cannot_links=places.cannot_links(),
        verified_profiles=verified,
        no_auto_records=places.marked(),
    )


def _again(loaded: Loaded, verified: frozenset[int]) -> Flags:
    inside = loaded.profile_of >= 0
    several = np.bincount(loaded.profile_of[inside], minlength=len(loaded.profiles)) > 1
    several[list(verified)] = False
    again = inside & loaded.received
    again[inside] |= several[loaded.profile_of[inside]]
    return again


class _Places:
    """Rows of records; a withdrawn one, which has none, is spoken for by the first row of its customer."""

    def __init__(self, loaded: Loaded) -> None:
        self.ids, self.profile_of = loaded.record_id, loaded.profile_of
        self.number = {pid: number for number, pid in enumerate(loaded.profiles)}
        inside = np.flatnonzero(loaded.profile_of >= 0)
        numbers, first = np.unique(loaded.profile_of[inside], return_index=True)
        self.first = dict(zip(numbers.tolist(), inside[first].tolist(), strict=True))

    def numbers(self, profiles: Iterable[str]) -> frozenset[int]:
        return frozenset(self.number[pid] for pid in profiles if pid in self.number)

    def place(self, record_id: int, profile: object) -> int | None:
        row = int(np.searchsorted(self.ids, record_id))
        if row < len(self.ids) and self.ids[row] == record_id:
            return row
        return self.first.get(self.number.get(str(profile), -1))

    def marked(self) -> frozenset[int]:
        marks = Mark.objects.filter(kind__in=kinds_that_stop("auto"), until__isnull=True)
        found = {self.place(*end) for end in marks.values_list("record_id", "record__membership__profile_id")}
        return frozenset(row for row in found if row is not None)

    def cannot_links(self) -> list[tuple[frozenset[int], frozenset[int]]]:
        ends = CannotLinkRecord.objects.filter(cannot_link__revoked_at__isnull=True).order_by("cannot_link_id")
        sides: dict[int, tuple[set[int], set[int]]] = {}
        wanted = ("cannot_link_id", "side", "record_id", "record__membership__profile_id")
        for link, side, record_id, profile in ends.values_list(*wanted):
            if (row := self.place(record_id, profile)) is not None:
                sides.setdefault(link, (set(), set()))[side].add(row)
        return [(frozenset(one), frozenset(other)) for one, other in sides.values() if one and other]


def bounds_of_run(table: type[FullRunEdge | FullRunMember], column: str, run: FullRun) -> tuple[int, int]:
    """The lowest and the highest record that a run has written of. 1 query."""
    return bounds_of(table._meta.db_table, column, f"run_id = {int(run.id)}")


def written(run: FullRun, model: Model) -> Written:
    """The pairs that a run has written, by record. 1 COPY."""
    kinds = {"left_record": "i8", "right_record": "i8", "rule": "i2", "weight": "f4", "home": "f4", "pattern": "u1"}
    found = read_numbers(kinds, EDGES.format(run=int(run.id)), bounds_of_run(FullRunEdge, "left_record", run))
    levels = found["pattern"].view(np.int8).reshape(-1, len(model.comparisons))
    ruled = np.logical_or.reduce([model.holds(rule.condition, levels) for rule in model.rules] or [levels[:, 0] < 0])
    pairs = Pairs(found["left_record"], found["right_record"], found["rule"], levels)
    same = ruled | (found["weight"] >= model.thresholds.review_weight - SLACK)
    homes = found["home"] >= model.thresholds.household_weight - SLACK
    return Written(pairs.some(same), pairs.some(homes), len(pairs))

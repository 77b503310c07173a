"""What the stages of the engine hand to each other: records, columns, keys, candidates, scores, verdicts."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Codes = NDArray[np.int32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Levels = NDArray[np.int8]  # [pairs, comparisons]: index into Comparison.levels; 0 is always "missing"
OPEN = -1  # a level not settled yet
MEASURED = ("number", "relative", "distance")  # kinds of comparisons whose levels are distances


@dataclass(frozen=True, slots=True)
class RecordInput:
    """One customer as one source knows them: canonical attributes, already standardised."""

    record_id: int
    source: str
    party_kind: str
    attributes: Mapping[str, Sequence[str]]


class Reason(StrEnum):
    """Why something was not done automatically, or a value was not used. Sentences are in `explain`."""

    # a pair: vetoes on automatic decisions
    PARTY_KIND_DIFFERS = "party_kind_differs"
    IDENTIFIER_DIFFERS = "identifier_differs"
    BIRTH_DATE_DIFFERS = "birth_date_differs"
    SUFFIX_DIFFERS = "suffix_differs"
    FIRST_NAME_DIFFERS_AT_HOME = "first_name_differs_at_home"
    # a pair: weaker grounds
    CONTRADICTED = "contradicted"
    FIRST_NAME_DOUBTFUL = "first_name_doubtful"
    GENERATION_DOUBTFUL = "generation_doubtful"
    ONE_GROUP = "one_group"
    UNSURE = "unsure"
    # profiles and clusters
    CANNOT_LINK = "cannot_link"
    RIVAL = "rival"
    MARKED = "marked"
    BOTH_VERIFIED = "both_verified"
    CONTRADICTED_IN_CLUSTER = "contradicted_in_cluster"
    TOO_LARGE = "too_large"
    STOPPED = "stopped"
    ONLY_BRIDGE = "only_bridge"
    OVER_CAP = "over_cap"
    FRACTURE = "fracture"
    # values
    BLOCKED_VALUE = "blocked_value"
    SHARED_VALUE = "shared_value"
    GENERIC_VALUE = "generic_value"
    # why not
    NO_SHARED_KEY = "no_shared_key"
    MISSING_WEIGHT = "missing_weight"


VETOES: tuple[Reason, ...] = (
    Reason.PARTY_KIND_DIFFERS,
    Reason.IDENTIFIER_DIFFERS,
    Reason.BIRTH_DATE_DIFFERS,
    Reason.SUFFIX_DIFFERS,
    Reason.FIRST_NAME_DIFFERS_AT_HOME,
)


class Outcome(IntEnum):
    """What the engine would do with one pair, before anything is known of profiles."""

    DISTINCT = 0
    REVIEW = 1
    AUTO = 2


@dataclass(frozen=True, slots=True)
class Ignored:
    """A value of one record that matching does not use; `index` is its place in the field's list."""

    field: str
    index: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Column:
    """A dictionary-encoded column of single values: `values[codes[i]]`; code 0 is missing, `values[0]` is ""."""

    codes: Codes
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class MultiColumn:
    """Several values per record: those of record i are `codes[offsets[i]:offsets[i + 1]]`; no code 0 inside."""

    offsets: Ints
    codes: Codes
    values: Sequence[str]


@dataclass(frozen=True, slots=True)
class Table:
    """Records as columns; a row number is the record's index in every other array of the engine."""

    record_id: Ints
    single: Mapping[str, Column]
    multi: Mapping[str, MultiColumn]
    date_parts: Mapping[str, NDArray[np.int16]]  # field -> [records, (year, month, day)], 0 is missing
    ignored: Sequence[Sequence[Ignored]]
    facts: dict[str, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # of records, worked out when asked for
    lore: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)  # of distinct values, likewise

    def __len__(self) -> int:
        return len(self.record_id)

    def fact(self, name: str, work_out: Callable[[], Any]) -> Any:
        """Something that follows from the records, worked out when it is first asked for."""
        if name not in self.facts:
            self.facts[name] = work_out()
        return self.facts[name]

    def learn(self, name: str, work_out: Callable[[], Any]) -> Any:
        """Something that follows from the distinct values alone; a selection of the records knows it too."""
        if name not in self.lore:
            self.lore[name] = work_out()
        return self.lore[name]


@dataclass(frozen=True, slots=True)
class Keys:
    """Blocking keys: record (row number), rule (its stable number) and the 64-bit key, one entry each."""

    record: Codes
    rule: NDArray[np.int16]
    key: Ints

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True)
class Oversize:
    """A key that too many records share to be of use as a key."""

    rule: int
    key: int
    records: int


@dataclass(frozen=True, slots=True)
class Candidates:
    """Pairs of row numbers, left < right, each with the number of the first rule that finds it."""

    left: Ints
    right: Ints
    rule: NDArray[np.int16]
    oversize: tuple[Oversize, ...] = ()

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True, slots=True)
class Scores:
    """The weight of evidence per pair, in log2.

    `levels` is the pattern after values shared by too many were set to "shared"; `weights` one column per
    comparison; `weight` the posterior log2 odds (prior and the household alternative included); `usage` per
    comparison how many profiles hold the agreeing value (0: not counted).
    """

    levels: Levels
    weights: Floats
    household_weight: Floats
    weight: Floats
    probability: Floats
    household_probability: Floats
    usage: Mapping[str, Codes]


@dataclass(frozen=True, slots=True)
class PairVerdicts:
    """What the pair alone says. `rule` is an index into `model.rules` or -1; the others are bit masks."""

    outcome: Levels
    rule: NDArray[np.int16]
    groups: Ints  # bit i: evidence in model.groups[i]
    vetoes: Ints  # bit i: VETOES[i]
    doubts: Ints  # bit i: model.doubts[i]
    contradicted: Flags

    def __len__(self) -> int:
        return len(self.outcome)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything about one pair that is worth keeping: levels, never values."""

    model: str
    levels: Mapping[str, str]
    weights: Mapping[str, float]
    prior: float
    household: float
    weight: float
    probability: float
    household_probability: float
    rule: str | None = None
    found_by: str | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[tuple[str, str], ...] = ()  # (field, reason), of either side
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """Two records (row numbers, left < right) and what speaks for them."""

    left: int
    right: int
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Component:
    """Records and profiles that become one customer.

    `profiles` are existing profiles (indexes as in `profile_of`), `records` the fresh records without a profile that
    enter; either may be empty, and a component of one record and no profile founds a customer of its own.
    `links` are the accepted links that hold it together; `best` maps each entering record to its best link's place in
    `links`.
    """

    profiles: tuple[int, ...]
    records: tuple[int, ...]
    links: tuple[Link, ...]
    best: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A pair for a steward: the best link between two components, and why it was not automatic."""

    left: int
    right: int
    evidence: Evidence
    reasons: tuple[Reason, ...]
    bridging: tuple[int, ...] = ()  # records in the way: ends of the cannot-link or of the contradicted pair


@dataclass(frozen=True, slots=True)
class Fracture:
    """A changed record that no longer fits its profile: its best link into it is below the threshold."""

    record: int
    profile: int
    best: Link


@dataclass(frozen=True, slots=True)
class Stop:
    """A cluster so large that nothing in it was decided."""

    profiles: tuple[int, ...]
    records: tuple[int, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do, complete and in a fixed order; nothing has been changed yet."""

    components: tuple[Component, ...]
    proposals: tuple[Proposal, ...]
    fractures: tuple[Fracture, ...]
    households: tuple[Link, ...]
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Situation:
    """All that `resolve` needs to know of the world.

    The table holds the fresh records, every candidate record and all members of each profile touched.
    `profile_of[i]` is the index of record i's profile, or -1. A fresh record with a profile is one that changed.
    `left`, `right`, `found_by` are the candidate pairs, each with the number of the blocking rule that found it.
    `usage` says per value key how many profiles hold it. Cannot-links are two sets of row numbers each.
    """

    table: Table
    profile_of: Ints
    fresh: Flags
    left: Ints
    right: Ints
    found_by: NDArray[np.int16]
    usage: Mapping[int, int] = field(default_factory=dict)
    cannot_links: Sequence[tuple[frozenset[int], frozenset[int]]] = ()
    verified_profiles: frozenset[int] = frozenset()
    no_auto_profiles: frozenset[int] = frozenset()
    no_auto_records: frozenset[int] = frozenset()

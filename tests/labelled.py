"""Labelled data sets as canonical records, resolved in memory from scratch and measured against the truth."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from pathlib import Path

from matching.engine import measure as measuring
from matching.engine.blocked import shipped_blocked
from matching.engine.encode import encode
from matching.engine.model import Model
from matching.engine.types import Plan, RecordInput, Table
from profiles.canonical.records import standardise_rows
from profiles.canonical.registry import TARGETS
from profiles.canonical.types import Context, FieldMapping

DATA = Path(__file__).parent / "data"
Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Labelled:
    """Records with the entity that each truly belongs to; `names` are the record ids of the file."""

    records: list[RecordInput]
    entities: list[str]
    names: list[str]


@dataclass(frozen=True, slots=True)
class Measured:
    """Pairwise figures of what became one customer automatically, and recall with the proposals added."""

    precision: float
    recall: float
    recall_with_proposals: float
    proposals: int

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall of the automatic part."""
        return 2 * self.precision * self.recall / (self.precision + self.recall or 1.0)


def resolve_from_scratch(data: Labelled, model: Model) -> tuple[Table, Plan]:
    """Everything fresh, nothing known before: keys, pairs, plan."""
    table = encode(data.records, model, shipped_blocked())
    return table, measuring.resolve_from_scratch(table, model)


def measure(plan: Plan, entities: list[str]) -> Measured:
    """Compare a plan with the truth, pair by pair; a proposal covers all pairs between its two customers."""
    clusters = [component.records for component in plan.components]
    of_record = {record: number for number, records in enumerate(clusters) for record in records}
    joined = sum(_pairs(len(records)) for records in clusters)
    right = sum(_pairs(size) for records in clusters for size in Counter(entities[i] for i in records).values())
    true = sum(_pairs(size) for size in Counter(entities).values())
    proposed = {tuple(sorted((of_record[p.left], of_record[p.right]))) for p in plan.proposals}
    covered = right + sum(_between(clusters[a], clusters[b], entities) for a, b in proposed if a != b)
    return Measured(right / (joined or 1), right / true, covered / true, len(plan.proposals))


def false_pairs(plan: Plan, entities: list[str]) -> Iterator[tuple[int, int]]:
    """Records joined automatically that belong to different entities."""
    for component in plan.components:
        yield from (pair for pair in combinations(component.records, 2) if entities[pair[0]] != entities[pair[1]])


def _pairs(size: int) -> int:
    return size * (size - 1) // 2


def _between(left: Iterable[int], right: Iterable[int], entities: list[str]) -> int:
    counts, others = Counter(entities[i] for i in left), Counter(entities[i] for i in right)
    return sum(count * others[entity] for entity, count in counts.items())


def _fields(**targets: str) -> tuple[FieldMapping, ...]:
    """Column -> canonical field, each with the standardiser that the field has by default."""
    return tuple(FieldMapping(column, target, TARGETS[target]) for column, target in targets.items())


FEBRL = _fields(
    given_name="given_name",
    surname="family_name",
    street_number="house_number",
    address_1="street",
    suburb="city",
    postcode="postcode",
    state="region",
    date_of_birth="birth_date",
    soc_sec_id="national_id",
)
JEMPI = _fields(
    Given_Name="given_name",
    Family_Name="family_name",
    Gender_at_Birth="gender",
    Date_of_Birth="birth_date",
    City="city",
    Phone_Number="phone",
    National_ID="national_id",
)
SENZING = _fields(
    record_type="party_kind",
    primary_name_org="organisation_name",
    primary_name_full="full_name",
    native_name_full="full_name",
    primary_name_first="given_name",
    primary_name_middle="middle_name",
    primary_name_last="family_name",
    gender="gender",
    date_of_birth="birth_date",
    ssn_number="national_id",
    national_id_number="national_id",
    email_address="email",
    phone_number="phone",
    employer="company",
    addr_full="address_line",
    addr_line1="address_line",
    addr_city="city",
    addr_postal_code="postcode",
)
SETS: dict[str, tuple[tuple[FieldMapping, ...], Context]] = {
    "febrl3": (FEBRL, Context(region="AU", date_format="%Y%m%d")),
    "jempi_5000": (JEMPI, Context(region="KE", date_format="%Y%m%d")),
    "senzing_truthset": (SENZING, Context(region="US", date_format="%Y-%m-%d")),
}
SENZING_DATES = ("%m/%d/%Y", "%m/%d/%y", "%d/%m/%Y", "%d-%b-%y", "%b %d %Y")


def load(name: str) -> Labelled:
    """One of the sets in tests/data."""
    with gzip.open(DATA / name / "records.csv.gz", "rt", encoding="utf-8", newline="") as lines:
        rows = [row | {"date_of_birth": _one_format(row.get("date_of_birth", ""))} for row in csv.DictReader(lines)]
    return labelled(rows, *SETS[name])


def labelled(rows: Sequence[Row], mappings: Sequence[FieldMapping], context: Context) -> Labelled:
    """Standardise rows with `rec_id`, `entity_id` and `source`."""
    standardised = standardise_rows(rows, mappings, context, {})
    records = [
        RecordInput(number, row["source"], record.party_kind, record.attributes)
        for number, (row, record) in enumerate(zip(rows, standardised, strict=True))
    ]
    return Labelled(records, [row["entity_id"] for row in rows], [row["rec_id"] for row in rows])


def _one_format(text: str) -> str:
    """A date of the Senzing set, whose sources write them in five ways, in the one way that a source declares."""
    for pattern in SENZING_DATES:
        try:
            found = datetime.strptime(text.strip(), pattern)
        except ValueError:
            continue
        return str((found if found.year <= 2020 else found.replace(year=found.year - 100)).date())
    return text

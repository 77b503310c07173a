"""Writes the demo: five files of dirty records, and who they really are."""

from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from random import Random
from typing import TextIO

from cdv_site.demo.facts import Facts
from cdv_site.demo.files import RecordFile, record_file
from cdv_site.demo.people import population
from cdv_site.demo.records import Desk
from cdv_site.demo.sources import ROWS, SOURCES

RecordKey = tuple[str, str]
"""(source, external id)"""

MALFORMED_SHARE = 0.005
_EXAMPLES = 5


@dataclass(slots=True)
class Case:
    """One kind of difficulty: how many records show it, and a few of them to look at."""

    count: int = 0
    examples: list[RecordKey] = field(default_factory=list)

    def add(self, key: RecordKey) -> None:
        self.count += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(key)


@dataclass(slots=True)
class Manifest:
    """What was written: per source the file, its good records and its malformed rows; entities; hard cases."""

    seed: int
    scale: int
    files: dict[str, Path]
    truth: Path
    records: dict[str, int] = field(default_factory=dict)
    malformed: dict[str, int] = field(default_factory=dict)
    entities: int = 0
    cases: dict[str, Case] = field(default_factory=dict)

    def note(self, facts: Facts) -> None:
        """Count a good record and what makes it hard."""
        self.records[facts.source] = self.records.get(facts.source, 0) + 1
        for name in sorted(facts.cases):
            self.cases.setdefault(name, Case()).add(facts.key)

    def note_malformed(self, facts: Facts, case: str) -> None:
        """Count a row that must be set aside; its record has no place in the truth."""
        self.malformed[facts.source] = self.malformed.get(facts.source, 0) + 1
        self.cases.setdefault(case, Case()).add(facts.key)

    @property
    def total(self) -> int:
        """Rows in all files, malformed ones included."""
        return sum(self.records.values()) + sum(self.malformed.values())


def generate(out: Path, *, seed: int, scale: int) -> Manifest:
    """Write about `scale` records into the folder: five sources and truth.csv. The same seed gives the same bytes.

    Streams: memory does not grow with the scale. About 30 s for a million records.
    """
    out.mkdir(parents=True, exist_ok=True)
    rng = Random(seed)
    manifest = Manifest(seed, scale, {source["key"]: out / source["file"] for source in SOURCES}, out / "truth.csv")
    with ExitStack() as stack:
        files = {source["key"]: stack.enter_context(record_file(source, out, rng)) for source in SOURCES}
        truth = stack.enter_context(manifest.truth.open("w", encoding="utf-8", newline=""))
        truth.write("source,external_id,entity_id\n")
        _write(manifest, files, truth, rng)
    return manifest


def _write(manifest: Manifest, files: dict[str, RecordFile], truth: TextIO, rng: Random) -> None:
    desk, written = Desk(rng), 0
    for party in chain.from_iterable(population(rng)):
        good = 0
        for facts in desk.records_of(party):
            written += 1
            row = ROWS[facts.source](facts, rng)
            if rng.random() < MALFORMED_SHARE:
                manifest.note_malformed(facts, files[facts.source].spoil(row))
                continue
            good += 1
            files[facts.source].write(row)
            truth.write(f"{facts.source},{facts.external_id},{facts.entity_id}\n")
            manifest.note(facts)
        manifest.entities += good > 0
        if written >= manifest.scale:
            return

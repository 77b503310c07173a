"""A file in which nine values of ten are new: the worst that a cache of distinct values can meet."""

import csv
from pathlib import Path
from random import Random

SOURCE = {
    "key": "distinct", "name": "Distinct", "owner": "benchmark", "trust": 50, "region": "GB", "import_mode": "delta",
    "id_column": "id", "version_column": "", "date_format": "%Y-%m-%d", "delimiter": ",", "encoding": "utf-8",
    "unique_fields": [], "default_party_kind": "person", "file": "distinct.csv",
    "mappings": [
        ("id", "ignore", None, False), ("name", "full_name", None, False), ("mail", "email", None, False),
        ("phone", "phone", None, False), ("born", "birth_date", None, False), ("address", "address_line", None, False),
        ("postcode", "postcode", None, False), ("city", "city", None, False), ("card", "loyalty_id", None, False),
    ],
}  # fmt: skip
SYLLABLES = [
    "ba",
    "be",
    "bo",
    "da",
    "de",
    "do",
    "fa",
    "fe",
    "ka",
    "ke",
    "ko",
    "la",
    "le",
    "lo",
    "ma",
    "me",
    "mo",
    "na",
    "ne",
    "no",
    "ra",
    "re",
    "ro",
    "sa",
    "se",
    "so",
    "ta",
    "te",
    "to",
    "va",
    "ve",
    "vo",
]
REPEATED = 0.1


def write(folder: Path, rows: int, *, changed: bool = False) -> None:
    """Write the file; with `changed`, every second row has another phone than before. Streams, deterministic."""
    rng = Random(1)
    seen: list[list[str]] = []
    with (folder / SOURCE["file"]).open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(column for column, *_ in SOURCE["mappings"])
        for number in range(rows):
            cells = rng.choice(seen) if seen and rng.random() < REPEATED else _cells(rng)
            if len(seen) < 1_000:
                seen.append(cells)
            if changed and number % 2:
                cells = [*cells[:2], f"+4477{number:08}", *cells[3:]]
            out.writerow([f"D{number}", *cells])


def _cells(rng: Random) -> list[str]:
    first, last, street = (_word(rng, n) for n in (3, 4, 3))
    return [
        f"{first} {last}", f"{first}.{_word(rng, 2)}@{last}.test", f"07{rng.randrange(10**9):09}",
        f"{rng.randrange(1930, 2008)}-{rng.randrange(1, 13):02}-{rng.randrange(1, 29):02}",
        f"{rng.randrange(1, 300)} {street} Street", f"{rng.choice('ABCDEFGH')}{rng.choice('ABCDEFGH')}{rng.randrange(1, 99)}"
        f" {rng.randrange(1, 10)}{rng.choice('ABDEF')}{rng.choice('ABDEF')}", _word(rng, 3), str(rng.randrange(10**9)),
    ]  # fmt: skip


def _word(rng: Random, syllables: int) -> str:
    return "".join(rng.choices(SYLLABLES, k=syllables)).capitalize()

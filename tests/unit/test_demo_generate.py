"""The demo writes five dirty files and the truth: the same for the same seed, with every hard case that it promises."""

import csv
import gzip
import json
from collections import Counter
from pathlib import Path

import phonenumbers
import pytest

from cdv_site.demo.generate import Manifest, generate
from cdv_site.demo.places import ADDRESSES, landline, mobile
from cdv_site.demo.sources import SOURCES, Source
from cdv_site.demo.truth import load_truth
from profiles.canonical.registry import TARGETS

PROMISED = [
    *("household", "shared_landline", "shared_email", "shared_device", "twins", "senior_junior", "nickname", "moved"),
    *("married", "swapped_names", "typo", "by_ear", "wrong_birth_date", "wrong_digit", "initials", "letter_case"),
    *("placeholder", "guest", "registered_twice", "kiosk_device", "company", "switchboard"),
    *("native_script", "transliterated", "missing_id", "broken_json", "wrong_column_count"),
]
SOURCE_BY_KEY = {source["key"]: source for source in SOURCES}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return generate(tmp_path_factory.mktemp("demo"), seed=7, scale=5_000)


def lines_of(path: Path) -> list[str]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return raw.decode("utf-8").splitlines()


def readable_rows(manifest: Manifest, source: Source) -> list[dict[str, str]]:
    """The rows of a file that have an id and the right shape."""
    lines = lines_of(manifest.files[source["key"]])
    rows = _objects(lines) if ".jsonl" in source["file"] else _cells(lines, source["delimiter"])
    return [row for row in rows if row.get(source["id_column"])]


def _objects(lines: list[str]) -> list[dict[str, str]]:
    found = []
    for line in lines:
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return found


def _cells(lines: list[str], delimiter: str) -> list[dict[str, str]]:
    header, *rows = csv.reader(lines, delimiter=delimiter)
    return [dict(zip(header, row, strict=True)) for row in rows if len(row) == len(header)]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (generate(tmp_path / name, seed=3, scale=400) for name in ("a", "b"))
    for key, path in first.files.items():
        assert path.read_bytes() == second.files[key].read_bytes(), key
    assert first.truth.read_bytes() == second.truth.read_bytes()


def test_another_seed_gives_other_people(tmp_path: Path) -> None:
    first, second = (generate(tmp_path / str(seed), seed=seed, scale=400) for seed in (3, 4))
    assert first.files["crm"].read_bytes() != second.files["crm"].read_bytes()


def test_about_as_many_records_as_asked_for_from_half_as_many_entities(demo: Manifest) -> None:
    assert 5_000 <= demo.total <= 5_010
    assert 2_400 <= demo.entities <= 2_800
    assert min(demo.records.values()) > 400


def test_the_truth_names_every_good_record_and_no_malformed_row(demo: Manifest) -> None:
    truth = load_truth(demo.truth)
    read = {(source["key"], row[source["id_column"]]) for source in SOURCES for row in readable_rows(demo, source)}
    assert read == set(truth)
    assert len(truth) == sum(demo.records.values())
    assert len(set(truth.values())) == demo.entities


def test_one_row_in_two_hundred_is_malformed(demo: Manifest) -> None:
    assert 0.002 < sum(demo.malformed.values()) / demo.total < 0.01


@pytest.mark.parametrize("case", PROMISED)
def test_every_promised_case_is_present(demo: Manifest, case: str) -> None:
    assert demo.cases[case].count >= 1
    assert demo.cases[case].examples


def test_people_of_every_country_and_script_are_present(demo: Manifest) -> None:
    shop = readable_rows(demo, SOURCE_BY_KEY["shop"])
    crm = readable_rows(demo, SOURCE_BY_KEY["crm"])
    countries = Counter(row.get("country") or row.get("COUNTRY") for row in [*shop, *crm])
    del countries[None], countries[""]
    assert set(countries) == set(ADDRESSES)
    assert countries["GB"] > countries.total() * 0.8
    names = "".join(row.get("firstName", "") for row in shop)
    for first, last in (("Α", "ω"), ("А", "я"), ("ء", "ي"), ("一", "龥")):
        assert any(first <= letter <= last for letter in names)


def test_tills_and_crm_write_latin_letters_only(demo: Manifest) -> None:
    for key, column in (("pos", "customer_name"), ("crm", "NAME"), ("callcentre", "caller")):
        for row in readable_rows(demo, SOURCE_BY_KEY[key]):
            assert all(letter < "\u0250" for letter in row[column]), row[column]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source["key"])
def test_a_set_up_maps_every_column_to_a_canonical_field(demo: Manifest, source: Source) -> None:
    columns = {column for column, *_ in source["mappings"]}
    assert {column for row in readable_rows(demo, source) for column in row} <= columns
    assert {source["id_column"], source["version_column"] or source["id_column"]} <= columns
    for _, target, _, _ in source["mappings"]:
        assert target in TARGETS or target.startswith("free:"), target


@pytest.mark.parametrize("country", ADDRESSES.values(), ids=lambda country: country.code)
def test_phone_numbers_are_possible_and_of_one_person_only(country) -> None:
    numbers = [mobile(country, serial) for serial in range(1, 20_000)]
    assert len(set(numbers)) == len(numbers)
    code, national = numbers[7]
    assert phonenumbers.is_possible_number(phonenumbers.parse(f"+{code}{national}"))


def test_landlines_are_possible() -> None:
    code, national = landline(12)
    assert phonenumbers.is_possible_number(phonenumbers.parse(f"+{code}{national}"))

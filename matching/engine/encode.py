"""Records as dictionary-encoded columns: everything expensive is done once per distinct value, and only if asked for."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

import numpy as np

from matching.engine import features
from matching.engine.blocked import BlockedValues
from matching.engine.columns import (
    Cleaner,
    Facets,
    Raw,
    beginnings,
    cleaned,
    date_parts,
    derived,
    dictionary,
    multi,
    scripts,
)
from matching.engine.crew import at_once
from matching.engine.model import Model
from matching.engine.reader import Reader
from matching.engine.texts import pick
from matching.engine.types import MEASURED, Column, Ignored, Ints, MultiColumn, RecordInput, Table

Recipes = dict[str, Callable[[], Column]]

WORDS, WORD = r"^[a-z0-9]+( [a-z0-9]+)*$", r"^[a-z0-9]+$"
PLAIN, COMPACT = Cleaner(features.plain, WORDS), Cleaner(features.compact, WORD)
AS_IT_IS = Cleaner(str.lower, "")
TOGETHER = Cleaner(lambda value: value.replace(" ", ""), r"^[^ ]*$")
SINGLE: dict[str, Cleaner] = {
    "middle_name": PLAIN,
    "name_suffix": COMPACT,
    "gender": PLAIN,
    "street": Cleaner(features.street, WORDS, rf"(^| )({'|'.join(features.STREET_WORDS)})( |$)"),
    "house_number": COMPACT,
    "unit": COMPACT,
    "postcode": Cleaner(features.postcode, r"^([a-z0-9]{1,8}|[a-z0-9]{10,})$"),
    "city": PLAIN,
    "country": PLAIN,
    "company": Cleaner(features.organisation, r"^$"),
    "organisation_name": Cleaner(features.organisation, r"^$"),
}
MULTI: dict[str, Cleaner] = {
    "email": Cleaner(str.casefold, r"^[!-~]*$"),
    "phone": Cleaner(features.digits, r"^[0-9]*$"),
    "national_id": COMPACT,
    "loyalty_id": COMPACT,
    "customer_number": COMPACT,
    "device_id": COMPACT,
}
SCRIPTS = ("street", "city")  # parts of an address that are not compared across scripts
ORGANISATION_WORD = 3  # letters from which a word of an organisation's name is a key


class Source(Protocol):
    """Where raw columns come from: records in memory, or Arrow columns."""

    record_id: Ints

    @property
    def ignored(self) -> Sequence[Sequence[Ignored]]:
        """Per record the blocked values met while reading."""

    def single(self, name: str) -> Column:
        """The first value of each record; blocked ones are missing."""

    def names(self) -> tuple[Column, Column]:
        """First names and surnames; both missing where the full name is blocked."""

    def several(self, name: str) -> Raw:
        """All values that are not blocked."""


def encode(records: Sequence[RecordInput], model: Model, blocked: BlockedValues) -> Table:
    """The records as a table. Blocked values become missing and are listed in `table.ignored`.

    What the model compares beyond the shipped fields is encoded too. Never raises for odd values.
    """
    return table_of(Reader(records, blocked), model)


def table_of(source: Source, model: Model, threads: int = 1) -> Table:
    """The table of a source of raw columns."""
    raw = dict(zip(("given_name", "family_name"), source.names(), strict=True))
    fields = _single_fields(model)
    singles = (*fields, "source", "party_kind", "birth_date")
    raw |= zip(singles, at_once([partial(source.single, name) for name in singles], threads), strict=True)
    multis_ = tuple(_multi_fields(model))
    several = dict(zip(multis_, at_once([partial(source.several, name) for name in multis_], threads), strict=True))
    dates = raw["birth_date"]
    parts = date_parts(dates.values)
    recipes: Recipes = {name: partial(raw.__getitem__, name) for name in ("source", "party_kind")}
    single = Facets(recipes)
    recipes |= {name: partial(cleaned, raw[name], cleaner) for name, cleaner in fields.items()}
    recipes |= {f"{name}.script": partial(scripts, raw[name]) for name in SCRIPTS}
    recipes |= _name_recipes(single, raw) | _date_recipes(dates)
    size = len(source.record_id)
    kept: dict[str, Callable[[], MultiColumn]] = {
        name: partial(_multi, several[name], how, size) for name, how in _multi_fields(model).items()
    }
    kept["organisation.word"] = lambda: _organisation_words(single["organisation_name"])
    multis = Facets(kept)
    kept["email.handle"] = lambda: _handles(multis["email"], single)
    return Table(source.record_id, single, multis, {"birth_date": parts[dates.codes]}, source.ignored)


def _multi(raw: Raw, cleaner: Cleaner, records: int) -> MultiColumn:
    return multi(Raw(raw.rows, cleaned(raw.column, cleaner)), records)


def _name_recipes(single: Facets[Column], raw: dict[str, Column]) -> Recipes:
    """Every facet of first name and surname, from its folded form."""
    recipes: Recipes = {}
    for name in ("given_name", "family_name"):
        recipes[name] = partial(cleaned, raw[name], PLAIN)
        recipes[f"{name}.compact"] = lambda name=name: cleaned(single[name], TOGETHER)  # type: ignore[misc]
        recipes[f"{name}.script"] = partial(scripts, raw[name])
        recipes[f"{name}.skeleton"] = _of(single, f"{name}.compact", features.skeleton)
    core = Cleaner(features.without_particles, r"^[^ ]*$")
    recipes["family_name.core"] = lambda: cleaned(single["family_name"], core)
    recipes["family_name.sound"] = _of(single, "family_name.core", features.sound)
    recipes["family_name.phonetic"] = _of(single, "family_name.core", features.word_sound)
    recipes["family_name.initial"] = lambda: beginnings(single["family_name.core"])
    recipes["given_name.first"] = lambda: cleaned(single["given_name"], Cleaner(features.first_word, r"^[^ ]*$"))
    recipes["given_name.nickname"] = _of(single, "given_name.first", features.nickname)
    recipes["given_name.sound"] = _of(single, "given_name.first", features.sound)
    recipes["given_name.phonetic"] = _of(single, "given_name.first", features.word_sound)
    recipes["given_name.initial"] = lambda: beginnings(single["given_name.first"])
    return recipes


def _of(single: Facets[Column], name: str, make: Callable[[str], str]) -> Callable[[], Column]:
    return lambda: derived(single[name], make)


def _date_recipes(raw: Column) -> Recipes:
    def written() -> Column:
        parts = date_parts(raw.values).tolist()
        distinct = dictionary(["-".join(map(str, part)) if part[0] else "" for part in parts])
        return Column(distinct.codes[raw.codes], distinct.values)

    return {"birth_date": written}


def _single_fields(model: Model) -> dict[str, Cleaner]:
    own = [comparison.name for comparison in model.comparisons if comparison.kind in ("category", "place", "postcode")]
    measured = [comparison.name for comparison in model.comparisons if comparison.kind in MEASURED]
    return dict.fromkeys(own, PLAIN) | dict.fromkeys(measured, AS_IT_IS) | SINGLE


def _multi_fields(model: Model) -> dict[str, Cleaner]:
    own = [comparison.name for comparison in model.comparisons if comparison.kind == "identifier"]
    return dict.fromkeys(own, COMPACT) | MULTI


def _handles(emails: MultiColumn, single: Facets[Column]) -> MultiColumn:
    """Local parts that are not made from the owner's name: those say something wherever the mailbox is."""
    owners = np.repeat(np.arange(len(emails.offsets) - 1), np.diff(emails.offsets))
    names = [
        pick(single[name].values, single[name].codes[owners]) for name in ("given_name.compact", "family_name.compact")
    ]
    locals_ = map(features.local_part, pick(emails.values, emails.codes))
    told = [
        local if features.is_handle(local, first, last) else ""
        for local, first, last in zip(locals_, *names, strict=True)
    ]
    return multi(Raw(owners, dictionary(told)), len(emails.offsets) - 1)


def _organisation_words(names: Column) -> MultiColumn:
    rows = np.flatnonzero(names.codes)
    words = [
        (row, features.word_sound(word))
        for row, name in zip(rows.tolist(), pick(names.values, names.codes[rows]), strict=True)
        for word in name.split()
        if len(word) >= ORGANISATION_WORD
    ]
    owners = np.array([row for row, _ in words], np.int64)
    return multi(Raw(owners, dictionary([sound for _, sound in words])), len(names.codes))

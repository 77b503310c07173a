"""Find a customer: one box for a name (typos forgiven, any script), e-mail, phone or number; each hit says why.

Every step reads a bounded number of entries, however common the name; the next one runs only when too few were found.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from uuid import UUID

from django.db import OperationalError, connection, transaction
from phonenumbers import country_code_for_region

from . import masks, search_names, sensitive
from .customers import granted_sources
from .golden import NAME_FIELDS, SEARCH_KINDS
from .masking import Mask, Sight, mask_of
from .models import SearchEntry, User
from .schema import Schema, published

LIMIT = 25
BOUND = 300  # entries that one step ranks
BEGINNING, PART = 3, 4  # signs from which the beginning, and the end, of an address or number is looked for
LOOSE_AT_MOST, LOOSE_LETTERS = 200, 40  # milliseconds for the last, loosest step, and letters that it looks at
SIMILAR = 0.45  # share of trigrams


FIELDS_OF = {"name": NAME_FIELDS, "address": ()} | {
    kind: [key for key, of in SEARCH_KINDS.items() if of == kind] for kind in SEARCH_KINDS.values()
}
MASKED_AS = {
    "sealed": "identifier",
    "name": "text",
    "address": "text",
    "email": "email",
    "phone": "phone",
    "identifier": "identifier",
}


class Way(Enum):
    """How an entry matched, best first: its score, and the words on screen."""

    SAME = (1.0, "as typed")
    WORDS = (0.95, "the same words")
    BEGINS = (0.85, "begins so")
    ENDS = (0.8, "ends so")
    SPELLED = (0.7, "spelled nearly so")
    SIMILAR = (0.6, "similar")

    @property
    def score(self) -> float:
        return self.value[0]

    @property
    def words(self) -> str:
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer found: the kind of entry that matched, its folded text, how it matched, and how well (1 is exact)."""

    profile_id: UUID
    kind: str
    text: str
    way: Way
    score: float

    @property
    def why(self) -> str:
        """What matched and how, in words: "Name, spelled nearly so"."""
        return f"{SearchEntry.Kind(self.kind).label}, {self.way.words}"


def find(text: str, user: User, *, limit: int = LIMIT) -> list[Hit]:
    """Customers the user may see that match the text, best first, each once. At most 10 queries, 4 for what is found at once."""
    text = text.strip()[:200]
    if not text:
        return []
    sources, mask = sorted(granted_sources(user)), mask_of(user)
    sealed = sensitive.lookup_texts(text) if mask.sensitive is not Sight.WITHHELD else []
    hits = _by_number(text, sources, sealed)
    if "@" not in text and any(ch.isalpha() for ch in text):
        hits += _by_name(search_names.readings(text), sources, limit)
    best: dict[UUID, Hit] = {}
    for hit in hits:
        if hit.profile_id not in best or best[hit.profile_id].score < hit.score:
            best[hit.profile_id] = hit
    found = sorted(best.values(), key=lambda hit: (-hit.score, hit.text, hit.profile_id))[:limit]
    return _as_seen([_named(hit, text) for hit in found], mask) if found else []


def _named(hit: Hit, text: str) -> Hit:
    """A sealed number that was found is the one that was typed."""
    return replace(hit, text=text) if hit.kind == SearchEntry.Kind.SEALED else hit


def _as_seen(hits: list[Hit], mask: Mask) -> list[Hit]:
    """What was found by a value that is withheld is no hit; a masked value is shown masked. At most 1 query."""
    if mask.is_clear:
        return hits
    schema = published()
    sights = {kind: _sight(fields, mask, schema) for kind, fields in FIELDS_OF.items()} | {"sealed": mask.sensitive}
    return [
        hit if sights[hit.kind] is Sight.CLEAR else replace(hit, text=masks.mask(MASKED_AS[hit.kind], hit.text))
        for hit in hits
        if sights[hit.kind] is not Sight.WITHHELD
    ]


def _sight(fields: Collection[str], mask: Mask, schema: Schema) -> Sight:
    """How the strictest of these fields is seen: an entry does not say which of them it is of."""
    found = {mask.of_field(key, schema) for key in fields if key in schema.fields}
    return next((sight for sight in (Sight.WITHHELD, Sight.MASKED) if sight in found), Sight.CLEAR)


# ---- e-mail, phone, numbers ----------------------------------------------------------------------------------------------


def _by_number(text: str, sources: list[int], sealed: list[str]) -> list[Hit]:
    """By the whole, the beginning or the end: e-mail, phone in any notation, customer and loyalty numbers; of sealed ones
    by the whole, through their blind index. At most 2 queries."""
    if " " in text and not any(ch.isdigit() or ch == "@" for ch in text):
        return []
    wanted = [value for value in spellings(text) if len(value) >= BEGINNING]
    hits = [
        _hit(row, Way.SAME if row[2] in wanted or row[2] in sealed else Way.BEGINS)
        for row in _beginning("text", "<> 'name'", wanted + sealed, sources)
        if row[1] != SearchEntry.Kind.SEALED or row[2] in sealed
    ]
    digits = re.sub(r"\D", "", text)
    if not hits and len(digits) >= PART and "@" not in text:
        ends = _beginning("reverse(text)", "IN ('phone', 'identifier')", [digits[::-1]], sources)
        hits = [_hit(row, Way.ENDS) for row in ends]
    return hits


def _beginning(column: str, kinds: str, wanted: list[str], sources: list[int]) -> list[tuple]:
    """Entries whose text (or whose text read backwards) begins with one of the values. 1 query.

    A range and not LIKE: that can use an index for a constant only.
    """
    if not wanted:
        return []
    return _rows(
        f"SELECT e.profile_id, e.kind, e.text, 0 FROM unnest(%(wanted)s::text[]) AS value CROSS JOIN LATERAL (SELECT profile_id,"
        f" kind, text FROM profiles_searchentry WHERE kind {kinds} AND source_ids && %(sources)s::bigint[]"
        f" AND {column} ~>=~ value AND {column} ~<~ (value || chr(1114111)) ORDER BY {column} USING ~<~ LIMIT %(bound)s) e",
        {"wanted": wanted, "sources": sources},
    )


def spellings(text: str) -> list[str]:
    """The ways a number or address may be stored: as typed without blanks, and a local phone number as international."""
    plain = text.casefold().replace(" ", "")
    if any(ch.isalpha() for ch in text):
        return [plain]
    digits = re.sub(r"\D", "", text)
    if digits.startswith("00"):
        return [plain, digits[2:]]
    return [plain, *(code + digits[1:] for code in _dialling_codes())] if digits.startswith("0") else [plain, digits]


def _dialling_codes() -> list[str]:
    """Dialling codes of the regions that sources declare."""
    regions = sorted({source.context.region for source in published().sources.values()})
    return [str(country_code_for_region(region)) for region in regions if country_code_for_region(region)]


# ---- names ---------------------------------------------------------------------------------------------------------------


def _by_name(readings: Sequence[str], sources: list[int], limit: int) -> list[Hit]:
    """By the words of the name in any order, the last one perhaps unfinished, then with a slip in one of them, then by
    similarity. Each step only when those before found too few."""
    hits: list[Hit] = []
    for ending, way in (("", Way.WORDS), (search_names.UNFINISHED, Way.BEGINS)):
        if len(hits) < limit:
            hits += _by_words(readings, sources, way, ending)
    if not hits:
        hits = _by_words(search_names.misspelled(_existing(readings), readings), sources, Way.SPELLED)
    return hits or _by_similarity(readings, sources)


def _by_words(names: Sequence[str], sources: list[int], way: Way, ending: str = "") -> list[Hit]:
    """Names that hold all words of one of the names given, in any order, the likest first. 1 query: a look into the word
    index for each name."""
    wanted = {name: search_names.query(name) + ending for name in names if name}
    if not wanted:
        return []
    rows = _rows(
        "SELECT profile_id, 'name', text, likeness FROM (SELECT DISTINCT ON (e.id) e.*, similarity(e.text, name) AS likeness"
        " FROM unnest(%(names)s::text[], %(queries)s::text[]) AS wanted(name, query) CROSS JOIN LATERAL (SELECT id, profile_id,"
        " text FROM profiles_searchentry WHERE kind = 'name' AND to_tsvector('simple', text) @@ query::tsquery"
        " AND source_ids && %(sources)s::bigint[] LIMIT %(bound)s) e ORDER BY e.id, likeness DESC) found"
        " ORDER BY likeness DESC, text, profile_id LIMIT 100",
        {"sources": sources, "names": list(wanted), "queries": list(wanted.values())},
    )
    same = names if way is Way.WORDS else ()
    return [_hit(row, Way.SAME if row[2] in same else way) for row in rows]


def _existing(readings: Sequence[str]) -> list[list[str]]:
    """For each word of the name the words one slip away that there are, the most common first. 1 query."""
    near = [search_names.one_slip(word) for word in readings[0].split()[: search_names.WORDS]] if readings else []
    wanted = sorted(set().union(*near))
    if not wanted:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT word, n FROM unnest(%s::text[]) AS word CROSS JOIN LATERAL (SELECT count(*) AS n FROM (SELECT FROM"
            " profiles_searchentry WHERE kind = 'name' AND to_tsvector('simple', text) @@ quote_literal(word)::tsquery"
            " LIMIT 50) few) c WHERE n > 0",
            [wanted],
        )
        common = dict(cursor.fetchall())
    return [sorted(words & common.keys(), key=lambda word: (-common[word], word)) for words in near]


def _by_similarity(readings: Sequence[str], sources: list[int]) -> list[Hit]:
    """By trigrams: several slips, words run together. The loosest step, so it may take only so long. 4 queries."""
    if not readings or not PART <= len(readings[0]) <= LOOSE_LETTERS:
        return []
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {LOOSE_AT_MOST}")
            cursor.execute(f"SET LOCAL pg_trgm.strict_word_similarity_threshold = {SIMILAR}")
            rows = _rows(
                "SELECT profile_id, 'name', text,"
                " greatest(similarity(text, %(q)s), strict_word_similarity(%(q)s, text)) AS likeness FROM"
                " (SELECT profile_id, text FROM profiles_searchentry WHERE kind = 'name' AND text %%>> %(q)s"
                " AND source_ids && %(sources)s::bigint[] LIMIT %(bound)s) found ORDER BY likeness DESC LIMIT 100",
                {"sources": sources, "q": readings[0]},
            )
    except OperationalError:  # took too long: what is so unlike is not worth waiting for
        return []
    return [_hit(row, Way.SIMILAR) for row in rows]


# ---- rows ----------------------------------------------------------------------------------------------------------------


def _rows(sql: str, params: dict[str, object]) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params | {"bound": BOUND})
        return cursor.fetchall()


def _hit(row: tuple, way: Way) -> Hit:
    """A hit; of two of one way the one that is more alike comes first."""
    return Hit(row[0], row[1], row[2], way, way.score if way is Way.SAME else way.score - 0.1 + 0.1 * float(row[3]))

"""Find a customer: one box for a name (typos forgiven, any script), e-mail, phone or number; each hit says why."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction
from phonenumbers import country_code_for_region

from .canonical.text import fold
from .customers import granted_sources
from .models import User
from .schema import published

LIMIT = 25


@dataclass(frozen=True, slots=True)
class Hit:
    """A customer found, the kind of entry that matched, and how well (1 is exact)."""

    profile_id: UUID
    kind: str
    score: float


def find(text: str, user: User, *, limit: int = LIMIT) -> list[Hit]:
    """Customers the user may see that match the text, best first, each once. At most 4 queries."""
    text = text.strip()[:200]
    if not text:
        return []
    sources = sorted(granted_sources(user))
    hits = _by_number(text, sources, limit)
    if not hits and any(ch.isalpha() for ch in text) and "@" not in text:
        hits = _by_name(fold(text), sources, limit)
    best: dict[UUID, Hit] = {}
    for hit in hits:
        if hit.profile_id not in best or best[hit.profile_id].score < hit.score:
            best[hit.profile_id] = hit
    return sorted(best.values(), key=lambda hit: (-hit.score, hit.profile_id))[:limit]


def _by_number(text: str, sources: list[int], limit: int) -> list[Hit]:
    """Exact or by prefix: e-mail, phone in any notation, customer and loyalty numbers."""
    wanted = spellings(text)
    return _query(
        "SELECT profile_id, kind, CASE WHEN text = ANY(%(wanted)s::text[]) THEN 1.0 ELSE 0.9 END FROM profiles_searchentry"
        " WHERE kind <> 'name' AND source_ids && %(sources)s::bigint[] AND text LIKE ANY(%(patterns)s::text[])"
        " LIMIT %(limit)s",
        {
            "wanted": wanted, "sources": sources, "limit": limit * 4,
            "patterns": [_prefix(value) for value in wanted],
        },
    )  # fmt: skip


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


def _prefix(value: str) -> str:
    """A LIKE pattern for texts that begin so; one that matches nothing when the value is too short to search."""
    return re.sub(r"([\\%_])", r"\\\1", value) + "%" if len(value) >= 3 else ""


def _by_name(folded: str, sources: list[int], limit: int) -> list[Hit]:
    """By similarity of trigrams of the folded name, so that typos and other scripts are found."""
    if not folded:
        return []
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL pg_trgm.strict_word_similarity_threshold = 0.45")
        return _query(
            "SELECT profile_id, kind, greatest(similarity(text, %(q)s::text), 0.95 * strict_word_similarity(%(q)s::text, text)) AS score"
            " FROM profiles_searchentry WHERE kind = 'name' AND text %%>> %(q)s::text AND source_ids && %(sources)s::bigint[]"
            " ORDER BY score DESC, profile_id LIMIT %(limit)s",
            {"q": folded, "sources": sources, "limit": limit * 2},
        )


def _query(sql: str, params: dict) -> list[Hit]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return [Hit(row[0], row[1], float(row[2])) for row in cursor.fetchall()]

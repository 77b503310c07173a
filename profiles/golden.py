"""Golden values of profiles: rebuilt set-wise from their members inside the transaction that changed them."""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from uuid import UUID

import orjson
from django.db import connection

from . import schema as schemas
from .bulk import array, cell, copied, copy_lines, texts, time_cell
from .canonical.text import fold
from .corrections import applied, open_corrections
from .encryption import encrypt
from .models.mark import kinds_that_stop
from .registry import Registry
from .sensitive import clear_fields, lookup_text, opened, place_of_golden, place_of_record
from .survivorship import Candidate, Member, Ranking, Rule

SEARCH_KINDS = {"email": "email", "phone": "phone", "customer_number": "identifier", "loyalty_id": "identifier"}
NAME_FIELDS = ("given_name", "middle_name", "family_name")
TAB = "\t"
Ranked = Mapping[UUID, Sequence[Candidate]]

# What upper apps derive from the records and values of profiles, in the same transaction: they are given all profiles, and
# the values of those that were ranked anew.
REBUILT: Registry[Callable[[Collection[UUID], Ranked], None]] = Registry("steps after golden values were rebuilt")


def rebuild(
    profile_ids: Collection[UUID],
    *,
    schema: schemas.Schema | None = None,
    members: Mapping[UUID, Sequence[Member]] | None = None,
    founded: Collection[UUID] = (),
) -> None:
    """Rebuild golden values, search entries and visibility of the profiles, then what upper apps derive from them.

    7 queries and 4 COPY, 5 with `members`, and those of the upper apps.

    Caller holds the profiles' locks. A restricted profile keeps the values it has. `members` are the records that count,
    if the caller has read them under the locks; profiles that are not in it have none. `founded` are profiles that the
    caller has just made: they have no values yet. Rows that stay as they are are not written.
    """
    schema = schema or schemas.published()
    open_ids = set(profile_ids) - _frozen(profile_ids)
    if members is None:
        members = members_of(open_ids, schema)
    rules = {spec.key: Rule(spec.survivorship, spec.group) for spec in schema.fields.values()}
    ranking = Ranking(rules)
    ranked = {profile_id: ranking.rank(members.get(profile_id, ())) for profile_id in open_ids}
    had = open_ids.difference(founded)
    _store_values(ranked, had, schema)
    _store_search(ranked, had, schema)
    _store_visibility(open_ids, members)
    for step in REBUILT.values():
        step(profile_ids, ranked)


def _frozen(profile_ids: Collection[UUID]) -> set[UUID]:
    """Profiles with a member whose mark stops golden values. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.profile_id FROM profiles_membership m JOIN profiles_mark k ON k.record_id = m.record_id"
            " WHERE m.profile_id = ANY(%s::uuid[]) AND k.until IS NULL AND k.kind = ANY(%s)",
            [array(profile_ids), kinds_that_stop("golden")],
        )
        return {row[0] for row in cursor.fetchall()}


def members_of(profile_ids: Collection[UUID], schema: schemas.Schema) -> dict[UUID, list[Member]]:
    """The records that count for golden values, per profile: those not withdrawn or erased. 2 queries."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT m.profile_id, r.id, r.source_id, s.key, r.updated_at, r.attributes::text, r.sealed FROM profiles_membership m"
            " JOIN profiles_sourcerecord r ON r.id = m.record_id JOIN profiles_source s ON s.id = r.source_id"
            " WHERE m.profile_id = ANY(%s::uuid[]) AND r.state NOT IN ('withdrawn', 'erased') ORDER BY r.id",
            [array(profile_ids)],
        )
        rows = cursor.fetchall()
    parsed = json.loads(f"[{','.join(row[5] for row in rows)}]")
    corrections = open_corrections([row[1] for row in rows])
    found: dict[UUID, list[Member]] = {}
    for (profile_id, record_id, source_id, source, updated_at, _, sealed), stored in zip(rows, parsed, strict=True):
        mine = corrections.get(record_id, {})
        attributes = opened(stored, sealed, place_of_record(record_id))
        member = Member(
            record_id, source_id, trust_of(schema, source), updated_at, applied(attributes, mine), frozenset(mine)
        )
        found.setdefault(profile_id, []).append(member)
    return found


def trust_of(schema: schemas.Schema, source: str) -> int:
    """The trust of a source as published; an unpublished one counts as middling."""
    spec = schema.sources.get(source)
    return spec.trust if spec else 50


def _store_values(ranked: Mapping[UUID, Sequence[Candidate]], had: Collection[UUID], schema: schemas.Schema) -> None:
    """Write the values that are new or other than before; sealed ones, which never look the same, always. `had`: profiles
    that may have some already."""
    columns = (
        "profile_id", "field", "rank", "value", "sealed", "record_id", "source_ids", "record_ids", "rule", "observed_at",
    )  # fmt: skip
    before, clear = dict(_stored("profiles_goldenvalue", columns, had)), clear_fields(schema)
    fresh = [line for item in ranked.items() for line in _lines(*item, clear) if before.pop(line, None) is None]
    _delete("profiles_goldenvalue", before.values())
    copy_lines("profiles_goldenvalue", columns, fresh)


def _lines(profile_id: UUID, candidates: Iterable[Candidate], clear: Collection[str]) -> Iterator[str]:
    """The golden values of a customer as COPY reads and writes them. Written out by hand: these are most of all rows."""
    profile = str(profile_id)
    for c in candidates:
        support = f"{{{','.join(map(str, c.source_ids))}}}\t{{{','.join(map(str, c.record_ids))}}}"
        value = rf"{cell(c.value)}{TAB}\N" if c.field in clear else f"{TAB}{_sealed(profile, c)}"
        head = f"{profile}\t{cell(c.field)}\t{c.rank}\t{value}\t{c.record_id}"
        yield f"{head}\t{support}\t{c.rule}\t{time_cell(c.observed_at)}"


def _sealed(profile: str, c: Candidate) -> str:
    """A sensitive value as COPY reads bytes: a list of one, as a row that seals itself stores it (models/sealed.py)."""
    return rf"\\x{encrypt(orjson.dumps([c.value]), place=place_of_golden(profile, c.field)).hex()}"


def _store_search(ranked: Mapping[UUID, Sequence[Candidate]], had: Collection[UUID], schema: schemas.Schema) -> None:
    """Write the texts that are new; of one that stays the sources are updated, so that its words are not indexed anew."""
    columns = ("profile_id", "kind", "text", "source_ids")
    before = {}
    for line, pk in _stored("profiles_searchentry", columns, had):
        head, _, sources = line.rpartition("\t")
        before[head] = pk, sources
    clear, numbers = clear_fields(schema), sealed_numbers(schema)
    fresh, changed = [], {}
    for profile_id, candidates in ranked.items():
        for kind, text, source_ids in search_texts(candidates, clear, numbers):
            head, sources = f"{profile_id}\t{kind}\t{cell(text)}", array(source_ids)
            pk, old = before.pop(head, (None, None))
            if pk is None:
                fresh.append(f"{head}\t{sources}")
            elif old != sources:
                changed[pk] = sources
    _delete("profiles_searchentry", [pk for pk, _ in before.values()])
    _change_sources(changed)
    copy_lines("profiles_searchentry", columns, fresh)


def _stored(table: str, columns: Sequence[str], profile_ids: Collection[UUID]) -> Iterator[tuple[str, str]]:
    """Rows of profiles as COPY writes them, each with its id. 1 COPY, none for no profile."""
    if profile_ids:
        rows = f"SELECT id, {', '.join(columns)} FROM {table} WHERE profile_id = ANY('{array(profile_ids)}'::uuid[])"  # noqa: S608
        for line in copied(f"COPY ({rows}) TO STDOUT").decode().split("\n")[:-1]:
            pk, _, cells = line.partition("\t")
            yield cells, pk


def _change_sources(sources: Mapping[str, str]) -> None:
    """Search entry → its sources now. 1 query, none for none."""
    if sources:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE profiles_searchentry e SET source_ids = u.sources::bigint[]"
                " FROM unnest(%s::bigint[], %s::text[]) AS u(id, sources) WHERE e.id = u.id",
                [array(sources), texts(sources.values())],
            )


def _delete(table: str, ids: Collection[str]) -> None:
    """1 query, none for none."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table} WHERE id = ANY(%s::bigint[])", [array(ids)])  # noqa: S608


def sealed_numbers(schema: schemas.Schema) -> set[str]:
    """Numbers that are stored sealed: they are found by their blind index."""
    return {key for key, spec in schema.fields.items() if spec.kind == "identifier"} - clear_fields(schema)


def search_texts(
    candidates: Iterable[Candidate], clear: Collection[str], numbers: Collection[str]
) -> list[tuple[str, str, tuple[int, ...]]]:
    """(kind, folded text, sources) of everything a customer can be found by; sealed numbers by their blind index."""
    texts: dict[tuple[str, str], set[int]] = {}
    names: dict[int, dict[str, Candidate]] = {}
    for c in candidates:
        if c.field in numbers:
            texts.setdefault(("sealed", lookup_text(c.value)), set()).update(c.source_ids)
        elif c.field not in clear:
            continue
        elif c.field in SEARCH_KINDS:
            text = c.value.casefold() if c.field == "email" else c.value.lstrip("+").casefold()
            texts.setdefault((SEARCH_KINDS[c.field], text[:300]), set()).update(c.source_ids)
        elif c.field in NAME_FIELDS:
            names.setdefault(c.rank, {})[c.field] = c
        elif c.field == "organisation_name":
            texts.setdefault(("name", fold(c.value)[:300]), set()).update(c.source_ids)
    for parts in names.values():
        present = [parts[field] for field in NAME_FIELDS if field in parts]
        text = fold(" ".join(c.value for c in present))[:300]
        texts.setdefault(("name", text), set()).update(present[0].source_ids)
    return [(kind, text, tuple(sorted(sources))) for (kind, text), sources in texts.items() if text]


def _store_visibility(profile_ids: Collection[UUID], members: Mapping[UUID, Sequence[Member]]) -> None:
    """Who may see a profile follows its records, withdrawn ones if there are no others; a merged one keeps its last. 1 query."""
    counts = [len(members.get(profile_id, ())) for profile_id in profile_ids]
    sources = [
        array(sorted({member.source_id for member in members[profile_id]})) if count else None
        for profile_id, count in zip(profile_ids, counts, strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE profiles_profile p SET source_ids = v.sources, record_count = u.n"
            " FROM unnest(%s::uuid[], %s::text[], %s::int[]) AS u(id, sources, n) JOIN profiles_profile o USING (id),"
            " LATERAL (SELECT CASE WHEN u.n > 0 THEN u.sources::bigint[] ELSE coalesce(("
            "   SELECT array_agg(DISTINCT r.source_id ORDER BY r.source_id) FROM profiles_membership m"
            "   JOIN profiles_sourcerecord r ON r.id = m.record_id WHERE m.profile_id = u.id), o.source_ids) END AS sources) v"
            " WHERE p.id = u.id AND (p.record_count <> u.n OR p.source_ids <> v.sources)",
            [array(profile_ids), texts(sources), array(counts)],
        )

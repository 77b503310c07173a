"""Golden values of profiles: rebuilt set-wise from their members inside the transaction that changed them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.db import connection

from . import schema as schemas
from .canonical.text import fold
from .corrections import applied, open_corrections
from .models import GoldenValue, Mark, Membership, SearchEntry, SourceRecord
from .models.mark import kinds_that_stop
from .survivorship import Candidate, Member, Rule, rank_values

SEARCH_KINDS = {"email": "email", "phone": "phone", "customer_number": "identifier", "loyalty_id": "identifier"}
NAME_FIELDS = ("given_name", "middle_name", "family_name")


def rebuild(profile_ids: Collection[UUID], *, schema: schemas.Schema | None = None) -> None:
    """Rebuild golden values, search entries and visibility of the profiles. A fixed number of queries.

    Caller holds the profiles' locks. A restricted profile keeps the values it has.
    """
    schema = schema or schemas.published()
    open_ids = set(profile_ids) - _frozen(profile_ids)
    members = members_of(open_ids, schema)
    rules = {spec.key: Rule(spec.survivorship, spec.group) for spec in schema.fields.values()}
    ranked = {profile_id: rank_values(members.get(profile_id, []), rules) for profile_id in open_ids}
    _store_values(ranked)
    _store_search(ranked)
    _store_visibility(open_ids, members)


def _frozen(profile_ids: Collection[UUID]) -> set[UUID]:
    """Profiles with a member whose mark stops golden values."""
    return set(
        Mark.objects.filter(
            kind__in=kinds_that_stop("golden"), until__isnull=True, record__membership__profile_id__in=profile_ids
        ).values_list("record__membership__profile_id", flat=True)
    )


def members_of(profile_ids: Collection[UUID], schema: schemas.Schema) -> dict[UUID, list[Member]]:
    """The records that count for golden values, per profile: those not withdrawn or erased. 2 queries."""
    rows = list(
        Membership.objects.filter(profile_id__in=profile_ids)
        .exclude(record__state__in=[SourceRecord.State.WITHDRAWN, SourceRecord.State.ERASED])
        .order_by("record_id")
        .values_list(
            "profile_id",
            "record_id",
            "record__source_id",
            "record__source__key",
            "record__updated_at",
            "record__attributes",
        )
    )
    corrections = open_corrections(row[1] for row in rows)
    found: dict[UUID, list[Member]] = {}
    for profile_id, record_id, source_id, source_key, updated_at, attributes in rows:
        mine = corrections.get(record_id, {})
        source = schema.sources.get(source_key)
        found.setdefault(profile_id, []).append(
            Member(
                record_id=record_id,
                source_id=source_id,
                trust=source.trust if source else 50,
                updated_at=updated_at,
                attributes=applied(attributes, mine),
                corrected=frozenset(mine),
            )
        )
    return found


def _store_values(ranked: Mapping[UUID, Sequence[Candidate]]) -> None:
    GoldenValue.objects.filter(profile_id__in=ranked.keys()).delete()
    _copy(
        "COPY profiles_goldenvalue (profile_id, field, rank, value, record_id, source_ids, record_ids, rule, observed_at)"
        " FROM STDIN",
        (
            (
                profile_id,
                c.field,
                c.rank,
                c.value,
                c.record_id,
                list(c.source_ids),
                list(c.record_ids),
                c.rule,
                c.observed_at,
            )
            for profile_id, candidates in ranked.items()
            for c in candidates
        ),
    )


def _store_search(ranked: Mapping[UUID, Sequence[Candidate]]) -> None:
    SearchEntry.objects.filter(profile_id__in=ranked.keys()).delete()
    _copy(
        "COPY profiles_searchentry (profile_id, kind, text, source_ids) FROM STDIN",
        (
            (profile_id, kind, text, list(source_ids))
            for profile_id, candidates in ranked.items()
            for kind, text, source_ids in search_texts(candidates)
        ),
    )


def search_texts(candidates: Iterable[Candidate]) -> list[tuple[str, str, tuple[int, ...]]]:
    """(kind, folded text, sources) of everything a customer can be found by."""
    texts: dict[tuple[str, str], set[int]] = {}
    names: dict[int, dict[str, Candidate]] = {}
    for c in candidates:
        if c.field in SEARCH_KINDS:
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
    """Who may see a profile follows its records, withdrawn ones if there are no others; a merged one keeps its last."""
    rows = [
        (profile_id, sorted({member.source_id for member in members[profile_id]}), len(members[profile_id]))
        for profile_id in profile_ids
        if members.get(profile_id)
    ]
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE profiles_profile SET source_ids = %s, record_count = %s WHERE id = %s",
            [(s, n, p) for p, s, n in rows],
        )
        cursor.execute(
            "UPDATE profiles_profile p SET record_count = 0, source_ids = coalesce((SELECT array_agg(DISTINCT r.source_id"
            " ORDER BY r.source_id) FROM profiles_membership m JOIN profiles_sourcerecord r ON r.id = m.record_id"
            " WHERE m.profile_id = p.id), p.source_ids) WHERE p.id = ANY(%s)",
            [[p for p in profile_ids if not members.get(p)]],
        )


def _copy(statement: str, rows: Iterable[tuple]) -> None:
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)

"""The gate of imports: whoever was erased is dropped; who only shares something with them is set aside for a steward."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db import connection

from governance.models import SuppressionClearance, SuppressionEntry
from profiles.gates import ALLOWED, GATES, GateRow, Pass, Ruling
from profiles.models import SourceRecord

from . import identifiers
from .identifiers import Kind

LOCK = 7_305_912_005
CODE = "suppressed"
DROPPED = Ruling(Pass.DROP, CODE, "Somebody who was erased.")
SHARED = Ruling(
    Pass.QUARANTINE, "suppressed_shared",
    "Shares something with a person who was erased: a steward must say whether it is that person.",
)  # fmt: skip
TAKEN = Ruling(
    Pass.QUARANTINE, "suppressed_known",
    "Carries an identifier of a person who was erased: a steward must say whose it is.",
)  # fmt: skip
WITH_NAME = {Kind.EMAIL_LIKE, Kind.PHONE}  # kinds that say more together with a name


def suppression(rows: Sequence[GateRow]) -> list[Ruling]:
    """One answer per row. 2 queries when nobody was erased, 1 more otherwise, at most 3 more when somebody is known.

    The shared lock makes an erasure wait for the chunk, so that no row slips in between its look and its entries.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
    if not SuppressionEntry.objects.in_force().exists():
        return [ALLOWED] * len(rows)
    hits = known(_single(rows))
    if not hits:
        return [ALLOWED] * len(rows)
    hits = _with_names(rows, hits)
    present, cleared = _present(rows, hits), _cleared(rows, hits)
    return [
        ALLOWED if place in cleared else _ruling(hits.get(place, {}), (row.source_key, row.external_id) in present)
        for place, row in enumerate(rows)
    ]


def lock_out() -> None:
    """Wait for the chunks under way; those that come see what this transaction writes. Until its end. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def _single(rows: Sequence[GateRow]) -> dict[bytes, list[int]]:
    """Digest → the rows that have it."""
    hashes = identifiers.hasher(identifiers.PURPOSE)
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, row in enumerate(rows):
        for one in identifiers.single(row.source_key, row.external_id, row.attributes):
            for each in hashes(one.text()):
                places[each].append(place)
    return places


def _places(found: Iterable[tuple[int, Sequence[bytes]]]) -> dict[bytes, list[int]]:
    places: dict[bytes, list[int]] = defaultdict(list)
    for place, hashes in found:
        for one in hashes:
            places[one].append(place)
    return places


def known(places: Mapping[bytes, Sequence[int]]) -> dict[int, dict[str, bool]]:
    """Row → kind of what is known of it → whether that is one person's alone. 1 query."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT digest, kind, is_unique FROM governance_suppressionentry WHERE lifted_at IS NULL AND digest = ANY(%b)",
            [list(places)],
        )
        hits: dict[int, dict[str, bool]] = {}
        for found, kind, is_unique in cursor.fetchall():
            for place in places[bytes(found)]:
                mine = hits.setdefault(place, {})
                mine[kind] = mine.get(kind, False) or is_unique
    return hits


def _with_names(rows: Sequence[GateRow], hits: dict[int, dict[str, bool]]) -> dict[int, dict[str, bool]]:
    """The same, with what shared values say together with a name. 1 query, none where no shared value was known."""
    asked = [place for place, found in hits.items() if not any(found.values()) and WITH_NAME & set(found)]
    if asked:
        more = known(_places((n, identifiers.lookups(list(identifiers.together(rows[n].attributes)))) for n in asked))
        for place, found in more.items():
            hits[place] |= found
    return hits


def _present(rows: Sequence[GateRow], hits: Mapping[int, object]) -> set[tuple[str, str]]:
    """Those of the known rows whose records are here already, as somebody else's. 1 query."""
    ids = {rows[place].external_id for place in hits}
    found = SourceRecord.objects.filter(external_id__in=ids, source__key__in={rows[place].source_key for place in hits})
    return set(found.exclude(state=SourceRecord.State.ERASED).values_list("source__key", "external_id"))


def _cleared(rows: Sequence[GateRow], hits: Mapping[int, object]) -> set[int]:
    """Those of the known rows that a steward knows to be somebody else. 1 query."""
    places = _places(
        (n, identifiers.lookups([identifiers.at_source(rows[n].source_key, rows[n].external_id)])) for n in hits
    )
    found = SuppressionClearance.objects.filter(digest__in=list(places)).values_list("digest", flat=True)
    return {place for one in found for place in places[bytes(one)]}


def _ruling(found: Mapping[str, bool], is_present: bool) -> Ruling:
    """A record that is here already as somebody else's may share what it likes; an identifier of one alone is asked about."""
    if not found:
        return ALLOWED
    if Kind.EXTERNAL_ID in found:
        return DROPPED
    if any(found.values()):
        return TAKEN if is_present else DROPPED
    return ALLOWED if is_present else SHARED


GATES.register("suppression", suppression)

"""Lifting: somebody who was erased may come back by their own will, and two persons may find an entry wrong."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from governance import permissions
from governance.erasure import outside
from governance.models import SuppressionClearance, SuppressionEntry
from profiles import approvals, audit, imports, schema
from profiles.approvals import ApprovalKind, ApprovalNotAllowed, Plan
from profiles.encryption import digest_version
from profiles.models import Approval, Batch, QuarantinedRow, Source, User
from profiles.standardising import standardise
from profiles.work import Presented

from . import gate, identifiers

LIFT = "lift_suppression"
Row = Mapping[str, str]


class SignUpNotAllowed(Exception):
    """The sign-up cannot be taken; the message says why."""


@transaction.atomic
def sign_up(*, source: Source, cells: Row, consented_at: datetime, proof: str, by: User | None) -> Batch:
    """Take in somebody who signed up again with new consent: what stopped them is lifted, audited, and a new id follows.

    `proof` is the reference of the consent, never its text. The consent must be newer than every entry that it lifts.
    """
    from profiles.connectors import Row as Received

    version = schema.published()
    spec = version.sources[source.key]
    row = Received(1, dict(cells))
    (read,) = standardise([row], spec, {})
    found = entries_of(source.key, cells.get(spec.id_column, "").strip(), read.attributes)
    late = [entry for entry in found if entry.created_at >= consented_at]
    if late:
        raise SignUpNotAllowed("The consent is older than the erasure.")
    lift(entries=found, why=SuppressionEntry.Lift.CONSENT, by=by, detail={"proof": proof[:64]})
    return imports.take_row(source=source, cells=dict(cells), name="sign-up", by=by)


def entries_of(source_key: str, external_id: str, attributes: identifiers.Attributes) -> list[SuppressionEntry]:
    """Entries in force that a row meets. 1 query."""
    found = [*identifiers.single(source_key, external_id, attributes), *identifiers.together(attributes)]
    entries = SuppressionEntry.objects.in_force().filter(digest__in=identifiers.lookups(found))
    return list(entries.select_for_update())


def lift(
    *, entries: Collection[SuppressionEntry], why: str, by: User | None, approval: Approval | None = None,
    detail: Mapping[str, Any] | None = None,
) -> int:  # fmt: skip
    """Lift entries, and tell the ledger outside. Returns how many. Caller is in a transaction."""
    gate.lock_out()
    now = timezone.now()
    for entry in entries:
        entry.lifted_at, entry.lifted_by, entry.lift, entry.approval = now, by, why, approval
        entry.save(update_fields=["lifted_at", "lifted_by", "lift", "approval"])
    if entries:
        why_words = SuppressionEntry.Lift(why).label
        audit.record("suppression.lifted", detail={"entries": len(entries), "why": why_words, **(detail or {})})
        lines = [outside.lift_line(entry) for entry in entries]
        transaction.on_commit(lambda: outside.append(lines))
    return len(entries)


# ---- somebody else, who only shares something ------------------------------------------------------------------------------


def held_rows(batch: Batch | None = None) -> QuerySet[QuarantinedRow]:
    """Rows that wait for a steward because they share something with somebody who was erased."""
    rows = QuarantinedRow.objects.filter(code__startswith=gate.CODE, state=QuarantinedRow.State.OPEN)
    return rows.filter(batch=batch) if batch else rows


@transaction.atomic
def clear(*, row: QuarantinedRow, by: User) -> Batch:
    """A steward knows that it is somebody else: the row is taken in, now and whenever its source sends it again."""
    cells = imports.quarantined_cells(row)
    spec = schema.published().sources[row.batch.source.key]
    external_id = cells.get(spec.id_column, "").strip()
    ((_, digest),) = identifiers.hashed([identifiers.at_source(spec.key, external_id)])
    SuppressionClearance.objects.get_or_create(
        digest=digest, defaults={"key_version": digest_version(), "cleared_by": by, "cleared_at": timezone.now()}
    )
    audit.record("suppression.cleared", obj=row.batch, detail={"rows": 1})
    return imports.replay(batch=row.batch, mended={row.pk: cells}, by=by)


# ---- four eyes ---------------------------------------------------------------------------------------------------------------


def ask(*, entry: SuppressionEntry, by: User, reason: str) -> Approval:
    """Ask a second person to lift everything that one erasure suppresses."""
    arguments = {"erasure": str(entry.erasure_id)}
    return approvals.request(kind=LIFT, subject_id=str(entry.erasure_id), arguments=arguments, by=by, reason=reason)


def _entries(arguments: Mapping[str, Any]) -> QuerySet[SuppressionEntry]:
    return SuppressionEntry.objects.in_force().filter(erasure=arguments["erasure"]).order_by("id")


def _plan(arguments: Mapping[str, Any]) -> Plan:
    found = list(_entries(arguments))
    if not found:
        raise ApprovalNotAllowed("Nothing of this erasure is suppressed any more.")
    words = [
        f"{len(found)} suppressed identifiers of erasure {arguments['erasure'][-8:]} are lifted: if a source sends the"
        " person again, they come in."
    ]
    return Plan({"entries": [entry.pk for entry in found]}, words)


def _carry_out(approval: Approval) -> Any:
    found = list(_entries(approval.arguments).select_for_update())
    lift(entries=found, why=SuppressionEntry.Lift.MISTAKE, by=approval.requested_by, approval=approval)
    return found[0].erasure


def _present(rows: Sequence[Approval], user: User) -> Mapping[int, Presented]:
    address = reverse("governance:suppressions")
    return {row.pk: Presented(f"Erasure {row.arguments['erasure'][-8:]}", address) for row in rows}


approvals.KINDS.register(
    LIFT,
    ApprovalKind(
        "Lifting a suppression", permissions.APPROVE_LIFT, lambda arguments: gate.lock_out(), _plan, _carry_out,
        lambda approval, user: "", _present,
    ),
)  # fmt: skip

"""What lies outside the tables of customers: rows that were set aside, uploaded files, and mail that was written to files.

They have no record to be found by; they are found by the keyed hashes of the erasure, so that a retry needs nothing that
was deleted.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from governance.models import Erasure
from governance.suppression import identifiers
from profiles.canonical.records import standardise_rows
from profiles.gates import of_broken
from profiles.imports import quarantined_cells
from profiles.models import Batch, QuarantinedRow
from profiles.schema import Schema, published

from .targets import Cleared, NotYet, Subject

STEP = 1_000
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def digests_of(erasure: Erasure) -> set[bytes]:
    """The hashes that are the person's alone. 1 query."""
    return {bytes(one) for one in erasure.suppressions.filter(is_unique=True).values_list("digest", flat=True)}


# ---- rows that were set aside ----------------------------------------------------------------------------------------------


def clear_set_aside(erasure: Erasure, subject: Subject) -> Cleared:
    """Rows set aside, answered ones too, that carry an identifier of the person. Reads them all: about 0.1 ms each."""
    found = list(_set_aside(erasure))
    QuarantinedRow.objects.filter(id__in=found).delete()
    return {"profiles.QuarantinedRow": len(found)}


def left_set_aside(erasure: Erasure, subject: Subject) -> int:
    return len(list(_set_aside(erasure)))


def _set_aside(erasure: Erasure) -> Iterator[int]:
    wanted, schema, last = digests_of(erasure), published(), 0
    while wanted:
        rows = list(
            QuarantinedRow.objects.filter(id__gt=last, batch__created_at__lte=erasure.started_at)
            .select_related("batch__source")
            .order_by("id")[:STEP]
        )
        if not rows:
            return
        yield from (row.pk for row in rows if wanted.intersection(_hashes(row, schema)))
        last = rows[-1].pk


def _hashes(row: QuarantinedRow, schema: Schema) -> list[bytes]:
    """Everything that a row which could not be stored is known by."""
    source = schema.sources.get(row.batch.source.key)
    if source is None:
        return []
    cells = quarantined_cells(row)
    (read,) = standardise_rows([cells], source.mappings, source.context, {})
    seen = of_broken(source, cells, read.attributes)
    found = [
        *identifiers.single(seen.source_key, seen.external_id, seen.attributes),
        *identifiers.together(seen.attributes),
    ]
    return identifiers.lookups(found)


# ---- uploaded files ----------------------------------------------------------------------------------------------------------


def clear_uploads(erasure: Erasure, subject: Subject) -> Cleared:
    """An import deletes its own file when it closes: wait for those that were there; what is left over goes now."""
    if left_uploads(erasure, subject) and _open_imports(erasure):
        raise NotYet("imports")
    left = _old_uploads(erasure)
    for path in left:
        path.unlink(missing_ok=True)
    return {"uploads": len(left)}


def left_uploads(erasure: Erasure, subject: Subject) -> int:
    return len(_old_uploads(erasure))


def _open_imports(erasure: Erasure) -> bool:
    is_open = Batch.objects.filter(state__in=[Batch.State.WAITING, Batch.State.RUNNING])
    return is_open.filter(created_at__lte=erasure.started_at).exists()


def _old_uploads(erasure: Erasure) -> list[Path]:
    """Files that came in before the erasure began, and are no open import's that came after."""
    folder = Path(settings.MEDIA_ROOT) / "uploads"
    return [path for path in folder.glob("*") if path.is_file() and _is_older(path, erasure)]


def _is_older(path: Path, erasure: Erasure) -> bool:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC) <= erasure.started_at


# ---- mail ----------------------------------------------------------------------------------------------------------------------


def clear_outbox(erasure: Erasure, subject: Subject) -> Cleared:
    """Mail that was written to files instead of being sent, to or about an address of the person."""
    found = _mail(erasure)
    for path in found:
        path.unlink(missing_ok=True)
    return {"mail": len(found)}


def left_outbox(erasure: Erasure, subject: Subject) -> int:
    return len(_mail(erasure))


def _mail(erasure: Erasure) -> list[Path]:
    folder = Path(settings.EMAIL_FILE_PATH)
    if not folder.is_dir():
        return []
    wanted = digests_of(erasure)
    return [path for path in folder.iterdir() if path.is_file() and wanted.intersection(_addresses(path))]


def _addresses(path: Path) -> list[bytes]:
    found = {address.lower() for address in _ADDRESS.findall(path.read_text(errors="replace"))}
    return identifiers.lookups([identifiers.Identifier(identifiers.Kind.EMAIL, identifiers.mailbox(a)) for a in found])

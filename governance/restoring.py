"""What this app does again after a restore: the erasures that the backup does not know of. See after_restore.py."""

from pathlib import Path

from django.conf import settings

from . import after_restore
from .erasure import outside
from .models import Erasure


def erase_again() -> str:
    """From the ledger outside the database. Raises NotDone where there should be one and is none."""
    path = Path(settings.ERASURE_LEDGER) if settings.ERASURE_LEDGER else None
    if path is None:
        raise after_restore.NotDone("Set ERASURE_LEDGER: who was erased since the backup is known from there alone.")
    if not path.exists() and Erasure.objects.exists():
        raise after_restore.NotDone(
            f"There is no ledger of erasures at {path}, and there were some: bring it back first."
        )
    lines = path.read_text().splitlines() if path.exists() else []
    return f"{len(lines)} lines in the ledger, {outside.replay(lines)} done again"


after_restore.STEPS.register("erasures", erase_again)

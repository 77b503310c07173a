"""Jobs of this app."""

from .imports import run_import, run_undo
from .jobs import KINDS, JobKind

KINDS.register("import", JobKind("Import", run_import))
KINDS.register("undo_import", JobKind("Undo of an import", run_undo))

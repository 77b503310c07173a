"""Jobs of this app, and its steps after records were stored."""

from .conflicts import notice
from .corrections import AFTER_STORE
from .imports import run_import, run_undo
from .jobs import KINDS, JobKind

KINDS.register("import", JobKind("Import", run_import))
KINDS.register("undo_import", JobKind("Undo of an import", run_undo))
AFTER_STORE.register("corrections", notice)

"""Jobs of this app, and its steps after records were stored and a schema was published."""

from .conflicts import notice
from .corrections import AFTER_STORE
from .imports import run_import, run_undo
from .jobs import KINDS, JobKind
from .rebuild import after_publish, run_rebuild
from .schema import AFTER_PUBLISH

KINDS.register("import", JobKind("Import", run_import))
KINDS.register("undo_import", JobKind("Undo of an import", run_undo))
KINDS.register("rebuild", JobKind("Rebuild under a new schema", run_rebuild, rebuilds=True))
AFTER_PUBLISH.register("rebuild", after_publish)
AFTER_STORE.register("corrections", notice)

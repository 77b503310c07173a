"""A database per test process, cloned from the one migrated template."""

import os
import subprocess
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from django.conf import settings
from django.db import connection, connections

from cdv_site import pg_tools
from cdv_site.env import database
from profiles import schema


class TestDatabase:
    """One process's clone: use it, renew it, drop it."""

    __test__ = False

    def __init__(self, template_url: str, worker: str, owner_url: str = "") -> None:
        self.template = urlsplit(template_url).path.lstrip("/")
        self.name = f"test_{worker}"
        self.owner_url = owner_url or template_url
        self.admin_url, self.url = self.url_of("postgres"), _named(template_url, self.name)
        self.role = urlsplit(template_url).username
        # each process rings its own Redis database
        self.redis_url = os.environ["REDIS_URL"].replace(
            "virtual_host=0", f"virtual_host={zlib.crc32(worker.encode()) % 62 + 1}"
        )

    def use(self) -> None:
        """Point Django at a fresh clone. It signs in as the owner and works as the site's role, see `as_owner`."""
        owner = database(self.owner_url)
        owner["OPTIONS"]["options"] += f" -c role={self.role}"
        for alias in connections:
            connections[alias].close()
            connections[alias].settings_dict.update(
                NAME=self.name, USER=owner["USER"], PASSWORD=owner["PASSWORD"], OPTIONS=owner["OPTIONS"]
            )
        settings.DATABASES["default"]["NAME"] = self.name
        settings.REDIS_URL = self.redis_url
        self._clone(self.template)

    def renew(self, template: str = "") -> None:
        """Back to the state after migration, or to one kept before; about 0.2 s."""
        connections.close_all()
        forget()
        self._clone(template or self.template)

    def keep(self, what: str) -> str:
        """Keep the present state as a template to renew from; returns its name."""
        connections.close_all()
        name = f"{self.name}_{what}"
        self._execute(
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{self.name}"'
        )
        return name

    def drop(self, name: str = "") -> None:
        """Drop this process's clone, or a state kept before."""
        connections.close_all()
        self._execute(f'DROP DATABASE IF EXISTS "{name or self.name}" WITH (FORCE)')

    def _clone(self, template: str) -> None:
        self._execute(
            f'DROP DATABASE IF EXISTS "{self.name}" WITH (FORCE)',
            f'CREATE DATABASE "{self.name}" TEMPLATE "{template}"',
        )

    def _execute(self, *statements: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)

    def url_of(self, name: str) -> str:
        """The address of another database on the same server, for its owner."""
        return _named(self.owner_url, name)


def _named(url: str, name: str) -> str:
    return urlsplit(url)._replace(path=f"/{name}").geturl()


def dump(name: str) -> str:
    """A whole database as text, in lower case: what a canary is looked for in."""
    argv = [pg_tools.tool("pg_dump", 18), "--format=plain", "--no-owner"]
    environ = pg_tools.environment(pg_tools.owner(), name)
    return subprocess.run(argv, env=environ, capture_output=True, text=True, check=True).stdout.casefold()


@contextmanager
def as_owner() -> Iterator[None]:
    """A block as the owner of the database: what an operator may do and the site may not, such as DDL."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        site = cursor.fetchone()[0]
        cursor.execute("SET ROLE NONE")
    try:
        yield
    finally:
        if not connection.needs_rollback:  # a rollback takes the role back by itself
            with connection.cursor() as cursor:
                cursor.execute(f"SET ROLE {site}")


def forget() -> None:
    """Schema versions never change and are kept in memory by number; another clone gives the same numbers out again."""
    schema._cache.clear()

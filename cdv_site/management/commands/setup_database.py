"""`manage.py setup_database`: the database and its two roles, once, by whoever administers the server."""

import os
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from psycopg import sql

from cdv_site import database_roles

CREATE = "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"


class Command(BaseCommand):
    help = (
        "Makes the owner of DATABASE_OWNER_URL, the site's role of DATABASE_URL and their database on the server that"
        " DATABASE_ADMIN_URL leads to, with the passwords these addresses hold. Safe to repeat; then run `prepare`."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--admin", default=os.environ.get("DATABASE_ADMIN_URL", ""), help="instead of the variable")

    def handle(self, *, admin: str, **options: Any) -> None:
        owner, site = map(database_roles.user_of, (settings.DATABASE_OWNER_URL, settings.DATABASE_URL))
        if not admin or not owner or not site or owner == site:
            raise CommandError(
                "Set DATABASE_ADMIN_URL, DATABASE_OWNER_URL and DATABASE_URL: the last two name different roles."
            )
        database = unquote(urlsplit(settings.DATABASE_OWNER_URL).path.lstrip("/"))
        try:
            with psycopg.connect(admin, autocommit=True) as connection, connection.cursor() as cursor:
                self._make(cursor, owner, site, database)
        except psycopg.Error as error:
            raise CommandError(f"The server refused: {error}") from error
        self.stdout.write(f"Database {database}: {owner} owns it, {site} works in it. Now run `prepare`.")

    @staticmethod
    def _make(cursor: Any, owner: str, site: str, database: str) -> None:
        for role, url in ((owner, settings.DATABASE_OWNER_URL), (site, settings.DATABASE_URL)):
            database_roles.make_role(cursor, role, unquote(urlsplit(url).password or ""))
        name = sql.Identifier(database)
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        if cursor.fetchone() is None:
            cursor.execute(sql.SQL(CREATE).format(name, sql.Identifier(owner)))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        cursor.execute(sql.SQL("GRANT CONNECT, TEMPORARY ON DATABASE {} TO {}").format(name, sql.Identifier(site)))

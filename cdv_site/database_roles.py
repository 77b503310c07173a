"""Two roles in the database: the owner changes the schema, the site only works in it.

The site reads and writes rows, of ledgers (tables that a guard makes append-only) it may only read and insert them, and
change the columns of free text that their guard lets it empty when somebody was erased; it can neither empty nor alter a table, nor switch a guard off. Who holds the site's password holds no more than that.
"""

from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from . import env

READ_ONLY = "django_migrations"
# each table with what it is and with what the site may do there now
TABLES = """
SELECT c.relname,
    EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_append_only') AS is_ledger,
    ARRAY(SELECT p FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'MAINTAIN', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p
          WHERE has_table_privilege(%(site)s, c.oid, p)) AS held,
    coalesce((SELECT split_part(encode(t.tgargs, 'escape'), '\\000', 1) FROM pg_trigger t
              WHERE t.tgrelid = c.oid AND t.tgname = c.relname || '_append_only' AND t.tgnargs > 0), '') AS texts,
    ARRAY(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
          AND has_column_privilege(%(site)s, c.oid, a.attnum, 'UPDATE')) AS changed
FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""
SEQUENCES = """
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
    AND CASE WHEN c.relkind = 'S' THEN NOT has_sequence_privilege(%(site)s, c.oid, 'USAGE') END
"""


def site_role() -> str:
    """The role that the site works as, where it is not the owner itself; else nothing."""
    site, owner = user_of(settings.DATABASE_URL), user_of(settings.DATABASE_OWNER_URL)
    return site if owner and site != owner else ""


def user_of(url: str) -> str:
    """The role that an address names."""
    return unquote(urlsplit(url).username or "")


def become_owner() -> None:
    """This process changes the schema: from now on its connection is the owner's, where one is named."""
    owner = env.database(settings.DATABASE_OWNER_URL) if settings.DATABASE_OWNER_URL else None
    if owner and owner["USER"] != connection.settings_dict["USER"]:
        connection.close()
        connection.settings_dict.update(
            {key: owner[key] for key in ("USER", "PASSWORD", "HOST", "PORT", "NAME", "OPTIONS")}
        )


def grant_to_site() -> list[str]:
    """Give the site's role exactly what it needs. Returns the tables changed. 2 queries when nothing is to do."""
    site = site_role()
    if not site:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        return grant(cursor, site)


def grant(cursor: Any, site: str) -> list[str]:
    """The same on any cursor of the owner, inside a transaction."""
    cursor.execute(TABLES, {"site": site})
    wrong = [
        (name, wanted, texts.split(",") if texts else [])
        for name, is_ledger, held, texts, changed in cursor.fetchall()
        if (wanted := _wanted(name, is_ledger)) != held
        or (is_ledger and set(changed) != set(filter(None, texts.split(","))))
    ]
    cursor.execute(SEQUENCES, {"site": site})
    sequences = [row[0] for row in cursor.fetchall()]
    role = sql.Identifier(site)
    for name, wanted, texts in wrong:
        table = sql.Identifier("public", name)
        cursor.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(table, role))
        verbs = sql.SQL(", ").join(map(sql.SQL, wanted))
        cursor.execute(sql.SQL("GRANT {} ON {} TO {}").format(verbs, table, role))
        if texts:
            columns = sql.SQL(", ").join(map(sql.Identifier, texts))
            cursor.execute(sql.SQL("GRANT UPDATE ({}) ON {} TO {}").format(columns, table, role))
    for name in sequences:
        cursor.execute(sql.SQL("GRANT USAGE, SELECT ON {} TO {}").format(sql.Identifier("public", name), role))
    return [name for name, _, _ in wrong]


def _wanted(table: str, is_ledger: bool) -> list[str]:
    """MAINTAIN is for ANALYZE after a large import."""
    if table == READ_ONLY:
        return ["SELECT"]
    return ["SELECT", "INSERT"] if is_ledger else ["SELECT", "INSERT", "UPDATE", "DELETE", "MAINTAIN"]


def make_role(cursor: Any, name: str, password: str = "") -> None:
    """A role that may sign in and nothing else; its password is set anew when one is given. The server sees its hash only."""
    role = sql.Identifier(name)
    cursor.execute("SELECT FROM pg_roles WHERE rolname = %s", [name])
    if cursor.fetchone() is None:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE").format(role))
    if password:
        hashed = cursor.connection.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256")
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(hashed.decode())))

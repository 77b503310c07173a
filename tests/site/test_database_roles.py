"""The site's role in the database reads and inserts ledgers, works in the other tables, and changes neither."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import PROTECT

from cdv_site import database_roles
from tests.databases import TestDatabase, as_owner

LEDGERS = {"profiles_auditevent", "governance_auditseal", "profiles_identityoperation", "profiles_recordmove"}
FORBIDDEN = [
    "UPDATE {} SET id = id",
    "DELETE FROM {}",
    "TRUNCATE {}",
    "ALTER TABLE {} DISABLE TRIGGER ALL",
    "ALTER TABLE {} ADD COLUMN more int",
    "ALTER TABLE {} OWNER TO CURRENT_USER",
    "DROP TABLE {} CASCADE",
    "DROP TRIGGER {}_append_only ON {}",
    "CREATE TRIGGER mine BEFORE INSERT ON {} FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change()",
    "CREATE RULE mine AS ON INSERT TO {} DO INSTEAD NOTHING",
    "CREATE OR REPLACE FUNCTION refuse_ledger_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "CREATE TABLE public.mine (id int)",
    "GRANT UPDATE ON {} TO CURRENT_USER",
    "SET ROLE cdv",
]


@pytest.fixture
def site(fresh_database: object, django_db_setup: TestDatabase) -> Iterator[psycopg.Connection]:
    """Signed in as a serving process is."""
    with psycopg.connect(django_db_setup.url, autocommit=True) as opened:
        yield opened


def test_the_site_can_only_read_and_insert_in_ledgers(site: psycopg.Connection) -> None:
    found = {}
    for (table,) in site.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
        verbs = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "TRIGGER", "REFERENCES")
        held = [verb for verb in verbs if _holds(site, table, verb)]
        found.setdefault(" ".join(held), set()).add(table)
    assert found.keys() == {"SELECT", "SELECT INSERT", "SELECT INSERT UPDATE DELETE"}
    assert found["SELECT"] == {"django_migrations"}
    assert found["SELECT INSERT"] >= LEDGERS
    guarded = site.execute(
        "SELECT relname FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid WHERE tgname LIKE '%_append_only'"
    )
    assert found["SELECT INSERT"] == {table for (table,) in guarded}
    for table in sorted(found["SELECT INSERT"]):
        column = "number" if table == "governance_auditseal" else "id"
        for statement in FORBIDDEN:
            sql = statement.replace("SET id = id", f"SET {column} = {column}").replace("{}", table)
            if "GRANT" in sql:  # only warns, and does nothing
                site.execute(sql)
                assert not _holds(site, table, "UPDATE")
            else:
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    site.execute(sql)


def _holds(site: psycopg.Connection, table: str, verb: str) -> bool:
    return site.execute("SELECT has_table_privilege(%s, %s)", [table, verb]).fetchone()[0]


def test_no_ledger_lets_go_of_who_acted(db: None) -> None:
    """What Django would set to nothing at a deletion the site's role may not update: accounts stay."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = tgrelid::regclass || '_append_only'"
        )
        ledgers = {row[0] for row in cursor.fetchall()}
    assert len(ledgers) >= 6
    keys = [
        key for model in apps.get_models() if model._meta.db_table in ledgers for key in model._meta.concrete_fields
    ]
    assert [str(key) for key in keys if key.remote_field and key.remote_field.on_delete is not PROTECT] == []


def test_a_new_table_is_the_sites_to_work_in_and_a_new_ledger_to_add_to(db: None) -> None:
    """As after a migration; a second time nothing is to do."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE plain (id int); CREATE TABLE told (id int); CREATE TRIGGER told_append_only BEFORE UPDATE OR"
            " DELETE ON told FOR EACH ROW EXECUTE FUNCTION refuse_ledger_change(); GRANT ALL ON told TO cdv_app"
        )
        assert sorted(database_roles.grant_to_site()) == ["plain", "told"]
        assert database_roles.grant_to_site() == []
        cursor.execute(
            "SELECT has_table_privilege('cdv_app', 'plain', 'DELETE'), has_table_privilege('cdv_app', 'told', 'DELETE')"
        )
        assert cursor.fetchone() == (True, False)


def test_the_set_up_makes_both_roles_and_their_database(
    django_db_setup: TestDatabase, settings: object, worker_id: str
) -> None:
    owner, site = f"owner_{worker_id}", f"site_{worker_id}"
    query = urlsplit(django_db_setup.admin_url).query
    settings.DATABASE_OWNER_URL = f"postgresql://{owner}:one-secret@/{owner}?{query}"
    settings.DATABASE_URL = f"postgresql://{site}:another@/{owner}?{query}"
    with psycopg.connect(django_db_setup.admin_url, autocommit=True) as admin:
        try:
            for _ in range(2):
                call_command("setup_database", admin=django_db_setup.admin_url, verbosity=0)
            with psycopg.connect(settings.DATABASE_OWNER_URL) as made, made.cursor() as cursor:
                cursor.execute("CREATE TABLE plain (id int)")
                database_roles.grant(cursor, site)
            with psycopg.connect(settings.DATABASE_URL, autocommit=True) as made:
                made.execute("INSERT INTO plain VALUES (1)")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    made.execute("CREATE TABLE mine (id int)")
            hashed = admin.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [site]).fetchone()[0]
            assert hashed.startswith("SCRAM-SHA-256$")
        finally:
            admin.execute(f"DROP DATABASE IF EXISTS {owner} WITH (FORCE)")
            admin.execute(f"DROP ROLE IF EXISTS {owner}, {site}")
    settings.DATABASE_OWNER_URL = settings.DATABASE_URL
    with pytest.raises(CommandError, match="different roles"):
        call_command("setup_database", admin="postgresql://x", verbosity=0)

"""Every verb writes exactly the audit events it says, and when the audit cannot be written, nothing has changed."""

import ast
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from matching import review
from matching.models import Proposal
from profiles.models import AuditEvent
from tests.cast import Cast, profile_of, send, send_bytes
from tests.databases import as_owner
from tests.site.test_screens import propose
from tests.site.verbs import VERBS
from tests.site.verbs.identity import undone

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cast() -> Cast:
    """Ada and Cy in the shop, Emmy in the CRM: three customers, one proposal, one row set aside."""
    cast = Cast()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"}, {"id": "2", "name": "Cy Day"})
    send(cast.crm, {"id": "9", "name": "Emmy Noether", "mail": "emmy@post.example"})
    send_bytes(cast.shop, b'{"name": "no id"}', name="bad.jsonl")
    propose(profile_of(cast.shop, "1"), profile_of(cast.crm, "9"))
    return cast


# parts of a verb: the verb that calls them writes the row
PARTS = {"profiles.imports.take_row", "matching.constraints.write", "matching.review.void_decision_of"}
IDS = [f"{name.rpartition('.')[2]}-{n}" for n, (name, _, _) in enumerate(VERBS)]


@pytest.mark.parametrize(("prepare", "events"), [row[1:] for row in VERBS], ids=IDS)
def test_a_verb_writes_its_audit_events_or_changes_nothing(cast: Cast, prepare: Callable, events: list) -> None:
    verb = prepare(cast)
    connection.check_constraints()
    before = everything()
    with broken_audit(), pytest.raises(DatabaseError, match="the audit is closed"), transaction.atomic():
        verb()
    assert everything() == before
    newest = AuditEvent.objects.order_by("-id").values_list("id", flat=True).first() or 0
    verb()
    written = AuditEvent.objects.filter(id__gt=newest).order_by("id").values_list("action", flat=True)
    assert list(written) == events


class broken_audit:
    """The audit refuses every row."""

    def __enter__(self) -> None:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "CREATE FUNCTION close_audit() RETURNS trigger LANGUAGE plpgsql AS"
                " $$ BEGIN RAISE EXCEPTION 'the audit is closed'; END $$;"
                "CREATE TRIGGER closed BEFORE INSERT ON profiles_auditevent FOR EACH ROW EXECUTE FUNCTION close_audit()"
            )

    def __exit__(self, *_: object) -> None:
        if connection.needs_rollback:  # which takes it away
            return
        with as_owner(), connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER closed ON profiles_auditevent; DROP FUNCTION close_audit()")


def everything() -> dict[str, str]:
    """A fingerprint of every table's rows; sessions aside, which a request touches."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            if table != "django_session":
                cursor.execute(
                    f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{table}\" t"
                )
                found[table] = cursor.fetchone()[0]
    return found


def verbs_in_code() -> set[str]:
    """Public functions that are told `by` whom: the verbs of the house."""
    found = set()
    for app in ("profiles", "matching", "governance"):
        for path in (ROOT / app).glob("*.py"):
            for node in ast.parse(path.read_text()).body:
                is_public = isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
                if is_public and "by" in {arg.arg for arg in node.args.kwonlyargs}:
                    found.add(f"{app}.{path.stem}.{node.name}")
    return found


def test_every_verb_is_tested_here() -> None:
    assert verbs_in_code() - PARTS == {name for name, _, _ in VERBS if ".views." not in name}


def test_the_ledgers_refuse_update_delete_and_truncate(cast: Cast) -> None:
    undone(cast)()
    review.decide(proposal=Proposal.objects.get(), verdict="not_same", by=cast.ada, reason="r")
    connection.check_constraints()
    for table in ("profiles_identityoperation", "profiles_recordmove", "profiles_auditevent", "matching_decision"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
            refused = pytest.raises(DatabaseError, match="append-only")
            with as_owner(), refused, transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")
                assert cursor.fetchone(), table
                cursor.execute(statement)

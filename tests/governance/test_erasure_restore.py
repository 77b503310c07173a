"""Restore: what a backup taken before an erasure brings back is erased again before the site opens."""

from io import StringIO
from pathlib import Path

from django.core.management import call_command

from governance.models import Erasure, SuppressionEntry
from profiles.models import AuditEvent, Profile
from tests.cast import profile_of, send
from tests.databases import TestDatabase
from tests.governance.erasing import erase
from tests.governance.test_erasure import ADA, scene


def test_a_restored_backup_forgets_the_person_again(
    fresh_database: object, django_db_setup: TestDatabase, settings: object, tmp_path: Path
) -> None:
    """The backup is older than the erasure; the ledger outside says what to do again, once."""
    settings.ERASURE_LEDGER = str(tmp_path / "ledger.jsonl")
    cast = scene()
    backup = django_db_setup.keep("backup")
    ada, carl = profile_of(cast.shop, "1").pk, profile_of(cast.shop, "2").pk
    erasure = erase(Profile.objects.get(pk=ada), cast.ada, cast.root)
    written = Path(settings.ERASURE_LEDGER).read_text()
    assert erasure.done_at and len(written.splitlines()) == 1 and "ada@" not in written
    django_db_setup.renew(backup)
    django_db_setup.drop(backup)
    assert Profile.objects.get(pk=ada).state == "active" and not SuppressionEntry.objects.exists()
    for expected in ("1 erasures were done again", "0 erasures were done again"):
        assert expected in said_by_command()
    assert Profile.objects.get(pk=ada).state == "erased" and Profile.objects.get(pk=carl).state == "active"
    assert Erasure.objects.get().done_at and Erasure.objects.get().replayed_at
    assert send(cast.shop, {**ADA, "tel": "1"}).suppressed == 1
    assert AuditEvent.objects.filter(action="erasure.replayed").count() == 1


def said_by_command() -> str:
    out = StringIO()
    call_command("replay_erasures", stdout=out)
    return out.getvalue()

"""The demo in the database: loaded once, gone on with after a kill, told from real counts, kept out of other people's."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from cdv_site.demo import loading
from cdv_site.demo.sources import SOURCES
from governance.models import PrivacyRequest
from profiles.models import Batch, Profile, Source, SourceRecord, User
from tests.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_schema")]
SMALL = {"seed": 7, "scale": 300}


def demo(**options: object) -> str:
    out = io.StringIO()
    call_command("demo", stdout=out, **SMALL, **options)
    return out.getvalue()


def test_what_a_killed_start_has_begun_is_gone_on_with() -> None:
    call_command("prepare", demo=True)
    assert User.objects.get(username="steward").check_password("steward-demo")
    assert not loading.is_finished()
    until_killed = iter(range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "work_off", lambda: next(until_killed))
        with pytest.raises(StopIteration):
            loading.load(**SMALL)
    assert Batch.objects.count() == 3

    assert "Merged automatically" in demo(if_unfinished=True)
    assert loading.is_finished()
    assert Batch.objects.filter(state=Batch.State.DONE).count() == Batch.objects.count() == 5
    assert not SourceRecord.objects.filter(state=SourceRecord.State.RECEIVED).exists()
    assert demo(if_unfinished=True) == ""


def test_the_figures_told_are_those_of_the_database() -> None:
    said = demo()
    records, customers = re.search(r"([\d,]+) records became ([\d,]+) customers", said).groups()
    assert int(records) == SourceRecord.objects.count()
    assert int(customers) == Profile.objects.filter(state="active").count()
    assert "8 privacy requests are on the board" in said
    states = set(PrivacyRequest.objects.values_list("state", flat=True))
    assert {"received", "in_progress"} <= states
    precision, with_proposals = re.search(r"precision ([\d.]+).*recall ([\d.]+)\.$", said, re.DOTALL).groups()
    assert float(precision) >= 0.99
    assert float(with_proposals) >= 0.95


def test_a_failed_import_is_told() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SOURCES[0], "encoding", "no-such-encoding")
        with pytest.raises(CommandError, match="The import of pos.csv failed"):
            demo()
    assert not loading.is_finished()


def test_sources_of_ones_own_are_never_mixed_with_the_demo() -> None:
    Cast()
    call_command("prepare", demo=True)
    assert set(Source.objects.values_list("key", flat=True)) == {"shop", "crm"}
    assert demo(if_unfinished=True) == ""
    with pytest.raises(CommandError, match="for an empty database"):
        demo()

"""Sensitive values are stored sealed, everywhere they are kept, and shown, matched and found as before."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from matching.run import resolve_all
from profiles import corrections, flags, imports, jobs, search, sensitive
from profiles.encryption import Moved
from profiles.models import CanonicalField, Correction, Flag, GoldenValue, Job, RecordVersion, SearchEntry, SourceRecord
from profiles.schema import publish
from tests.cast import Cast, profile_of, record, send
from tests.databases import dump

CANARIES = [f"QX{n}77{n}19CANARY{n}" for n in range(1, 7)]
NID, OLDER, CORRECTED, FREE, INVALID, LATER = CANARIES


def stored(model: type, **where: object) -> dict:
    return model.objects.filter(**where).values().first()


@pytest.fixture
def cast(fresh_database: Callable[[], None]) -> Cast:
    from profiles.models import FieldMapping

    cast = Cast()
    FieldMapping.objects.create(source=cast.shop, column="club", target="free:club")
    CanonicalField.objects.filter(key="loyalty_id").update(sensitivity="internal")
    publish(by=None)
    return cast


def test_no_sensitive_value_is_in_clear_in_a_dump_and_all_of_them_work(cast: Cast, django_db_setup: object) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "nid": OLDER, "club": FREE, "born": "1980-02-03"})
    send(cast.shop, {"id": "1", "name": "Ada Byron", "nid": NID, "club": FREE, "born": "1980-02-03"}, name="b.jsonl")
    send(cast.crm, {"id": "9", "name": "Ada Byron", "nid": NID})
    send(cast.shop, {"name": "no id", "nid": INVALID}, name="c.jsonl")
    ada = record(cast.shop, "1")
    # read as before, by record, older state, customer and lineage
    assert (ada.attributes["national_id"], ada.attributes["free:club"]) == ([NID], [FREE])
    assert ada.versions.get().attributes["national_id"] == [OLDER]
    assert profile_of(cast.shop, "1") == profile_of(cast.crm, "9")  # the rule on the national id joined them
    golden = GoldenValue.objects.get(profile=profile_of(cast.shop, "1"), field="national_id")
    assert (golden.value, sorted(golden.source_ids)) == (NID, sorted([cast.shop.id, cast.crm.id]))
    # corrected and flagged
    made = corrections.correct(record=ada, field="national_id", values=[CORRECTED], reason="Seen", by=cast.ada)
    resolve_all()
    assert Correction.objects.get(pk=made.pk).source_values == [NID]
    flags.flag(record=ada, field="national_id", value=CORRECTED, note="Odd", by=cast.ada)
    assert Flag.objects.get().value == CORRECTED
    values = set(GoldenValue.objects.filter(field="national_id").values_list("value", flat=True))
    assert values == {""}
    # found by the whole number in any notation, by who may
    for text in (CORRECTED, f"{CORRECTED[:4]}-{CORRECTED[4:].lower()}"):
        (hit,) = search.find(text, cast.ada)
        assert (hit.profile_id, hit.way, hit.text) == (profile_of(cast.shop, "1").pk, search.Way.SAME, text)
    assert search.find(CORRECTED[:-1], cast.ada) == []
    assert (
        search.find(SearchEntry.objects.get(kind="sealed", text=sensitive.lookup_text(CORRECTED)).text, cast.ada) == []
    )
    # shown in clear to who may, masked to others
    for user, sees in ((cast.ada, True), (cast.vera, False)):
        client = Client()
        client.force_login(user)
        page = client.get(reverse("profiles:customer", args=[profile_of(cast.shop, "1").pk])).content.decode()
        assert (CORRECTED in page) is sees
    # and nowhere in clear
    text = dump(django_db_setup.name)
    assert "byron" in text
    assert [canary for canary in CANARIES if canary.casefold() in text] == []
    assert [canary for canary in CANARIES if canary.casefold().encode().hex() in text] == []
    assert "1980-02-03" in text  # what matching compares by likeness is in clear, as the docs say


def test_an_import_that_is_undone_gives_sealed_values_back(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "nid": OLDER})
    second = send(cast.shop, {"id": "1", "name": "Ada Byron", "nid": NID}, name="b.jsonl")
    imports.undo_import(batch=second, by=cast.ada)
    jobs.run(Job.objects.get(kind="undo_import").id)
    assert record(cast.shop, "1").attributes["national_id"] == [OLDER]


def test_a_sealed_value_of_another_record_does_not_open(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "nid": OLDER}, {"id": "2", "name": "Cy Day", "nid": NID})
    one, two = SourceRecord.objects.order_by("external_id").filter(external_id__in="12")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE profiles_sourcerecord SET sealed = %s WHERE id = %s", [bytes(two.sealed), one.pk])
    with pytest.raises(Moved):
        SourceRecord.objects.get(pk=one.pk)
    with pytest.raises(TypeError, match="in clear"):
        two.save()


def test_a_field_that_becomes_sensitive_is_sealed_by_the_rebuild_and_opened_by_the_next(
    cast: Cast, django_db_setup: object
) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "card": OLDER})
    send(cast.shop, {"id": "1", "name": "Ada Byron", "card": LATER}, name="b.jsonl")
    ada = record(cast.shop, "1")
    corrections.correct(record=ada, field="loyalty_id", values=[CORRECTED], reason="Seen", by=cast.ada)
    flags.flag(record=ada, field="loyalty_id", value=CORRECTED, note="Odd", by=cast.ada)
    resolve_all()
    assert stored(GoldenValue, field="loyalty_id")["value"] == CORRECTED
    for sensitivity, clear in (("sensitive", False), ("internal", True)):
        CanonicalField.objects.filter(key="loyalty_id").update(sensitivity=sensitivity)
        publish(by=None)
        for job in Job.objects.filter(kind="rebuild", state="queued"):
            jobs.run(job.id)
        resolve_all()
        assert ("loyalty_id" in stored(SourceRecord, pk=ada.pk)["attributes"]) is clear
        assert ("loyalty_id" in stored(RecordVersion, record=ada)["attributes"]) is clear
        assert (CORRECTED in stored(Correction)["values"], stored(Flag)["value"] == CORRECTED) == (clear, clear)
        assert (stored(GoldenValue, field="loyalty_id")["value"] == CORRECTED) is clear
        assert GoldenValue.objects.get(field="loyalty_id").value == CORRECTED
        assert [hit.kind for hit in search.find(CORRECTED, cast.ada)] == ["identifier" if clear else "sealed"]
        if not clear:
            text = dump(django_db_setup.name)
            assert [c for c in (OLDER, LATER, CORRECTED) if c.casefold() in text] == []

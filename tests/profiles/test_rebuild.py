"""A published schema takes hold of what is stored: read again, keyed again, chosen again; killed in the middle, it goes on."""

import pytest
from django.db import connection

from matching import identity, models_in_force
from matching.models import BlockKey, MatchModel
from matching.rekeying import matched_fields
from matching.run import resolve_all
from profiles import corrections, drafts, gates, imports, jobs, rebuild, schema
from profiles.models import (
    AuditEvent,
    BlockedValue,
    CanonicalField,
    Correction,
    Job,
    SchemaVersion,
    SourceRecord,
    WorkItem,
)
from profiles.schema_check import SchemaInvalid
from tests.cast import Cast, golden, profile_of, record, same, send, send_bytes

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def publish(**_: object) -> SchemaVersion:
    return schema.publish(by=None)


def waiting(kind: str) -> list[Job]:
    return list(Job.objects.filter(kind=kind, state="queued").order_by("id"))


def work(*kinds: str) -> None:
    """Do the waiting jobs of these kinds, as a worker does."""
    for kind in kinds or ("rebuild", "rekey"):
        for job in waiting(kind):
            jobs.run(job.id)
            job.refresh_from_db()
            assert (job.state, job.message) == ("done", "")


def remap(cast: Cast, column: str, **changes: object) -> None:
    mapping = cast.shop.mappings.get(column=column)
    for name, value in changes.items():
        setattr(mapping, name, value)
    mapping.save()


def confirm(cast: Cast, *external_ids: str) -> None:
    """A person's word that these records of the shop are one."""
    first, *others = [profile_of(cast.shop, pk).id for pk in external_ids]
    records = [record(cast.shop, pk).id for pk in external_ids]
    identity.merge(survivor=first, losers=others, by=cast.ada, reason="She said so", confirmed=records)


def test_records_are_read_again_where_their_source_is_read_otherwise(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "born": "03/04/1990"})
    send(cast.crm, {"id": "9", "name": "Emmy Noether", "born": "1990-05-06"})
    said = record(cast.shop, "1").updated_at
    assert "birth_date" not in record(cast.shop, "1").attributes
    cast.shop.date_format = "%d/%m/%Y"
    cast.shop.save()
    version = publish()
    work()
    mine, other = record(cast.shop, "1"), record(cast.crm, "9")
    assert mine.attributes["birth_date"] == ["1990-04-03"]
    assert (mine.schema_version, mine.updated_at, mine.problems) == (version.number, said, [])
    assert golden(profile_of(cast.shop, "1"), "birth_date") == ["1990-04-03"]
    assert other.schema_version == version.number - 1  # read the same under both
    assert AuditEvent.objects.get(action="schema.rebuilt").detail["records"] == 1


def test_only_records_whose_matched_attributes_changed_are_resolved_again(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "lang": "de", "x": "01632 960018"}, {"id": "2", "name": "Cy Day"})
    cast.shop.mappings.create(column="lang", target="language")
    publish()
    work()
    assert record(cast.shop, "1").attributes["language"] == ["de"]
    assert record(cast.shop, "1").state == SourceRecord.State.RESOLVED
    assert golden(profile_of(cast.shop, "1"), "language") == ["de"]
    cast.shop.mappings.create(column="x", target="phone")
    publish()
    work()
    assert record(cast.shop, "1").state == SourceRecord.State.RECEIVED
    assert record(cast.shop, "2").state == SourceRecord.State.RESOLVED
    assert waiting("resolve")


def test_what_is_read_again_is_found_by_its_new_keys_and_verified_links_stay(cast: Cast) -> None:
    mine = {"id": "1", "name": "Ada Byron", "y": "1990-05-17", "x": "ada@post.example"}
    send(cast.shop, mine, {"id": "2", "name": "Ada Byron"})
    confirm(cast, "1", "2")
    send(cast.crm, {"id": "9", "name": "Ada Byron", "born": "1990-05-17", "mail": "ada@post.example"})
    assert not same((cast.shop, "1"), (cast.crm, "9"))
    cast.shop.mappings.create(column="x", target="email")
    cast.shop.mappings.create(column="y", target="birth_date")
    publish()
    home = profile_of(cast.shop, "1")
    work()
    assert profile_of(cast.shop, "1") == home
    resolve_all()
    assert same((cast.shop, "1"), (cast.crm, "9"))
    assert profile_of(cast.shop, "1") == home
    assert record(cast.shop, "1").membership.link_class == "verified"


def test_a_killed_rebuild_goes_on_where_it_stopped(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "CHUNK", 3)
    rows = [{"id": str(n), "name": f"Person Number{n}", "x": f"p{n}@post.example"} for n in range(10)]
    send(cast.shop, *rows)
    cast.shop.mappings.create(column="x", target="email")
    cast.shop.trust = 90
    cast.shop.save()
    version = publish()
    store, chosen, calls = rebuild._store, rebuild._choose_chunk, []

    def dies_at_the_third(*args: object) -> None:
        calls.append(1)
        if len(calls) in (3, 7):
            raise RuntimeError("killed")
        (store if len(calls) < 6 else chosen)(*args)

    monkeypatch.setattr(rebuild, "_store", dies_at_the_third)
    (job,) = waiting("rebuild")
    jobs.run(job.id)
    assert SourceRecord.objects.filter(schema_version=version.number).count() == 6
    assert jobs.is_rebuilding()
    monkeypatch.setattr(rebuild, "_choose_chunk", dies_at_the_third)
    jobs.run(job.id)  # reads the other four, chooses three customers, is killed
    assert SourceRecord.objects.filter(schema_version=version.number).count() == 10
    assert job.steps.count() == 1
    monkeypatch.setattr(rebuild, "_store", store)
    monkeypatch.setattr(rebuild, "_choose_chunk", chosen)
    jobs.run(job.id)
    job.refresh_from_db()
    assert job.state == "done"
    assert job.progress["shop: records read again"] == 10
    assert job.progress["customers chosen again"] == 10
    assert not jobs.is_rebuilding()
    resolve_all()
    assert golden(profile_of(cast.shop, "9"), "email") == ["p9@post.example"]


def test_a_second_rebuild_does_nothing(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "lang": "de"})
    cast.shop.mappings.create(column="lang", target="language")
    version = publish()
    work()
    before = record(cast.shop, "1")
    rebuild.start(version.number)
    work()
    assert record(cast.shop, "1").state == before.state
    done = AuditEvent.objects.filter(action="schema.rebuilt").order_by("id").values_list("detail__records", flat=True)
    assert list(done) == [1, 0]


def test_roll_back_publishes_older_content_again_and_reads_back(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    good = SchemaVersion.objects.first()
    remap(cast, "mail", target="free:mail")
    publish()
    work()
    assert "email" not in record(cast.shop, "1").attributes
    again = drafts.publish_again(version=good, by=cast.root)
    work()
    assert again.content == good.content
    assert record(cast.shop, "1").attributes["email"] == ["ada@post.example"]
    assert schema.difference_to_published()  # the draft keeps its edit
    drafts.restore_draft(by=cast.root)
    assert not schema.difference_to_published()


def test_roll_back_keeps_sources_made_since(cast: Cast) -> None:
    good = SchemaVersion.objects.first()
    till = cast._source("till", trust=10)
    publish()
    drafts.publish_again(version=good, by=cast.root)
    assert send(till, {"id": "1", "name": "Ada Byron"}).accepted == 1


def test_trust_and_survivorship_choose_golden_values_anew(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example", "born": "1990-05-17", "town": "Leeds"})
    send(cast.crm, {"id": "9", "name": "Ada Byron", "mail": "ada@post.example", "born": "1990-05-17", "nid": "AB 12"})
    send(cast.crm, {"id": "9", "name": "Adah Byron", "mail": "ada@post.example", "born": "1990-05-17"}, name="b.jsonl")
    assert same((cast.shop, "1"), (cast.crm, "9"))
    profile = profile_of(cast.shop, "1")
    assert golden(profile, "given_name")[0] == "Adah"  # crm is trusted more
    cast.shop.trust = 95
    cast.shop.save()
    publish()
    work()
    assert golden(profile, "given_name")[0] == "Ada"
    CanonicalField.objects.filter(group="name").update(survivorship="longest")
    publish()
    work()
    assert golden(profile, "given_name")[0] == "Adah"
    assert record(cast.shop, "1").state == SourceRecord.State.RESOLVED


def test_a_blocked_value_keys_and_resolves_those_who_hold_it(cast: Cast) -> None:
    send(
        cast.shop,
        {"id": "1", "name": "Ada Byron", "mail": "desk@post.example"},
        {"id": "2", "name": "Cy Day", "mail": "cy@post.example"},
    )
    before = BlockKey.objects.filter(record_id=record(cast.shop, "1").id).count()
    BlockedValue.objects.create(field="email", pattern="desk@post.example")
    publish()
    work()
    assert BlockKey.objects.filter(record_id=record(cast.shop, "1").id).count() < before
    assert record(cast.shop, "1").state == SourceRecord.State.RECEIVED
    assert record(cast.shop, "2").state == SourceRecord.State.RESOLVED
    assert AuditEvent.objects.get(action="records.rekeyed").detail == {"records": 1}


def test_withdrawn_records_are_read_again_and_stay_withdrawn(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "x": "a@post.example"}, {"id": "2", "name": "Cy Day"})
    cast.shop.import_mode = "snapshot"
    cast.shop.save()
    send(cast.shop, {"id": "2", "name": "Cy Day"}, name="b.jsonl")
    cast.shop.mappings.create(column="x", target="email")
    publish()
    work()
    gone = record(cast.shop, "1")
    assert (gone.state, gone.attributes["email"]) == ("withdrawn", ["a@post.example"])
    assert not BlockKey.objects.filter(record_id=gone.id).exists()
    assert golden(profile_of(cast.shop, "1"), "email") == []


def test_a_record_that_would_now_be_set_aside_stays_and_says_so(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron"})
    batch = send_bytes(cast.shop, b'{"name":"no id"}', name="b.jsonl")
    remap(cast, "mail", required=True)
    publish()
    work()
    assert [p["code"] for p in record(cast.shop, "1").problems] == ["required_missing"]
    assert record(cast.shop, "1").membership
    assert batch.quarantine.get().state == "open"


def test_a_record_that_no_gate_would_let_in_stays_as_it_was_read_before(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def held(rows: list[gates.GateRow]) -> list[gates.Ruling]:
        refused = gates.Ruling(gates.Pass.DROP, "suppressed", "Asked not to be kept.")
        return [refused if row.attributes.get("birth_date") else gates.ALLOWED for row in rows]

    send(cast.shop, {"id": "1", "name": "Ada Byron", "born": "03/04/1990"}, {"id": "2", "name": "Carl Gauss"})
    monkeypatch.setitem(gates.GATES._entries, "suppression", held)
    cast.shop.date_format = "%d/%m/%Y"
    cast.shop.save()
    version = publish()
    work()
    row = record(cast.shop, "1")
    assert (row.schema_version, row.state, "birth_date" in row.attributes) == (version.number, "resolved", False)
    assert row.problems[-1] == {"field": "", "column": "", "code": "suppressed", "message": "Asked not to be kept."}
    assert not any(problem["code"] == "suppressed" for problem in record(cast.shop, "2").problems)


def test_what_an_import_stores_after_the_rebuild_is_read_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    start = imports._start

    def publishes_then(*args: object) -> None:
        start(*args)
        cast.shop.mappings.create(column="x", target="email")
        publish()
        work()

    monkeypatch.setattr(imports, "_start", publishes_then)
    batch = send(cast.shop, {"id": "1", "name": "Ada Byron", "x": "ada@post.example"})
    assert record(cast.shop, "1").schema_version == batch.schema_version == schema.published().number - 1
    work()
    assert record(cast.shop, "1").attributes["email"] == ["ada@post.example"]


def test_what_the_undo_of_an_import_brings_back_is_read_again(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "x": "ada@post.example"})
    cast.shop.mappings.create(column="x", target="email")
    batch = send(cast.shop, {"id": "1", "name": "Ada King", "x": "ada@post.example"}, name="b.jsonl")
    publish()
    work()
    imports.undo_import(batch=batch, by=cast.root)
    work("undo_import")
    assert "email" not in record(cast.shop, "1").attributes
    work()
    assert record(cast.shop, "1").attributes["email"] == ["ada@post.example"]


def test_a_new_standardiser_is_no_third_value(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "card": "ab-1"})
    corrections.correct(record=record(cast.shop, "1"), field="loyalty_id", values=["ZZ9"], reason="r", by=cast.ada)
    said = Correction.objects.get().source_values
    remap(cast, "card", standardiser="text", separator="-")
    publish()
    work()
    now = record(cast.shop, "1").attributes["loyalty_id"]
    assert now != said
    assert Correction.objects.get().source_values == now
    assert not WorkItem.objects.filter(kind="correction_conflict").exists()


def test_a_draft_that_cannot_be_read_is_refused_whole(cast: Cast) -> None:
    remap(cast, "mail", target="no_such_field")
    BlockedValue.objects.create(field="*", pattern="(", is_regex=True)
    before = SchemaVersion.objects.count()
    with pytest.raises(SchemaInvalid, match="no_such_field.*no regular expression"):
        publish()
    assert SchemaVersion.objects.count() == before


def test_a_canonical_field_of_ones_own_brings_its_standardiser(cast: Cast) -> None:
    CanonicalField.objects.create(key="vat", label="VAT number", kind="identifier", standardiser="identifier")
    cast.shop.mappings.create(column="vat", target="vat")
    publish()
    send(cast.shop, {"id": "1", "name": "Ada Byron", "vat": " gb 12-3 "})
    strict = record(cast.shop, "1").attributes["vat"]
    CanonicalField.objects.filter(key="vat").update(standardiser="text")
    publish()
    work()
    assert record(cast.shop, "1").attributes["vat"] != strict


def test_a_model_that_blocks_otherwise_queues_new_keys(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "mail": "ada@post.example"})
    now = MatchModel.objects.get(state="published")
    content = {**now.content, "label": "looser", "thresholds": {**now.content["thresholds"], "review": 0.6}}
    looser = models_in_force.publish(model=MatchModel.objects.create(label="looser", content=content), by=cast.root)
    assert not waiting("rekey")
    blocking = [rule for rule in content["blocking"] if "email" not in rule["parts"]]
    fewer = MatchModel.objects.create(label="fewer", content={**content, "label": "fewer", "blocking": blocking})
    models_in_force.publish(model=fewer, by=cast.root)
    before = BlockKey.objects.count()
    work()
    assert BlockKey.objects.count() < before
    assert record(cast.shop, "1").state == SourceRecord.State.RECEIVED
    models_in_force.publish(model=looser, by=cast.root)  # roll back
    assert models_in_force.published().label == "looser"
    work()
    assert BlockKey.objects.count() == before


def test_what_the_engine_reads_is_what_it_is_asked_for(cast: Cast) -> None:
    fields = matched_fields()
    assert {"given_name", "family_name", "birth_date", "email", "phone", "postcode", "national_id"} <= fields
    assert not {"language", "contact_preference", "source", "party_kind"} & fields


def test_deferred_guards_hold_after_a_rebuild(cast: Cast) -> None:
    send(cast.shop, {"id": "1", "name": "Ada Byron", "x": "a@post.example"})
    cast.shop.mappings.create(column="x", target="email")
    publish()
    work()
    resolve_all()
    connection.check_constraints()

"""The demo in the database: sign-ins, sources, imports, and what came out, held against the truth."""

import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import Group
from django.db import transaction
from guardian.shortcuts import assign_perm

from cdv_site.demo.generate import generate
from cdv_site.demo.samples import SAMPLE_SOURCES
from cdv_site.demo.sources import SOURCES
from cdv_site.demo.sources import Source as SetUp
from cdv_site.demo.truth import RecordKey, TruthReport, load_truth, score
from cdv_site.demo_accounts import DEMO_ACCOUNTS
from governance.roles import BY_NAME
from matching.models import Proposal
from profiles import imports, jobs, schema
from profiles.models import Batch, FieldMapping, Job, Membership, SchemaVersion, Source, User

NOTE = "Demo sources"
GRANTS = {
    "steward": ("view", "steward"),
    "lead steward": ("view", "steward"),
    "privacy officer": ("view",),
    "support": ("view",),
    "marketing": ("view",),
    "integrator": ("view", "manage"),
    "administrator": ("view", "manage"),
    "viewer": ("view",),
}  # the auditor sees no source
FLOW = ("import", "resolve")
OPEN = (Job.State.QUEUED, Job.State.RUNNING)


class LoadFailed(Exception):
    """The demo did not come in; the message says where it stopped."""


def is_set_up() -> bool:
    return SchemaVersion.objects.filter(note=NOTE).exists()


def is_finished() -> bool:
    """Whether every source of the demo has had its import. 1 query."""
    imported = Batch.objects.filter(source__key__in=[row["key"] for row in SOURCES])
    imported = imported.filter(state__in=[Batch.State.DONE, Batch.State.UNDONE])
    return imported.values("source").distinct().count() == len(SOURCES)


@transaction.atomic
def set_up() -> None:
    """Users of each role, the sources with their mappings and grants, and a published schema. Roles exist."""
    for role, name, password in DEMO_ACCOUNTS:
        user, new = User.objects.get_or_create(username=name)
        if new:
            user.set_password(password)
            user.is_staff = BY_NAME[role].is_staff
            user.save()
        user.groups.add(Group.objects.get(name=role))
    for row in (*SOURCES, *SAMPLE_SOURCES):
        add_source(row)
    schema.publish(by=None, note=NOTE)


def add_source(row: SetUp) -> Source:
    """One source with its mappings, granted to every role as far as the role goes."""
    plain = {key: row[key] or "" for key in row if key not in ("mappings", "file", "unique_fields", "trust")}
    source = Source.objects.create(**plain, trust=row["trust"], unique_fields=list(row["unique_fields"]))
    FieldMapping.objects.bulk_create(
        FieldMapping(source=source, column=column, target=target, separator=separator or "", required=required)
        for column, target, separator, required in row["mappings"]
    )
    for role, verbs in GRANTS.items():
        for verb in verbs:
            assign_perm(f"profiles.{verb}_source", Group.objects.get(name=role), source)
    return source


def load(*, seed: int, scale: int) -> TruthReport:
    """Generate, import and resolve, and compare with the truth. Again after it was killed: it goes on from there."""
    with TemporaryDirectory() as folder:
        out = Path(folder)
        generate(out, seed=seed, scale=scale)
        for row in SOURCES:
            with (out / row["file"]).open("rb") as content:
                batch, _ = imports.receive_file(
                    source=Source.objects.get(key=row["key"]), name=row["file"], content=content, by=None
                )
            work_off()
            batch.refresh_from_db()
            if batch.state == Batch.State.FAILED or Job.objects.filter(id=batch.job_id, state=Job.State.FAILED):
                raise LoadFailed(f"The import of {batch.file_name} failed: see worker.log.")
        return compare(load_truth(out / "truth.csv"))


def work_off() -> None:
    """Do what waits in the flow, or wait for the worker that is faster: until nothing is left."""
    left = Job.objects.filter(kind__in=FLOW, state__in=OPEN).order_by("id")
    while job_ids := list(left.values_list("id", flat=True)):
        for job_id in job_ids:
            jobs.run(job_id)
        if left.exists():
            time.sleep(0.1)


def compare(truth: Mapping[RecordKey, str]) -> TruthReport:
    """What was merged, and what waits, against who is really who. 2 queries."""
    rows = Membership.objects.values_list("record__source__key", "record__external_id", "profile_id")
    clusters = {(source, external_id): profile for source, external_id, profile in rows}
    pairs = (
        Proposal.objects.awaiting_review()
        .filter(kind="merge")
        .values_list(
            "left_record__source__key",
            "left_record__external_id",
            "right_record__source__key",
            "right_record__external_id",
        )
    )
    return score(clusters, [((a, b), (c, d)) for a, b, c, d in pairs], truth)

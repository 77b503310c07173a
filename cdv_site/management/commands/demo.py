"""Load the demo: five dirty sources of one retail business, resolved, and held against the truth."""

from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from django.contrib.auth.models import Group
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction
from guardian.shortcuts import assign_perm

from cdv_site.demo.generate import generate
from cdv_site.demo.sources import SOURCES
from cdv_site.demo.truth import TruthReport, load_truth, score
from cdv_site.demo_accounts import DEMO_ACCOUNTS
from matching.models import Proposal
from matching.run import resolve_all
from profiles import imports, jobs, schema
from profiles.models import FieldMapping, Membership, Source, User

GRANTS = {"administrator": ("view", "steward", "manage"), "steward": ("view", "steward"), "viewer": ("view",)}


class Command(BaseCommand):
    help = "Load demo users, sources and records, resolve them, and print what happened against the truth."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there are sources already")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--scale", type=int, default=5000, help="about how many records")

    def handle(self, *args: object, if_empty: bool, seed: int, scale: int, **options: object) -> None:
        if if_empty and Source.objects.exists():
            return
        call_command("setup_roles", stdout=self.stdout)
        with transaction.atomic():
            set_up()
        with TemporaryDirectory() as folder:
            out = Path(folder)
            generate(out, seed=seed, scale=scale)
            load(out)
            resolve_all()
            self.report(compare(out))

    def report(self, found: TruthReport) -> None:
        self.stdout.write(
            f"{found.profiles} customers ({found.entities} in truth). Merged automatically: precision"
            f" {found.pair_precision:.4f}, recall {found.pair_recall:.4f}; with the"
            f" {Proposal.objects.awaiting_review().count()} proposals waiting for review, recall {found.recall_with_proposals:.4f}."
        )


def set_up() -> None:
    """Users of each role, the five sources with their mappings and grants, and a published schema."""
    for role, name, password in DEMO_ACCOUNTS:
        user, new = User.objects.get_or_create(username=name)
        if new:
            user.set_password(password)
            user.is_staff = role == "administrator"
            user.save()
        user.groups.add(Group.objects.get(name=role))
    for row in SOURCES:
        add_source(row)
    schema.publish(by=None, note="Demo sources")


def add_source(row: dict) -> Source:
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


def load(folder: Path) -> None:
    """Import every file in this process, by the same job that an upload starts."""
    for row in SOURCES:
        with (folder / row["file"]).open("rb") as content:
            batch, _ = imports.receive_file(
                source=Source.objects.get(key=row["key"]), name=row["file"], content=content, by=None
            )
        jobs.run(batch.job_id)


def compare(folder: Path) -> TruthReport:
    """What was merged, and what waits, against who is really who."""
    truth = load_truth(folder / "truth.csv")
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

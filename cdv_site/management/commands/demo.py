"""Load the demo: five dirty sources of one retail business, resolved, and held against the truth."""

import io
from argparse import ArgumentParser

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError

from cdv_site.demo import loading
from cdv_site.demo.consent import agree
from cdv_site.demo.requests import file_requests
from cdv_site.demo.truth import TruthReport
from matching.models import Proposal
from profiles.models import Source


class Command(BaseCommand):
    help = "Load demo users, sources and records, resolve them, and print what happened against the truth."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--if-unfinished", action="store_true", help="only what an earlier start has not finished")
        parser.add_argument("--seed", type=int, default=7)
        parser.add_argument("--scale", type=int, default=5000, help="about how many records")

    def handle(self, *args: object, if_unfinished: bool, seed: int, scale: int, **options: object) -> None:
        if if_unfinished and not loading.is_set_up():
            return
        if if_unfinished and loading.is_finished():
            file_requests()
            agree(seed=seed)
            return
        if not loading.is_set_up():
            if Source.objects.exists():
                raise CommandError("There are sources already: the demo is for an empty database.")
            call_command("setup_roles", stdout=io.StringIO())
            loading.set_up()
        self.stdout.write(f"Loading the demo: five sources with about {scale:,} records …")
        self.stdout.flush()
        try:
            found = loading.load(seed=seed, scale=scale)
        except loading.LoadFailed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file_requests()} privacy requests are on the board.")
        self.stdout.write(f"{agree(seed=seed)} statements of consent are in the ledger.")
        self.report(found)

    def report(self, found: TruthReport) -> None:
        waiting = Proposal.objects.awaiting_review().count()
        self.stdout.write(
            f"{found.records:,} records became {found.profiles:,} customers; in truth they are {found.entities:,}.\n"
            f"Merged automatically: pairwise precision {found.pair_precision:.4f}, recall {found.pair_recall:.4f}.\n"
            f"{waiting:,} proposals wait for review; with them, recall {found.recall_with_proposals:.4f}."
        )

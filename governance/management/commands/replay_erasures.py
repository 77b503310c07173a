"""Erase again what a restored database does not know of, before the site opens."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from governance.erasure import outside


class Command(BaseCommand):
    help = "Read the ledger of erasures that is kept outside the database, and do again what the database does not know of."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", default=settings.ERASURE_LEDGER, help="Default: ERASURE_LEDGER.")

    def handle(self, *args: Any, file: str, **options: Any) -> None:
        if not file:
            raise CommandError("Name the ledger, or set ERASURE_LEDGER.")
        path = Path(file)
        done = outside.replay(path.read_text().splitlines()) if path.exists() else 0
        self.stdout.write(f"{done} erasures were done again.")

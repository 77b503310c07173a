"""`manage.py audit_checkpoints`: write the checkpoints of the seals, to keep them elsewhere."""

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand

from governance import checkpoints


class Command(BaseCommand):
    help = "Writes the checkpoint of every seal, one JSON line each, to the standard output or a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--after", type=int, default=0, help="only of seals behind this number")
        parser.add_argument("--to", type=Path, help="a file to write anew")

    def handle(self, *, after: int, to: Path | None, **options: object) -> None:
        if to is None:
            for line in checkpoints.lines(after):
                self.stdout.write(line)
            return
        with to.open("w") as file:
            file.writelines(f"{line}\n" for line in checkpoints.lines(after))

"""Import a file from the command line; the same path as an upload."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from profiles import imports, jobs
from profiles.models import Source


class Command(BaseCommand):
    help = "Import a CSV or JSON Lines file (gzip too) of a source."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", help="key of the source")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--now", action="store_true", help="import in this process instead of leaving it to a worker"
        )

    def handle(self, *args: object, source: str, file: Path, now: bool, **options: object) -> None:
        try:
            with file.open("rb") as content:
                batch, new = imports.receive_file(
                    source=Source.objects.get(key=source), name=file.name, content=content, by=None
                )
        except Source.DoesNotExist as missing:
            keys = ", ".join(Source.objects.values_list("key", flat=True)) or "none yet"
            raise CommandError(f"There is no source {source!r}. Sources: {keys}.") from missing
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from error
        if not new:
            self.stdout.write(f"Nothing to do: import {batch.id} brought the same file.")
            return
        if now:
            jobs.run(batch.job_id)
            batch.refresh_from_db()
        self.stdout.write(
            f"Import {batch.id} {batch.get_state_display().lower()}: {batch.received} received, {batch.accepted} accepted,"
            f" {batch.unchanged} unchanged, {batch.superseded} superseded, {batch.quarantined} set aside. {batch.message}"
        )

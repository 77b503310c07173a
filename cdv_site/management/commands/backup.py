"""`manage.py backup`: a sealed copy of database and files, while the site works."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from cdv_site import backup, manifest, pg_tools
from profiles import audit


class Command(BaseCommand):
    help = "Writes a sealed backup of database and files into a new folder below FOLDER. The keys are not in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: object) -> None:
        try:
            made, told = backup.make(folder, timezone.now())
        except (manifest.BadBackup, pg_tools.NoTool, OSError) as error:
            raise CommandError(str(error)) from error
        size = sum(part.size for part in told.parts.values())
        audit.record("site.backed_up", detail={"backup": told.id, "rows": sum(told.rows.values())})
        self.stdout.write(f"{made}\n{sum(told.rows.values()):,} rows, {told.files:,} files, {size:,} bytes.")
        self.stdout.write("Keep ENCRYPTION_KEYS and DIGEST_KEYS elsewhere: without them nothing of it can be read.")

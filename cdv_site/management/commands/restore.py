"""`manage.py restore`: bring a backup into an empty database; the site opens when erasures were done again."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cdv_site import manifest, pg_tools, restore
from governance.after_restore import NotDone
from profiles.encryption import NotReadable


class Command(BaseCommand):
    help = (
        "Restores the backup in FOLDER into the empty database of the settings; --finish goes on where one was stopped."
    )
    requires_system_checks: list[str] = []
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, nargs="?")
        parser.add_argument("--finish", action="store_true", help="only do what must follow, and open the site")

    def handle(self, *, folder: Path | None, finish: bool, **options: object) -> None:
        if (folder is None) == (not finish):
            raise CommandError("Give the folder of a backup, or --finish.")
        try:
            restore.finish(self.stdout.write) if finish else restore.restore(folder, self.stdout.write)
        except (manifest.BadBackup, restore.NotRestored, pg_tools.NoTool, NotReadable, NotDone, OSError) as error:
            raise CommandError(str(error)) from error

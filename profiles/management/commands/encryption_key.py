"""`manage.py encryption_key`: make a key of the rings that lie outside the database."""

from django.core.management.base import BaseCommand, CommandParser

from profiles import keyring


class Command(BaseCommand):
    help = "Prints a fresh key for ENCRYPTION_KEYS or DIGEST_KEYS, with the next version: keep it outside the database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ring", nargs="?", choices=[keyring.ENCRYPTION, keyring.DIGEST], default=keyring.ENCRYPTION)

    def handle(self, *, ring: str, **options: object) -> None:
        self.stdout.write(keyring.new_key(_next_version(ring)))


def _next_version(name: str) -> int:
    try:
        return max(keyring.ring(name).keys) + 1
    except keyring.NoKey:
        return 1

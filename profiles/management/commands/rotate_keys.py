"""`manage.py rotate_keys`: wrap everything that is stored under the key in force, while the site works."""

import argparse
from collections import Counter

from django.core.management.base import BaseCommand, CommandError, CommandParser

from profiles import audit, keyring, rotation
from profiles.encryption import NotReadable


class Command(BaseCommand):
    help = (
        "Wraps the data keys of all that is stored by the first key of ENCRYPTION_KEYS; can be stopped and begun again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--batch", type=int, default=rotation.BATCH, help="values in one transaction")
        parser.add_argument(
            "--check", action=argparse.BooleanOptionalAction, help="only tell which key versions are in use"
        )

    def handle(self, *, batch: int, check: bool, **options: object) -> None:
        try:
            if not check:
                self._rotate(batch)
            self._tell()
        except (NotReadable, rotation.NotRotated, keyring.NoKey, keyring.BadKey) as error:
            raise CommandError(str(error)) from error

    def _rotate(self, batch: int) -> None:
        done: Counter[str] = Counter()
        for name, count in rotation.rotate(batch=batch):
            done[name] += count
        for name, count in done.items():
            self.stdout.write(f"{name}: {count:,} wrapped anew")
        version = keyring.ring(keyring.ENCRYPTION).in_force
        audit.record("keys.rotated", detail={"version": version, "values": sum(done.values())})

    def _tell(self) -> None:
        keys, used = keyring.ring(keyring.ENCRYPTION), rotation.versions_in_use()
        for version in sorted(used.keys() | keys.keys):
            state = "in force" if version == keys.in_force else "" if version in used else "can be taken out"
            name = f"version {version}" if version else "not sealed yet"
            self.stdout.write(f"{name}: {used.get(version, 0):,} values and files{f' ({state})' if state else ''}")

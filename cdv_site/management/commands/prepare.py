"""Bring the database up to this code, before anything serves from it."""

import io

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import NotSupportedError, OperationalError, connection

from cdv_site import database_roles
from cdv_site.demo import loading
from cdv_site.health import is_migrated
from profiles.models import Source

OLDEST = 18


class Command(BaseCommand):
    help = f"Migrate where needed, sync roles, ship what is missing. Refuses PostgreSQL before {OLDEST}."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", action="store_true", help="the demo's sign-ins and sources, in an empty database")

    def handle(self, *args: object, demo: bool, **options: object) -> None:
        database_roles.become_owner()
        self.refuse_unusable_database()
        if not is_migrated():
            call_command("migrate", verbosity=0)
        database_roles.grant_to_site()
        call_command("setup_roles", stdout=io.StringIO())
        if demo and not Source.objects.exists():
            loading.set_up()

    def refuse_unusable_database(self) -> None:
        """One engine, in every place; a lower version fails here and not in the middle of a migration."""
        try:
            version = connection.pg_version // 10_000
        except (OperationalError, NotSupportedError) as error:
            raise CommandError(f"The database cannot be used: {error}") from error
        if version < OLDEST:
            raise CommandError(f"PostgreSQL {OLDEST} is needed; DATABASE_URL leads to {version}.")

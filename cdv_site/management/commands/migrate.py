"""`manage.py migrate` as the owner of the database; what the site's role may do in new tables follows."""

from typing import Any

from django.core.management.commands import migrate

from cdv_site import database_roles


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        database_roles.become_owner()
        super().handle(*args, **options)
        database_roles.grant_to_site()

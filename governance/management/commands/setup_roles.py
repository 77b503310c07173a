"""Sync roles to groups, and ship the schema and the default match model where they are missing."""

from django.core.management.base import BaseCommand
from django.db import transaction

from governance.roles import sync_roles
from matching import models_in_force
from matching.engine.blocked import BLOCKED_SEEDS
from matching.engine.model import default_model
from matching.models import MatchModel
from profiles import schema
from profiles.models import SchemaVersion
from profiles.shipped import ship_schema


class Command(BaseCommand):
    help = "Sync roles to groups; ship the customer schema and the default match model where they are missing."

    @transaction.atomic
    def handle(self, *args: object, **options: object) -> None:
        names = sync_roles()
        added = ship_schema(list(BLOCKED_SEEDS))
        if not SchemaVersion.objects.exists():
            schema.publish(by=None, note="As shipped")
        if not MatchModel.objects.exists():
            content = default_model().to_json()
            model = MatchModel.objects.create(label=default_model().label, content=content, note="As shipped")
            models_in_force.publish(model=model, by=None)
        self.stdout.write(f"Roles: {', '.join(names)}. Schema entries added: {added}.")

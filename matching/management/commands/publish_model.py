"""`manage.py publish_model`: put a match model in force on the server, where no second person is there to do it."""

from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from matching import publishing
from matching.models import MatchModel


class Command(BaseCommand):
    help = (
        "Puts a version of the match model in force, after the same checks as on screen. For installations with a single"
        " administrator: it takes access to the server instead of a second person, and the ledger says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("label")
        parser.add_argument("--reason", required=True)

    def handle(self, *, label: str, reason: str, **options: object) -> None:
        model = MatchModel.objects.filter(label=label).first()
        if model is None:
            raise CommandError(f"There is no version {label}.")
        try:
            publishing.publish_on_server(model=model, reason=reason)
        except publishing.PublicationNotAllowed as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{label} is in force.")

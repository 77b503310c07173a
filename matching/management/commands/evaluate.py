"""`manage.py evaluate`: how good a match model is on pairs whose truth is known."""

import json
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from matching import evaluation, evaluation_text
from matching.labels import FileOptions, NotLabelled
from matching.models import Evaluation, MatchModel
from profiles.canonical.types import Context


class Command(BaseCommand):
    help = (
        "Evaluates a match model on a labelled CSV file (rec_id, entity_id, maybe source, and columns that are mapped by"
        " their names) or on the decisions of stewards: precision, recall, F1 of pairs and clusters, thresholds, blocking"
        " rules, calibration, errors. The result is kept and shown under Models."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="CSV or JSON Lines, gzip too")
        parser.add_argument("--steward", action="store_true", help="on the decisions of stewards instead of a file")
        parser.add_argument("--model", help="label of a version (default: the published one)")
        parser.add_argument("--name", default="", help="of the set (default: the name of the file)")
        parser.add_argument(
            "--map", action="append", metavar="COLUMN=FIELD", help="read these columns only; may be repeated"
        )
        parser.add_argument("--region", default="GB", help="country of phones and addresses that name none")
        parser.add_argument("--date-format", default="", help="such as %%Y%%m%%d; empty: ISO dates")
        parser.add_argument(
            "--errors", type=int, default=10, help="how many errors of each kind are listed (default 10)"
        )
        parser.add_argument("--json", action="store_true", help="figures and errors as JSON")
        parser.add_argument("--no-store", action="store_true", help="keep nothing")

    def handle(self, *, file: Path | None, steward: bool, **options: object) -> None:
        if bool(file) == steward:
            raise CommandError("Name a file, or say --steward.")
        try:
            found = self._evaluate(file, options)
        except NotLabelled as error:
            raise CommandError(str(error)) from error
        if not options["no_store"]:
            evaluation.keep(evaluation=found, by=None)
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "model": found.model_label,
                        "set": found.set_name,
                        "figures": found.figures,
                        "errors": found.errors,
                    },
                    indent=1,
                )
            )
            return
        for line in evaluation_text.lines(found, int(str(options["errors"]))):
            self.stdout.write(line)

    def _evaluate(self, file: Path | None, options: dict[str, object]) -> Evaluation:
        model = _model(str(options["model"] or ""))
        if file is None:
            return evaluation.evaluate_decisions(model=model)
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        context = Context(region=str(options["region"]), date_format=str(options["date_format"]))
        read = FileOptions(context, _mapped(options["map"]))
        return evaluation.evaluate_file(model=model, path=file, options=read, name=str(options["name"]))


def _model(label: str) -> MatchModel:
    rows = MatchModel.objects.filter(label=label) if label else MatchModel.objects.filter(state="published")
    found = rows.first()
    if found is None:
        labels = ", ".join(MatchModel.objects.values_list("label", flat=True)) or "none yet"
        raise CommandError(f"There is no {label or 'published model'}. Models: {labels}.")
    return found


def _mapped(pairs: object) -> dict[str, str] | None:
    if not isinstance(pairs, list):
        return None
    split = [str(pair).partition("=") for pair in pairs]
    if any(not field for _, _, field in split):
        raise CommandError("Write --map COLUMN=FIELD.")
    return {column: field for column, _, field in split}

"""`manage.py match`: a full run from the command line: start it, watch it, publish or undo it."""

import time
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from matching.fullrun import actions
from matching.fullrun.page import COUNTS, progress_of
from matching.models import FullRun, MatchModel
from profiles import jobs

LOOK = 0.5  # seconds


class Command(BaseCommand):
    help = (
        "Looks at all records together under one version of the match model, and reports what would change. Nothing is"
        " changed before --publish. The jobs are done by the workers, or by this process with --here."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--model", help="label of a version (default: the one in force)")
        parser.add_argument("--train", action="store_true", help="train it on all records first; a draft comes of it")
        parser.add_argument("--parts", type=int, help="jobs that larger steps are cut into (default: FULL_RUN_PARTS)")
        parser.add_argument("--here", action="store_true", help="do the jobs in this process")
        parser.add_argument("--publish", metavar="RUN", type=int, help="publish a run that was reported")
        parser.add_argument("--despite-brake", action="store_true", help="with --publish: so many merges are right")
        parser.add_argument("--undo", metavar="RUN", type=int, help="undo a published run")

    def handle(self, **options: object) -> None:
        try:
            run = self._act(options)
        except actions.FullRunNotAllowed as error:
            raise CommandError(str(error)) from error
        self._watch(run, bool(options["here"]))
        self._tell(run)

    def _act(self, options: dict[str, object]) -> FullRun:
        if options["publish"]:
            run = _run(options["publish"])
            return actions.publish(
                run=run, by=None, reason="On the command line", despite_brake=bool(options["despite_brake"])
            )
        if options["undo"]:
            return actions.undo(run=_run(options["undo"]), by=None)
        wanted = {"label": options["model"]} if options["model"] else {"state": MatchModel.State.PUBLISHED}
        model = MatchModel.objects.filter(**wanted).first()
        if model is None:
            raise CommandError(f"There is no {options['model'] or 'version in force'}.")
        parts = int(str(options["parts"])) if options["parts"] else None
        return actions.start(model=model, train=bool(options["train"]), by=None, parts=parts)

    def _watch(self, run: FullRun, here: bool) -> None:
        """Say each new step, until something is to be decided."""
        said = ""
        while run.is_busy:
            progress = progress_of(run)
            if progress.stopped:
                raise CommandError(progress.stopped)
            if said != (said := f"{progress.label}: {progress.done} of {progress.total}"):
                self.stdout.write(said)
            if here:
                for job in run.open_jobs():
                    jobs.run(job.id)
            else:
                time.sleep(LOOK)
            run.refresh_from_db()

    def _tell(self, run: FullRun) -> None:
        self.stdout.write(f"Run {run.id}: {run.get_state_display()}.")
        for name, label in COUNTS:
            done = run.figures.get("published", {}).get(name)
            self.stdout.write(
                f"{label}: {run.figures['counts'].get(name, 0)}{'' if done is None else f', done: {done}'}"
            )
        if run.figures["brake"] and run.state == FullRun.State.REPORTED:
            self.stdout.write(f"The run brake: {run.figures['brake']}")


def _run(number: object) -> FullRun:
    found = FullRun.objects.filter(id=number).first()
    if found is None:
        raise CommandError(f"There is no run {number}.")
    return found

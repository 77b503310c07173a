"""The demo's five sources, received by the jobs that uploads start; nothing is resolved."""

from pathlib import Path

from django.core.management import call_command
from django.db import transaction

from cdv_site.demo import loading
from cdv_site.demo.generate import generate
from cdv_site.demo.sources import SOURCES
from profiles import imports, jobs
from profiles.models import Batch, Source


def write(folder: Path, records: int) -> None:
    """The files of about that many records, and their truth."""
    generate(folder, seed=7, scale=records)


def receive(folder: Path) -> None:
    """Set the sources up and import their files."""
    call_command("setup_roles", verbosity=0)
    with transaction.atomic():
        loading.set_up()
    for row in SOURCES:
        with (folder / row["file"]).open("rb") as content:
            source = Source.objects.get(key=row["key"])
            batch, _ = imports.receive_file(source=source, name=row["file"], content=content, by=None)
        jobs.run(batch.job_id)
    assert not Batch.objects.exclude(state=Batch.State.DONE).exists(), "An import did not finish."

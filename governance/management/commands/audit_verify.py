"""`manage.py audit_verify`: check the audit against its seals."""

from argparse import ArgumentParser
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from governance.verifying import Report, verify


class Command(BaseCommand):
    help = "Checks every audit event against its seal, the chain of seals, and the checkpoints kept outside."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--checkpoints", help="the file of checkpoints (default: AUDIT_CHECKPOINTS)")

    def handle(self, *, checkpoints: str | None, **options: object) -> None:
        path = Path(checkpoints or settings.AUDIT_CHECKPOINTS or "/nonexistent")
        if checkpoints and not path.exists():
            raise CommandError(f"There is no file {checkpoints}.")
        lines = path.read_text().splitlines() if path.is_file() else []
        self._tell(verify(lines), len(lines))

    def _tell(self, report: Report, checkpoints: int) -> None:
        self.stdout.write(
            f"{report.events:,} events under {report.seals:,} seals, {report.unsealed:,} wait for theirs;"
            f" {checkpoints:,} checkpoints."
        )
        for finding in report.findings[:50]:
            self.stdout.write(str(finding))
        if not report.is_sound:
            raise CommandError(f"{len(report.findings):,} findings: the audit was tampered with, or a key is missing.")
        self.stdout.write("Everything is as it was sealed.")

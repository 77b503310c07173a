"""`manage.py audit_key`: make a key that signs the seals of the audit."""

from django.core.management.base import BaseCommand

from governance.signing import new_key


class Command(BaseCommand):
    help = "Prints a fresh signing key: keep the first line secret and outside the database."

    def handle(self, **options: object) -> None:
        private, public = new_key()
        self.stdout.write(f"AUDIT_SIGNING_KEY={private}")
        self.stdout.write(f"public half, for AUDIT_TRUSTED_KEYS when the key is replaced: {public}")

"""Decisions are a ledger."""

from django.db import migrations

from profiles import guards


class Migration(migrations.Migration):
    dependencies = [("matching", "0001_initial"), ("profiles", "0002_guards")]

    operations = [
        migrations.RunSQL(guards.protect_ledger("matching_decision"), guards.unprotect_ledger("matching_decision")),
    ]

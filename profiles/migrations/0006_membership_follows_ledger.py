"""A membership changes only by a move of its operation, from where the record is at that moment."""

from django.db import migrations

from profiles import guards


class Migration(migrations.Migration):
    dependencies = [("profiles", "0005_operation_redirects")]

    operations = [migrations.RunSQL(guards.MEMBERSHIP_FOLLOWS_LEDGER, guards.DROP_MEMBERSHIP_FOLLOWS_LEDGER)]

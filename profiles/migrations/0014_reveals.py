"""Reveals of masked values; the table is a ledger."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from profiles import guards


class Migration(migrations.Migration):
    dependencies = [("profiles", "0013_grant_details")]

    operations = [
        migrations.CreateModel(
            name="Reveal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("purpose", models.CharField(choices=[("caller", "To know that a caller is who they say"), ("contact", "To write or call on the customer's wish"), ("complaint", "To answer a complaint"), ("fraud", "To look into a fraud"), ("quality", "To check that a value is right")], max_length=10)),
                ("ticket", models.CharField(help_text="The case that it is for, as another system numbers it.", max_length=40)),
                ("at", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("profile", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reveals", to="profiles.profile")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="reveals", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["user", "until"], name="reveal_user")],
                "constraints": [models.CheckConstraint(condition=models.Q(("until__gt", models.F("at"))), name="reveal_ends_after_it_began")],
            },
        ),
        migrations.RunSQL(guards.protect_ledger("profiles_reveal"), guards.unprotect_ledger("profiles_reveal")),
    ]

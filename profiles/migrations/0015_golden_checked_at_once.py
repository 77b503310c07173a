"""Golden values and search entries: references are checked once per statement, and fewer indexes are kept.

They are most of all rows that are written. A check per row at commit took longer than the row; the index on (profile,
field, rank) finds the rows of a profile, and nobody asks for those of a record.
"""

import django.db.models.deletion
from django.db import migrations, models

from profiles import guards

GOLDEN = {"profile_id": "profiles_profile", "record_id": "profiles_sourcerecord"}
SEARCH = {"profile_id": "profiles_profile"}
TABLES = (("profiles_goldenvalue", GOLDEN), ("profiles_searchentry", SEARCH))


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0014_reveals"),
    ]

    operations = [
        migrations.AlterField(
            model_name="goldenvalue",
            name="profile",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="golden_values",
                to="profiles.profile",
            ),
        ),
        migrations.AlterField(
            model_name="goldenvalue",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The record it was taken from.",
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="profiles.sourcerecord",
            ),
        ),
        migrations.AlterField(
            model_name="searchentry",
            name="profile",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="search_entries",
                to="profiles.profile",
            ),
        ),
        *(
            migrations.RunSQL(guards.checked_at_once(table, **parents), guards.not_checked_at_once(table, **parents))
            for table, parents in TABLES
        ),
    ]

"""References of proposals and relations are checked once per statement; a lock on each record wrote to the record's page."""

import django.db.models.deletion
from django.db import migrations, models

from profiles import guards

ENDS = {"left_record_id": "profiles_sourcerecord", "right_record_id": "profiles_sourcerecord"}
TABLES = (
    ("matching_proposal", {"left_id": "profiles_profile", "right_id": "profiles_profile", **ENDS}),
    ("matching_relation", ENDS),
)


class Migration(migrations.Migration):

    dependencies = [
        ('matching', '0009_decisions_can_be_erased'),
        ('profiles', '0019_fewer_checks_and_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='proposal',
            name='left',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.profile'),
        ),
        migrations.AlterField(
            model_name='proposal',
            name='left_record',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.sourcerecord'),
        ),
        migrations.AlterField(
            model_name='proposal',
            name='right',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.profile'),
        ),
        migrations.AlterField(
            model_name='proposal',
            name='right_record',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.sourcerecord'),
        ),
        migrations.AlterField(
            model_name='relation',
            name='left_record',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='profiles.sourcerecord'),
        ),
        migrations.AlterField(
            model_name='relation',
            name='right_record',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='profiles.sourcerecord'),
        ),
        *(
            migrations.RunSQL(guards.checked_at_once(table, **parents), guards.not_checked_at_once(table, **parents))
            for table, parents in TABLES
        ),
    ]

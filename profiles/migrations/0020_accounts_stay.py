"""Who acted stays: accounts are switched off, never deleted, and a ledger cannot be changed."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0019_fewer_checks_and_indexes'),
    ]

    operations = [
        migrations.AlterField(
            model_name='identityoperation',
            name='actor',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
    ]

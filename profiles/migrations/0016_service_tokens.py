"""Accounts of services and their tokens; what a token is cannot be changed."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from profiles import guards

FIXED = ("account_id", "key", "digest", "scopes", "created_at", "created_by_id", "expires_at")


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('profiles', '0015_golden_checked_at_once'),
    ]

    operations = [
        migrations.CreateModel(
            name='ServiceToken',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Where it is used, such as: nightly load of the shop.', max_length=80)),
                ('key', models.CharField(help_text='The part of the token that may be seen.', max_length=16, unique=True)),
                ('digest', models.CharField(help_text='SHA-256 of the part that may not.', max_length=64)),
                ('scopes', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), help_text='From the registry of scopes.', size=None)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('minute', models.DateTimeField(help_text='The minute of the last use.', null=True)),
                ('uses', models.PositiveIntegerField(default=0, help_text='How often it was used in that minute.')),
                ('refused_at', models.DateTimeField(help_text='When a refusal was last written to the audit.', null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddField(
            model_name='user',
            name='is_service',
            field=models.BooleanField(default=False, editable=False, help_text='Another system: it comes with a service token and never signs in.'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('is_service', False), models.Q(('email', ''), ('is_superuser', False), ('password__startswith', '!')), _connector='OR'), name='services_have_no_password_and_no_mail'),
        ),
        migrations.AddField(
            model_name='servicetoken',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='service_tokens', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicetoken',
            name='created_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='servicetoken',
            name='revoked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='servicetoken',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('created_at'))), name='token_ends_after_it_began'),
        ),
        migrations.AddConstraint(
            model_name='servicetoken',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__len__gt', 0)), name='token_has_a_scope'),
        ),
        migrations.AddConstraint(
            model_name='servicetoken',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('revoked_at', None), ('revoked_by', None)), models.Q(('revoked_at__isnull', False), ('revoked_by__isnull', False)), _connector='OR'), name='token_revoked_by_somebody'),
        ),
        migrations.RunSQL(
            guards.protect_published("profiles_servicetoken", FIXED), guards.unprotect_published("profiles_servicetoken")
        ),
    ]

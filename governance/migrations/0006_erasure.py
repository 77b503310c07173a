"""Erasures, suppression, legal holds and retention windows."""

import django.contrib.postgres.fields
import django.db.models.deletion
import profiles.ids
import simple_history.models
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('governance', '0005_privacy_requests'),
        ('profiles', '0017_texts_can_be_erased'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='RetentionRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('started_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('job_id', models.UUIDField()),
                ('pruned', models.JSONField(default=dict, help_text='Rule id → rows that went.')),
                ('kept', models.JSONField(default=dict, help_text='Rule id → rows that a hold, a duty or an open request kept.')),
                ('rules', models.JSONField(default=dict, help_text='Rule id → the window as it was, in words.')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('id', models.UUIDField(default=profiles.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('profiles', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), help_text='The customer and the ids that were merged into it.', size=None)),
                ('records', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='The records that go.', size=None)),
                ('kept', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list, help_text='Records that a law keeps: they stay, restricted.', size=None)),
                ('basis', models.CharField(choices=[('request', 'The person asked for it'), ('consent', 'Consent was withdrawn, and nothing else allows to keep it'), ('objection', 'The person objected'), ('unlawful', 'It should never have been kept'), ('duty', 'A law demands it')], max_length=9)),
                ('reference', models.CharField(blank=True, help_text='Id of the request that it answers.', max_length=64)),
                ('replayed_at', models.DateTimeField(help_text='When it was done again after a restore.', null=True)),
                ('plan', models.JSONField(help_text='What was approved: ids, codes and counts.')),
                ('plan_hash', models.CharField(max_length=64)),
                ('started_at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
                ('certificate', models.JSONField(null=True)),
                ('certificate_digest', models.CharField(blank=True, max_length=64)),
                ('signature', models.CharField(blank=True, help_text='Of the digest, by the key that seals the audit.', max_length=128)),
                ('key_id', models.CharField(blank=True, max_length=16)),
                ('exported_at', models.DateTimeField(help_text='When it was written to the ledger outside the database.', null=True)),
                ('approval', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.approval')),
                ('profile', models.ForeignKey(help_text='Empty where a restored database never knew it.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='profiles.profile')),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('request_erasure', 'Can plan erasures and ask a second person for them'), ('approve_erasure', 'Can approve erasures as the second person')],
            },
        ),
        migrations.CreateModel(
            name='ErasureNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('recipient', models.CharField(blank=True, help_text='Who received data, where it is no source.', max_length=100)),
                ('external_ids', models.BinaryField(help_text='Its own ids of the person, sealed; gone once confirmed.', null=True)),
                ('due_at', models.DateTimeField()),
                ('told_at', models.DateTimeField(null=True)),
                ('method', models.CharField(blank=True, help_text='A code: mail, person.', max_length=10)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='governance.erasure')),
                ('source', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.source')),
                ('told_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='ErasureTarget',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='From the registry of erasure targets.', max_length=40)),
                ('job_id', models.UUIDField(null=True)),
                ('waits_for', models.CharField(blank=True, help_text='A code: why it is not done yet.', max_length=60)),
                ('cleared', models.JSONField(default=dict, help_text='Store → rows.')),
                ('done_at', models.DateTimeField(null=True)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='governance.erasure')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='HistoricalRetentionRule',
            fields=[
                ('id', models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name='ID')),
                ('data_class', models.CharField(choices=[('record', 'Records'), ('withdrawn', 'Records withdrawn at the source'), ('version', 'Older versions of records'), ('set_aside', 'Rows that were set aside')], max_length=9)),
                ('act', models.CharField(choices=[('prune', 'Goes after'), ('keep', 'Must be kept for')], default='prune', max_length=5)),
                ('counted_from', models.CharField(choices=[('ingest', 'The day it came in'), ('update', 'Its last change'), ('activity', 'The last activity of the customer')], default='update', max_length=8)),
                ('days', models.PositiveIntegerField()),
                ('law', models.CharField(help_text='The law or policy that says so.', max_length=120)),
                ('is_active', models.BooleanField(default=False, help_text='Only what is active prunes; try it first.')),
                ('changed_at', models.DateTimeField(blank=True, editable=False)),
                ('history_id', models.AutoField(primary_key=True, serialize=False)),
                ('history_date', models.DateTimeField(db_index=True)),
                ('history_change_reason', models.CharField(max_length=100, null=True)),
                ('history_type', models.CharField(choices=[('+', 'Created'), ('~', 'Changed'), ('-', 'Deleted')], max_length=1)),
                ('changed_by', models.ForeignKey(blank=True, db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('history_user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(blank=True, db_constraint=False, help_text='Empty: all.', null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='profiles.source')),
            ],
            options={
                'verbose_name': 'historical retention rule',
                'verbose_name_plural': 'historical retention rules',
                'ordering': ('-history_date', '-history_id'),
                'get_latest_by': ('history_date', 'history_id'),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('records', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), help_text='The records that it was placed on.', size=None)),
                ('reason', models.CharField(choices=[('claim', 'A legal claim'), ('inquiry', 'An investigation by an authority'), ('tax', 'A tax audit'), ('fraud', 'A suspicion of fraud')], max_length=7)),
                ('matter', models.CharField(help_text='The case, as the legal department numbers it.', max_length=40)),
                ('placed_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('placed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('profile', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='profiles.profile')),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='RetentionRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('data_class', models.CharField(choices=[('record', 'Records'), ('withdrawn', 'Records withdrawn at the source'), ('version', 'Older versions of records'), ('set_aside', 'Rows that were set aside')], max_length=9)),
                ('act', models.CharField(choices=[('prune', 'Goes after'), ('keep', 'Must be kept for')], default='prune', max_length=5)),
                ('counted_from', models.CharField(choices=[('ingest', 'The day it came in'), ('update', 'Its last change'), ('activity', 'The last activity of the customer')], default='update', max_length=8)),
                ('days', models.PositiveIntegerField()),
                ('law', models.CharField(help_text='The law or policy that says so.', max_length=120)),
                ('is_active', models.BooleanField(default=False, help_text='Only what is active prunes; try it first.')),
                ('changed_at', models.DateTimeField(auto_now=True)),
                ('changed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('source', models.ForeignKey(help_text='Empty: all.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.source')),
            ],
            options={
                'ordering': ['source__name', 'data_class', 'id'],
                'permissions': [('hold_customer', 'Can place and release legal holds')],
            },
        ),
        migrations.CreateModel(
            name='SuppressionClearance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32, unique=True)),
                ('key_version', models.PositiveSmallIntegerField()),
                ('cleared_at', models.DateTimeField()),
                ('cleared_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='SuppressionEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.BinaryField(max_length=32)),
                ('key_version', models.PositiveSmallIntegerField(help_text='Of the digest key, which lies outside the database.')),
                ('kind', models.CharField(choices=[('external_id', 'Id at a source'), ('email', 'E-mail'), ('email_like', 'E-mail without dots and tags'), ('email_name', 'The same, with the surname'), ('phone', 'Phone'), ('phone_name', 'Phone with the name'), ('birth_name', 'Birth date with the name'), ('national_id', 'National id'), ('loyalty_id', 'Loyalty id'), ('customer_number', 'Customer number'), ('device_id', 'Device')], max_length=15)),
                ('is_unique', models.BooleanField(help_text="It is one person's alone: a hit is dropped. Else a steward is asked.")),
                ('scope', models.CharField(choices=[('everywhere', 'All sources')], default='everywhere', max_length=10)),
                ('basis', models.CharField(choices=[('request', 'The person asked for it'), ('consent', 'Consent was withdrawn, and nothing else allows to keep it'), ('objection', 'The person objected'), ('unlawful', 'It should never have been kept'), ('duty', 'A law demands it')], max_length=9)),
                ('created_at', models.DateTimeField()),
                ('lifted_at', models.DateTimeField(null=True)),
                ('lift', models.CharField(blank=True, choices=[('', 'In force'), ('new_consent', 'Signed up again, with new consent'), ('mistake', 'Two persons found it wrong'), ('before', 'Lifted before the database was restored')], default='', max_length=11)),
                ('approval', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='profiles.approval')),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suppressions', to='governance.erasure')),
                ('lifted_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'permissions': [('lift_suppression', 'Can ask for a suppression to be lifted'), ('approve_lift', 'Can approve as the second person that a suppression is lifted')],
            },
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.UniqueConstraint(fields=('approval',), name='erasure_once_per_approval'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(('approval__isnull', False), ('replayed_at__isnull', False), _connector='OR'), name='erasure_approved_or_replayed'),
        ),
        migrations.AddConstraint(
            model_name='erasure',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('certificate__isnull', True), ('done_at__isnull', True)), models.Q(('certificate__isnull', False), ('done_at__isnull', False)), _connector='OR'), name='erasure_done_with_certificate'),
        ),
        migrations.AddConstraint(
            model_name='erasurenotice',
            constraint=models.UniqueConstraint(fields=('erasure', 'source', 'recipient'), name='notice_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='erasurenotice',
            constraint=models.CheckConstraint(condition=models.Q(('source__isnull', True), ('recipient', ''), _connector='XOR'), name='notice_to_a_source_or_a_recipient'),
        ),
        migrations.AddConstraint(
            model_name='erasurenotice',
            constraint=models.CheckConstraint(condition=models.Q(('confirmed_at__isnull', True), models.Q(('external_ids__isnull', True), ('told_at__isnull', False)), _connector='OR'), name='notice_told_before_confirmed'),
        ),
        migrations.AddConstraint(
            model_name='erasuretarget',
            constraint=models.UniqueConstraint(fields=('erasure', 'name'), name='erasure_target_once'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('profile', 'matter'), name='one_open_hold_per_matter'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('released_at__gte', models.F('placed_at')), ('released_by__isnull', False)), _connector='OR'), name='hold_released_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.UniqueConstraint(fields=('source', 'data_class', 'act'), name='one_window_per_class', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(('days__gt', 0)), name='window_has_days'),
        ),
        migrations.AddConstraint(
            model_name='retentionrule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('act', 'keep'), _negated=True), models.Q(('data_class', 'record'), ('source__isnull', False)), _connector='OR'), name='duty_is_of_a_source'),
        ),
        migrations.AddIndex(
            model_name='suppressionentry',
            index=models.Index(condition=models.Q(('lifted_at__isnull', True)), fields=['digest'], name='suppression_in_force'),
        ),
        migrations.AddConstraint(
            model_name='suppressionentry',
            constraint=models.UniqueConstraint(fields=('erasure', 'kind', 'digest'), name='suppression_once_per_erasure'),
        ),
        migrations.AddConstraint(
            model_name='suppressionentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lift', ''), ('lifted_at__isnull', True)), models.Q(models.Q(('lift', ''), _negated=True), ('lifted_at__isnull', False)), _connector='OR'), name='suppression_lifted_when'),
        ),
        migrations.AddConstraint(
            model_name='suppressionentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('lift', 'mistake'), _negated=True), ('approval__isnull', False), _connector='OR'), name='suppression_lifted_by_two'),
        ),
    ]

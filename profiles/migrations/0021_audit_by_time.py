"""Lists of the audit are newest first and may be narrowed to a time: their indexes go by time."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('profiles', '0020_accounts_stay'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='auditevent',
            options={'ordering': ['-at', '-id'], 'permissions': [('read_audit', 'Can read the audit')]},
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_actor',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_action',
        ),
        migrations.RemoveIndex(
            model_name='auditevent',
            name='audit_object',
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['at', 'id'], name='audit_at'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['actor_id', 'at', 'id'], name='audit_actor'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['action', 'at', 'id'], name='audit_action'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(condition=models.Q(('outcome', 'refused')), fields=['at', 'id'], name='audit_refused'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['object_id', 'at'], name='audit_object'),
        ),
        migrations.AddIndex(
            model_name='auditevent',
            index=models.Index(fields=['request_id'], name='audit_request'),
        ),
    ]

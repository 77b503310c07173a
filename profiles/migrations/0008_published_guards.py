"""Published schema versions never change."""

from django.db import migrations

from profiles import guards

TABLE, COLUMNS = "profiles_schemaversion", ("id", "number", "content", "note", "published_at")


class Migration(migrations.Migration):
    dependencies = [("profiles", "0007_schema_take_over")]

    operations = [
        migrations.RunSQL(guards.PUBLISHED_FUNCTION, guards.DROP_PUBLISHED_FUNCTION),
        migrations.RunSQL(guards.protect_published(TABLE, COLUMNS), guards.unprotect_published(TABLE)),
    ]

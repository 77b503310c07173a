"""The table of the site's cache: tries at the door are counted in it."""

from django.db import migrations

CREATE = """
CREATE TABLE site_cache (cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL);
CREATE INDEX site_cache_expires ON site_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("governance", "0001_sealing")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE site_cache")]

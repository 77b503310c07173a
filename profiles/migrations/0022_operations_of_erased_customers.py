"""The reason of an operation can be emptied when one of the customers that it is about was erased, too."""

from django.db import migrations

from profiles import guards

TABLE = "profiles_identityoperation"


class Migration(migrations.Migration):
    dependencies = [("profiles", "0021_audit_by_time")]

    operations = [
        migrations.RunSQL(
            guards.let_texts_be_erased(TABLE, "reason", guards.CUSTOMER_OR_RECORD_IS_ERASED),
            guards.let_texts_be_erased(TABLE, "reason", guards.OPERATION_IS_ERASED),
        ),
    ]

"""What people wrote in ledgers and approvals can be emptied when somebody it is about was erased; nothing else can."""

from django.db import migrations

from profiles import guards

TABLE = "profiles_identityoperation"


class Migration(migrations.Migration):
    dependencies = [("profiles", "0016_service_tokens")]

    operations = [
        migrations.RunSQL(guards.ERASABLE_LEDGER_FUNCTION, guards.WHOLLY_FIXED_LEDGER_FUNCTION),
        migrations.RunSQL(guards.ERASABLE_PUBLISHED_FUNCTION, guards.WHOLLY_PUBLISHED_FUNCTION),
        migrations.RunSQL(
            guards.let_texts_be_erased(TABLE, "reason", guards.OPERATION_IS_ERASED), guards.keep_texts(TABLE)
        ),
    ]

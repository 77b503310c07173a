"""Guards of the database: ledgers that refuse change, memberships and tombstones that point to active profiles only."""

from django.db import migrations

from profiles import guards

LEDGERS = ("profiles_identityoperation", "profiles_recordmove", "profiles_auditevent")
KEYS = (
    ("profiles_membership", "profile_id", "membership_profile_active"),
    ("profiles_profile", "canonical_id", "profile_canonical_active"),
)


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]

    operations = [
        migrations.RunSQL("CREATE SEQUENCE profiles_resolve_seq", "DROP SEQUENCE profiles_resolve_seq"),
        migrations.RunSQL(guards.LEDGER_FUNCTION, guards.DROP_LEDGER_FUNCTION),
        *(migrations.RunSQL(guards.protect_ledger(t), guards.unprotect_ledger(t)) for t in LEDGERS),
        *(
            migrations.RunSQL(guards.active_profile_key(t, c, name), guards.drop_constraint(t, name))
            for t, c, name in KEYS
        ),
    ]

"""References of memberships and moves are checked once per statement; indexes go that nobody reads or that others contain.

Each resolved record paid for them. Search entries and customers keep room on their page, so that a change of a row need not touch
its indexes.
"""

import django.db.models.deletion
from django.db import migrations, models

from profiles import guards

MOVES = {
    "operation_id": "profiles_identityoperation",
    "record_id": "profiles_sourcerecord",
    "from_profile_id": "profiles_profile",
    "to_profile_id": "profiles_profile",
}
MEMBERSHIPS = {"record_id": "profiles_sourcerecord", "operation_id": "profiles_identityoperation"}
TABLES = (("profiles_recordmove", MOVES), ("profiles_membership", MEMBERSHIPS))
# checked since 0015, with locks on what they refer to; again for the functions without
BEFORE = (
    ("profiles_goldenvalue", {"profile_id": "profiles_profile", "record_id": "profiles_sourcerecord"}),
    ("profiles_searchentry", {"profile_id": "profiles_profile"}),
)


class Migration(migrations.Migration):
    dependencies = [
        ("profiles", "0018_sealed_values"),
    ]

    operations = [
        migrations.AlterField(
            model_name="membership",
            name="operation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="profiles.identityoperation",
            ),
        ),
        migrations.AlterField(
            model_name="membership",
            name="record",
            field=models.OneToOneField(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                primary_key=True,
                related_name="membership",
                serialize=False,
                to="profiles.sourcerecord",
            ),
        ),
        migrations.AlterField(
            model_name="profile",
            name="canonical",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                help_text="The active profile that stands for a merged one (foreign key to active_id).",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="tombstones",
                to="profiles.profile",
            ),
        ),
        migrations.AlterField(
            model_name="profile",
            name="merged_into",
            field=models.ForeignKey(
                db_index=False,
                help_text="The hop as it was made.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="absorbed",
                to="profiles.profile",
            ),
        ),
        migrations.AlterField(
            model_name="recordmove",
            name="from_profile",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="profiles.profile",
            ),
        ),
        migrations.AlterField(
            model_name="recordmove",
            name="operation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="moves",
                to="profiles.identityoperation",
            ),
        ),
        migrations.AlterField(
            model_name="recordmove",
            name="record",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="moves",
                to="profiles.sourcerecord",
            ),
        ),
        migrations.AlterField(
            model_name="recordmove",
            name="to_profile",
            field=models.ForeignKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="profiles.profile",
            ),
        ),
        migrations.AlterField(
            model_name="sourcerecord",
            name="batch",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name="records", to="profiles.batch"
            ),
        ),
        migrations.AlterField(
            model_name="sourcerecord",
            name="source",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="records",
                to="profiles.source",
            ),
        ),
        migrations.AddIndex(
            model_name="profile",
            index=models.Index(
                condition=models.Q(("merged_into__isnull", False)), fields=["merged_into"], name="profile_merged_into"
            ),
        ),
        migrations.AddIndex(
            model_name="profile",
            index=models.Index(
                condition=models.Q(("canonical__isnull", False)), fields=["canonical"], name="profile_canonical"
            ),
        ),
        *(
            migrations.RunSQL(guards.checked_at_once(table, **parents), guards.not_checked_at_once(table, **parents))
            for table, parents in TABLES
        ),
        *(migrations.RunSQL(guards.checked_at_once(table, **parents), migrations.RunSQL.noop) for table, parents in BEFORE),
        migrations.RunSQL(
            f"{guards.MEMBERSHIPS_FOLLOW_LEDGER} {guards.DROP_MEMBERSHIP_FOLLOWS_LEDGER}",
            f"{guards.LINK_FOLLOWS_LEDGER} {guards.FOLLOW_ROW_BY_ROW} {guards.DROP_MEMBERSHIPS_FOLLOW_LEDGER}",
        ),
        migrations.RunSQL(
            "ALTER TABLE profiles_searchentry SET (fillfactor = 85)",
            "ALTER TABLE profiles_searchentry RESET (fillfactor)",
        ),
    ]

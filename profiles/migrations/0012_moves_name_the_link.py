"""Each move notes which rule or model linked the record before and after, so that an undo gives it back exactly."""

from django.db import migrations, models

from profiles import guards

# what older moves did, told from the ledger: a join says in its evidence what linked, a merge and a split left it as it
# was, a move and an undo by a person emptied it
FILL = """
ALTER TABLE profiles_recordmove DISABLE TRIGGER profiles_recordmove_append_only;
WITH said AS (
    SELECT m.id, m.record_id, CASE o.kind WHEN 'join' THEN
        coalesce(o.evidence -> m.record_id::text ->> 'rule', o.model_label, '') WHEN 'merge' THEN NULL
        WHEN 'split' THEN NULL ELSE '' END AS link
    FROM profiles_recordmove m JOIN profiles_identityoperation o ON o.id = m.operation_id
), run AS (
    SELECT *, count(link) OVER (PARTITION BY record_id ORDER BY id) AS n FROM said
), after AS (
    SELECT id, record_id, coalesce(first_value(link) OVER (PARTITION BY record_id, n ORDER BY id), '') AS link FROM run
), both_ends AS (
    SELECT id, link, coalesce(lag(link) OVER (PARTITION BY record_id ORDER BY id), '') AS before FROM after
)
UPDATE profiles_recordmove m SET linked_before = b.before, linked_after = b.link FROM both_ends b WHERE b.id = m.id;
ALTER TABLE profiles_recordmove ENABLE TRIGGER profiles_recordmove_append_only;
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0011_approvals")]

    operations = [
        migrations.AddField(
            "recordmove",
            "linked_before",
            models.CharField(
                blank=True, default="", max_length=80, help_text="The rule or model version of the link before."
            ),
            preserve_default=False,
        ),
        migrations.AddField(
            "recordmove",
            "linked_after",
            models.CharField(
                blank=True, default="", max_length=80, help_text="The rule or model version of the link made."
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.RunSQL(guards.LINK_FOLLOWS_LEDGER, guards.ONLY_CLASS_FOLLOWS_LEDGER),
    ]

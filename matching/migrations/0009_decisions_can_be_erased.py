"""What a person wrote with a decision can be emptied when somebody it is about was erased."""

from django.db import migrations

from profiles import guards

IS_ERASED = (
    "SELECT EXISTS (SELECT FROM matching_decision d, jsonb_array_elements_text(d.left_records || d.right_records) e"
    " JOIN profiles_sourcerecord r ON r.id = e::bigint WHERE d.id = $1 AND r.state = 'erased')"
)


class Migration(migrations.Migration):
    dependencies = [("matching", "0008_undone_as_a_whole"), ("profiles", "0017_texts_can_be_erased")]

    operations = [
        migrations.RunSQL(
            guards.let_texts_be_erased("matching_decision", "reason,fingerprint", IS_ERASED),
            guards.keep_texts("matching_decision"),
        ),
    ]

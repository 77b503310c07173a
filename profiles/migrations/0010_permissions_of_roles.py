"""How much of a value a reader sees is a permission: in clear, masked, revealed; so are counts."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("profiles", "0009_search_by_words")]

    operations = [
        migrations.AlterModelOptions(
            name="profile",
            options={
                "ordering": ["-id"],
                "permissions": [
                    ("see_personal", "Can see personal values in clear"),
                    ("see_personal_masked", "Can see personal values masked"),
                    ("see_sensitive", "Can see sensitive values in clear"),
                    ("see_sensitive_masked", "Can see sensitive values masked"),
                    ("reveal_values", "Can reveal masked values for a purpose"),
                    ("view_counts", "Can see counts of customers"),
                ],
                "verbose_name": "customer",
            },
        ),
    ]

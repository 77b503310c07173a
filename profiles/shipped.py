"""The customer schema that is shipped: canonical fields, ready to be published with the first sources."""

from .models import BlockedValue, CanonicalField

# key, label, kind, group, multi-valued, survivorship, sensitivity, category
FIELDS = (
    ("party_kind", "Kind", "category", "", False, "trusted", "internal", "demographic"),
    ("title", "Title", "text", "name", False, "trusted", "personal", "demographic"),
    ("given_name", "Given name", "text", "name", False, "trusted", "personal", "identifier"),
    ("middle_name", "Middle name", "text", "name", False, "trusted", "personal", "identifier"),
    ("family_name", "Family name", "text", "name", False, "trusted", "personal", "identifier"),
    ("name_suffix", "Name suffix", "text", "name", False, "trusted", "personal", "identifier"),
    ("organisation_name", "Organisation", "text", "", False, "trusted", "internal", "identifier"),
    ("company", "Company", "text", "", False, "recent", "personal", "demographic"),
    ("email", "E-mail", "email", "", True, "union", "personal", "contact"),
    ("phone", "Phone", "phone", "", True, "union", "personal", "contact"),
    ("house_number", "House number", "text", "address", False, "recent", "personal", "contact"),
    ("street", "Street", "text", "address", False, "recent", "personal", "contact"),
    ("unit", "Unit", "text", "address", False, "recent", "personal", "contact"),
    ("postcode", "Postcode", "text", "address", False, "recent", "personal", "contact"),
    ("city", "City", "text", "address", False, "recent", "personal", "contact"),
    ("region", "Region", "text", "address", False, "recent", "personal", "contact"),
    ("country", "Country", "category", "address", False, "recent", "personal", "contact"),
    ("birth_date", "Birth date", "date", "", False, "trusted", "sensitive", "demographic"),
    ("gender", "Gender", "category", "", False, "trusted", "personal", "demographic"),
    ("customer_number", "Customer number", "identifier", "", True, "union", "internal", "identifier"),
    ("loyalty_id", "Loyalty id", "identifier", "", False, "trusted", "internal", "identifier"),
    ("national_id", "National id", "identifier", "", False, "trusted", "sensitive", "identifier"),
    ("device_id", "Device", "identifier", "", True, "union", "internal", "identifier"),
    ("language", "Language", "category", "", False, "recent", "internal", "demographic"),
    ("contact_preference", "Contact preference", "category", "", False, "recent", "internal", "behavioural"),
)


def ship_schema(blocked: list[tuple[str, str, bool, str]]) -> int:
    """Add the shipped fields and blocked values that are missing; what was edited stays. Returns how many were added."""
    from .canonical.registry import TARGETS

    made = 0
    for position, row in enumerate(FIELDS):
        key, label, kind, group, multi, survivorship, sensitivity, category = row
        _, new = CanonicalField.objects.get_or_create(
            key=key,
            defaults={
                "label": label, "kind": kind, "group": group, "multi_valued": multi, "survivorship": survivorship,
                "sensitivity": sensitivity, "category": category, "position": (position + 1) * 10,
                "standardiser": TARGETS.get(key, "text"),
            },
        )  # fmt: skip
        made += new
    for field, pattern, is_regex, note in blocked:
        _, new = BlockedValue.objects.get_or_create(
            field=field, pattern=pattern, is_regex=is_regex, defaults={"note": note}
        )
        made += new
    return made

"""The sign-ins of the demo: known passwords, so they exist only in the embedded database or with --demo."""

# (role, username, password)
DEMO_ACCOUNTS = (
    ("administrator", "admin", "admin-demo"),
    ("steward", "steward", "steward-demo"),
    ("viewer", "viewer", "viewer-demo"),
)

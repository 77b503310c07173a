"""The sign-ins of the demo, one a role: known passwords, so they exist only in the embedded database or with --demo."""

# (role, username, password)
DEMO_ACCOUNTS = (
    ("steward", "steward", "steward-demo"),
    ("lead steward", "lead", "lead-demo"),
    ("privacy officer", "privacy", "privacy-demo"),
    ("support", "support", "support-demo"),
    ("marketing", "marketing", "marketing-demo"),
    ("integrator", "integrator", "integrator-demo"),
    ("auditor", "auditor", "auditor-demo"),
    ("administrator", "admin", "admin-demo"),
    ("viewer", "viewer", "viewer-demo"),
)
